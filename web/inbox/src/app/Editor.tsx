// The rich text editor of a mail, loaded on its own after the first paint.

import Placeholder from "@tiptap/extension-placeholder";
import { EditorContent, useEditor, useEditorState, type Editor as Tiptap } from "@tiptap/react";
import StarterKit from "@tiptap/starter-kit";
import { Bold, Italic, Link2, List, ListOrdered, TextQuote } from "lucide-react";
import { useEffect, useLayoutEffect, useRef, type ReactNode } from "react";
import { ToggleButton } from "react-aria-components";
import { useWords, words } from "../composerwords";
import { plainText, type Node } from "../plaintext";
import type { Way } from "../sending";
import { Tip } from "../ui/controls";
import { LanguageMenu, useWriting } from "./LanguageMenu";
import { SignatureView } from "./Signature";

export { Offers } from "./Offers";

export interface EditorHandle {
  focus: () => void;
  set: (html: string) => void;
  clear: () => void;
  /** Puts a text in at the caret. */
  insert: (html: string) => void;
}

/** More characters than this are a file and no reply. */
const mostPasted = 100_000;

export default function Editor({
  html,
  label,
  focused,
  onChange,
  onReady,
  onFiles,
  onSlash,
  way,
  children,
}: {
  html: string;
  label: string;
  /** Whether the caret goes into it as soon as it is there. */
  focused: boolean;
  onChange: (html: string, text: string) => void;
  onReady: (h: EditorHandle | null) => void;
  onFiles: (files: File[]) => void;
  /** A slash at the start of a line. */
  onSlash: () => void;
  /** How it leaves: in which language, and what is put under it. */
  way?: Way | null;
  /** Stands beside the formatting buttons. */
  children: ReactNode;
}): ReactNode {
  const [lang, setLang] = useWriting(way);
  const latest = useRef({ onChange, onFiles, onReady, onSlash });
  useLayoutEffect(() => {
    latest.current = { onChange, onFiles, onReady, onSlash };
  });
  const editor = useEditor({
    // Made when it is mounted: one made while rendering may be thrown away again
    // before it is seen.
    immediatelyRender: false,
    injectCSS: false, // the page's own style sheet has it
    extensions: [
      StarterKit.configure({
        heading: false,
        horizontalRule: false,
        link: { openOnClick: false, autolink: true, HTMLAttributes: { rel: null, target: null } },
      }),
      Placeholder.configure({ placeholder: () => words().writeReply }),
    ],
    content: html,
    autofocus: focused ? "end" : false,
    editorProps: {
      attributes: {
        class: "prose-mail min-h-[63px] px-4 py-2",
        role: "textbox",
        "aria-multiline": "true",
        "aria-label": label,
        spellcheck: "true",
      },
      handlePaste: (_, e) => {
        const files = [...(e.clipboardData?.files ?? [])];
        const text = e.clipboardData?.getData("text/plain") ?? "";
        if (text.length > mostPasted) {
          latest.current.onFiles([new File([text], "text.txt", { type: "text/plain" })]);
          return true;
        }
        // Office programs put a picture of the text beside it: text wins.
        if (files.length === 0 || text !== "") return false;
        latest.current.onFiles(files);
        return true;
      },
      handleDrop: (_, e) => (e.dataTransfer?.files.length ?? 0) > 0, // the composer takes it
      handleKeyDown: (view, e) => {
        if (e.key === "Enter" && (e.metaKey || e.ctrlKey)) return true; // sends; no new line
        const { $from, empty } = view.state.selection;
        const before = $from.parent.textBetween(0, $from.parentOffset, "\n", "\n");
        if (e.key !== "/" || !empty || e.isComposing || (before !== "" && !before.endsWith("\n"))) return false;
        e.preventDefault();
        latest.current.onSlash();
        return true;
      },
    },
    onUpdate: ({ editor: e }) => {
      const text = plainText(e.getJSON() as Node);
      latest.current.onChange(e.isEmpty ? "" : e.getHTML(), text);
    },
  });

  useEffect(() => {
    if (!editor || editor.isDestroyed) return undefined;
    latest.current.onReady({
      focus: () => {
        // The command waits for a frame; the caret must be there for the next key.
        editor.commands.focus("end");
        editor.view.focus();
      },
      set: (h) => editor.commands.setContent(h, { emitUpdate: true }),
      clear: () => editor.commands.clearContent(true),
      insert: (h) => editor.chain().focus().insertContent(h).run(),
    });
    const { onReady: gone } = latest.current;
    return () => gone(null);
  }, [editor]);

  return (
    <>
      <div className="min-h-0 flex-1 overflow-y-auto" {...(lang === "" ? {} : { lang })}>
        <EditorContent editor={editor} className="min-h-[63px]" />
        <SignatureView of={way?.signature} className="px-4 pb-2" />
      </div>
      <div className="flex items-center gap-0.5 px-2 pb-2">
        {editor && <Tools editor={editor} />}
        <span className="flex w-14 shrink-0">{way && <LanguageMenu lang={lang} suggested={way.locale} onLang={setLang} />}</span>
        {children}
      </div>
    </>
  );
}

function Tools({ editor }: { editor: Tiptap }): ReactNode {
  const w = useWords();
  const on = useEditorState({
    editor,
    selector: ({ editor: e }) => ({
      bold: e.isActive("bold"),
      italic: e.isActive("italic"),
      list: e.isActive("bulletList"),
      ordered: e.isActive("orderedList"),
      quote: e.isActive("blockquote"),
      link: e.isActive("link"),
    }),
  });
  const tools = [
    { id: "bold", label: w.bold, icon: Bold, on: on.bold, run: () => editor.chain().focus().toggleBold().run() },
    { id: "italic", label: w.italic, icon: Italic, on: on.italic, run: () => editor.chain().focus().toggleItalic().run() },
    { id: "list", label: w.list, icon: List, on: on.list, run: () => editor.chain().focus().toggleBulletList().run() },
    { id: "ordered", label: w.ordered, icon: ListOrdered, on: on.ordered, run: () => editor.chain().focus().toggleOrderedList().run() },
    { id: "quote", label: w.quote, icon: TextQuote, on: on.quote, run: () => editor.chain().focus().toggleBlockquote().run() },
    {
      id: "link",
      label: on.link ? w.unlink : w.link,
      icon: Link2,
      on: on.link,
      run: () => {
        if (on.link) return editor.chain().focus().unsetLink().run();
        const { from, to } = editor.state.selection;
        const text = editor.state.doc.textBetween(from, to).trim();
        if (text === "" || /\s/.test(text) || !text.includes(".")) return editor.chain().focus().run();
        const href = text.includes("@") ? `mailto:${text}` : /^https?:/i.test(text) ? text : `https://${text}`;
        return editor.chain().focus().setLink({ href }).run();
      },
    },
  ];
  return (
    <div role="toolbar" aria-label={w.formatting} className="flex items-center gap-0.5 max-md:hidden">
      {tools.map((t) => (
        <Tip key={t.id} words={t.label} placement="top">
          <ToggleButton
            aria-label={t.label}
            isSelected={t.on}
            onChange={t.run}
            className={`inline-flex size-8 items-center justify-center rounded-md data-[hovered]:bg-hover ${t.on ? "bg-selected text-accent-text" : "text-muted data-[hovered]:text-text"}`}
          >
            <t.icon size={16} strokeWidth={1.75} aria-hidden="true" />
          </ToggleButton>
        </Tip>
      ))}
    </div>
  );
}
