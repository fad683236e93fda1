// Where an agent answers: a reply to the customer or a note for the team,
// docked below the conversation. The draft is kept as it is written.

import { LockKeyhole, MessageSquareText, Paperclip, Phone, X } from "lucide-react";
import { memo, Suspense, useCallback, useEffect, useRef, useState, type ReactNode } from "react";
import { flushSync } from "react-dom";
import { Button as AriaButton } from "react-aria-components";
import { api, body } from "../api/client";
import { useWords, words } from "../composerwords";
import { blank, isBlank, type Draft } from "../draft";
import { DraftSync } from "../draftsync";
import { keyOf } from "../keys";
import { whole } from "../closing";
import { attachment } from "../parse";
import { addressed, suggest } from "../recipients";
import { noteFiles } from "../notefiles";
import type { Then as ThenDone } from "../outbox";
import { outbox, whereabouts } from "../runtime";
import type { Way as SendWay } from "../sending";
import type { Conversation, Message, Values } from "../types";
import { Button, IconButton, Tip } from "../ui/controls";
import { useCommand } from "../ui/hooks";
import { channelIcon } from "../ui/icons";
import { lazy } from "../ui/later";
import { bytes, channelWord } from "../words";
import type { EditorHandle } from "./Editor";
import { FileChip, SendButtons, type Way } from "./ComposerParts";
import { Recipients } from "./Recipients";

const loadEditor = (): Promise<typeof import("./Editor")> => import("./Editor");
const Editor = lazy(loadEditor);
const SavedPicker = lazy(() => import("./SavedPicker"));
const SendLater = lazy(() => import("./SendLater"));
const WayLine = lazy(() => import("./WayLine").then((m) => ({ default: m.WayLine })));
const WayBar = lazy(() => import("./WayLine").then((m) => ({ default: m.WayBar })));
const Mentioning = lazy(() => import("./Mentioning").then((m) => ({ default: m.Mentioning })));
const Then = lazy(() => import("./Then"));
// In the editor's file: it comes with it.
const Offers = lazy(() => loadEditor().then((m) => ({ default: m.Offers })));

// Fetched once the page has drawn itself; what is typed before it is there goes
// into a plain field and on into the editor.
setTimeout(() => void loadEditor(), 300);

function asHtml(text: string): string {
  if (text === "") return "";
  const escaped = text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  return escaped
    .split(/\n{2,}/)
    .map((p) => `<p>${p.replace(/\n/g, "<br>")}</p>`)
    .join("");
}

const largest = 25_000_000;

// Colleagues hear what is being written while it is, and not of an empty field.
function typing(what: "reply" | "note", text: string): void {
  if (text.trim() === "") whereabouts.rest();
  else whereabouts.typed(what);
}

// How it is sent says where the conversation goes, whatever a saved reply says.
function without(then: ThenDone): ThenDone {
  const rest: { -readonly [K in keyof ThenDone]: ThenDone[K] } = { ...then };
  delete rest.status;
  delete rest.snoozeMinutes;
  return rest;
}

interface Upload {
  readonly id: number;
  readonly name: string;
  readonly size: number;
  readonly refusal: string;
}
let lastUpload = 0;

export interface ComposerHandle {
  reply: () => void;
  note: () => void;
  /** Puts what could not be sent back into the field. */
  restore: (d: Partial<Draft>) => void;
  /** Puts something in at the caret. */
  insert: (html: string) => void;
}

export const Composer = memo(function Composer({
  conversation: c,
  messages,
  agentId,
  narrow,
  onSeen,
  onSent,
  onClosed,
  handle,
  onLog,
}: {
  conversation: Conversation;
  messages: readonly Message[];
  agentId: string;
  narrow: boolean;
  /** Tells the newest public message that the author had seen when the draft was begun; 0 for none. */
  onSeen: (conversation: string, seq: number) => void;
  onSent: () => void;
  onClosed: () => void;
  handle: (h: ComposerHandle | null) => void;
  /** A call can't be answered in writing: it is answered by another, which is logged. */
  onLog: () => void;
}): ReactNode {
  const w = useWords();
  const [sync] = useState(() => new DraftSync(agentId, c.id));
  const [draft, setDraft] = useState<Draft>(sync.draft);
  const [takenBy, setTakenBy] = useState("");
  const [open, setOpen] = useState(!narrow);
  const [uploads, setUploads] = useState<readonly Upload[]>([]);
  const [refusal, setRefusal] = useState("");
  const [badTo, setBadTo] = useState<readonly string[]>([]);
  const [dragging, setDragging] = useState(false);
  const [asking, setAsking] = useState<"" | "snooze" | "later">("");
  const [picking, setPicking] = useState<"" | "slash" | "button">("");
  // On a phone it covers everything: it stays open only while it is written in.
  const [was, setWas] = useState(narrow);
  if (was !== narrow) {
    setWas(narrow);
    setOpen(!narrow || asking !== "" || picking !== "" || document.activeElement?.closest("[data-answer]") !== null);
  }
  const editor = useRef<EditorHandle | null>(null);
  const wantFocus = useRef(false);
  const note = useRef<HTMLTextAreaElement>(null);
  const plain = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const form = useRef<HTMLElement>(null);
  const [course, setCourse] = useState<SendWay | null>(null);
  const chosen = draft.by !== undefined && course?.accountId === draft.by ? course : null;
  const channel = chosen?.channel ?? c.channel;
  const suggested = chosen && c.channel !== "email" ? { to: chosen.channel === "email" ? chosen.to : [], cc: [] } : suggest(c, messages);
  const to = draft.to ?? suggested.to;
  const cc = draft.cc ?? suggested.cc;
  // A call can't be answered in writing.
  const written = channel !== "phone";
  const publicSeq = Math.max(0, ...messages.filter((m) => m.kind === "message").map((m) => m.seq));

  const edit = useCallback(
    (d: Partial<Draft>) => {
      setRefusal("");
      setDraft((old) => {
        const next = { ...old, ...d, at: Date.now() };
        // What was on the page when the first word was written is what the author had seen.
        if (next.text.trim() === "" && next.attachments.length === 0) return { ...next, seenSeq: 0 };
        return next.seenSeq === 0 ? { ...next, seenSeq: publicSeq } : next;
      });
    },
    [publicSeq],
  );

  useEffect(() => {
    onSeen(c.id, draft.seenSeq);
    sync.edit(draft);
  }, [draft, sync, onSeen, c.id]);
  useEffect(
    () =>
      sync.run((theirs, by) => {
        setTakenBy(by);
        if (theirs === null) return;
        setDraft(theirs);
        editor.current?.set(theirs.html);
      }),
    [sync],
  );

  const focus = useCallback((tab: "reply" | "note") => {
    if (tab === "reply" && !written) {
      onLog();
      return;
    }
    wantFocus.current = true;
    // Drawn at once: the next key that is pressed belongs into the field.
    flushSync(() => {
      setOpen(true);
      setDraft((d) => (d.tab === tab ? d : { ...d, tab }));
    });
    if (tab === "note") note.current?.focus();
    else if (editor.current) editor.current.focus();
    else plain.current?.focus();
    if (tab === "note" || editor.current) wantFocus.current = false;
  }, [written, onLog]);
  useCommand("reply", () => focus("reply"));
  useCommand("note", () => focus("note"));

  useEffect(() => {
    handle({
      reply: () => focus("reply"),
      note: () => focus("note"),
      restore: (d) => {
        edit(d);
        if (d.html !== undefined) editor.current?.set(d.html);
        focus(d.tab ?? "reply");
      },
      insert: (html) => {
        focus("reply");
        editor.current?.insert(html);
      },
    });
    return () => handle(null);
  }, [handle, focus, edit]);

  const addFiles = useCallback(
    (files: readonly File[]) => {
      // What was meant for the team alone doesn't go into the answer.
      if (!written || sync.draft.tab === "note") {
        setRefusal(noteFiles());
        return;
      }
      for (const f of files) {
        const id = ++lastUpload;
        const upload: Upload = { id, name: f.name || words().pasted, size: f.size, refusal: f.size > largest ? words().tooLarge : "" };
        setUploads((u) => [...u, upload]);
        if (upload.refusal !== "") continue;
        const data = new FormData();
        data.append("file", f, upload.name);
        body(
          api.POST("/api/v1/attachments", {
            // The form is the body; the typed client would write it as JSON.
            body: data as never,
            bodySerializer: (b: unknown) => b as FormData,
          }),
        ).then(
          (x) => {
            const a = attachment(x);
            setUploads((u) => u.filter((y) => y.id !== id));
            setDraft((d) => ({ ...d, attachments: [...d.attachments, a], at: Date.now() }));
          },
          (e: unknown) => {
            const why = e instanceof Error ? e.message : words().notTaken;
            setUploads((u) => u.map((y) => (y.id === id ? { ...y, refusal: why } : y)));
          },
        );
      }
    },
    [sync, written],
  );

  const isNote = !written || draft.tab === "note";
  const busy = uploads.some((u) => u.refusal === "");
  const send = (way: Way, at?: string): void => {
    const close = way === "close";
    const text = isNote ? draft.note.trim() : draft.text.trim();
    if (text === "" && (isNote || draft.attachments.length === 0)) {
      setRefusal(isNote ? w.noteFirst : w.replyFirst);
      return;
    }
    if (!isNote && busy) {
      setRefusal(w.stillUp);
      return;
    }
    if (!isNote && badTo.length > 0) {
      setRefusal(w.noAddress(badTo.join(", ")));
      return;
    }
    if (!isNote && course && !course.may) {
      setRefusal(course.why);
      return;
    }
    if (!isNote && addressed({ channel }) && to.length === 0) {
      setRefusal(w.addTo);
      return;
    }
    if (!isNote && at === undefined && (way === "snooze" || way === "later")) {
      setAsking(way);
      return;
    }
    const closes = !isNote && (close || (way !== "snooze" && draft.then?.status === "closed"));
    if (closes) whole(c, draft.then?.fields ?? {}, (fields) => put(way, at, fields));
    else put(way, at, {});
  };
  const put = (way: Way, at: string | undefined, fields: Values): void => {
    const close = way === "close";
    const text = isNote ? draft.note.trim() : draft.text.trim();
    const kept = draft.then && (close || way === "snooze") ? without(draft.then) : draft.then;
    const then = Object.keys(fields).length === 0 ? kept : { ...kept, fields: { ...kept?.fields, ...fields } };
    outbox.send({
      conversationId: c.id,
      kind: isNote ? "note" : "reply",
      text,
      html: isNote ? "" : draft.html,
      to: isNote || !addressed({ channel }) ? [] : to,
      cc: isNote || !addressed({ channel }) ? [] : cc,
      ...(isNote || draft.by === undefined ? {} : { by: draft.by }),
      ...(isNote || !draft.bcc || draft.bcc.length === 0 ? {} : { bcc: draft.bcc }),
      attachments: isNote ? [] : draft.attachments,
      seenSeq: isNote ? publicSeq : draft.seenSeq || publicSeq,
      close: !isNote && close,
      ...(way === "snooze" ? { snoozeUntil: at } : way === "later" ? { sendAt: at } : {}),
      ...(isNote || !then ? {} : { then }),
      at: Date.now(),
    });
    const left: Draft = isNote ? { ...draft, note: "", tab: "reply" } : { ...blank, note: draft.note };
    setDraft(left);
    sync.edit(left);
    sync.flush();
    whereabouts.rest();
    if (!isNote) {
      editor.current?.clear();
      setUploads([]);
    }
    if (narrow) setOpen(false);
    onSent();
    if ((close || way === "snooze") && !isNote) onClosed();
    // The agent goes on by keys: focus returns to the conversation.
    document.querySelector<HTMLElement>("[data-conversation]")?.focus({ preventScroll: true });
  };

  const onKeyDown = (e: React.KeyboardEvent): void => {
    if (e.nativeEvent.isComposing) return;
    // The editor calls Esc its own and does nothing with it.
    const inEditor = e.target instanceof Element && e.target.closest(".ProseMirror") !== null;
    if (e.key === "Enter" && (e.metaKey || e.ctrlKey)) {
      e.preventDefault();
      send("send");
    } else if (e.key === "Escape" && (inEditor || !e.defaultPrevented)) {
      e.preventDefault();
      wantFocus.current = false; // an editor that is still loading doesn't take it back
      if (narrow) setOpen(false);
      document.querySelector<HTMLElement>("[data-conversation]")?.focus({ preventScroll: true });
    }
  };

  if (!open) {
    return (
      <div className="flex shrink-0 gap-2 border-t border-line bg-surface p-2 pb-[max(8px,env(safe-area-inset-bottom))]">
        <Button look="solid" className="flex-1 justify-center" onPress={() => focus("reply")}>
          {!written ? w.logCall : isBlank(draft) ? w.doReply : w.goOn}
        </Button>
        <Button look="outline" className="flex-1 justify-center" onPress={() => focus("note")}>
          {w.note}
        </Button>
      </div>
    );
  }

  const Glyph = channelIcon[channel];
  const tab = (id: "reply" | "note", tip: string, key: string): ReactNode => (
    <Tip words={tip} keys={key} placement="top">
      <AriaButton
        aria-pressed={(isNote ? "note" : "reply") === id}
        onPress={() => focus(id)}
        className={`h-7 shrink-0 rounded-md px-2 text-sm whitespace-nowrap max-md:h-11 ${
          (isNote ? "note" : "reply") === id ? (id === "note" ? "font-medium text-violet-text" : "font-medium text-accent-text") : "text-muted data-[hovered]:text-text"
        }`}
      >
        {id === "note" ? w.note : course?.beside ? w.reply : w.replyBy(channelWord(channel))}
      </AriaButton>
    </Tip>
  );

  return (
    // Files dropped anywhere on the composer are attached; there is a button for the same.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <section
      ref={form}
      aria-label={w.answer}
      data-answer=""
      onKeyDown={onKeyDown}
      onDragOver={(e) => {
        if (!e.dataTransfer.types.includes("Files")) return;
        e.preventDefault();
        setDragging(true);
      }}
      onDragLeave={() => setDragging(false)}
      onDrop={(e) => {
        setDragging(false);
        if (e.dataTransfer.files.length === 0) return;
        e.preventDefault();
        addFiles([...e.dataTransfer.files]);
      }}
      className={
        narrow
          ? `fixed inset-0 z-30 flex flex-col pb-[env(safe-area-inset-bottom)] ${isNote ? "bg-violet-soft" : "bg-surface"}`
          : `relative mx-4 mb-4 flex max-h-[50%] shrink-0 flex-col rounded-lg border ${
              isNote ? "border-violet-line bg-violet-soft" : "border-line-strong bg-surface focus-within:border-control"
            }`
      }
    >
      {dragging && (
        <div className="pointer-events-none absolute inset-0 z-10 flex items-center justify-center rounded-lg border-2 border-dashed border-accent bg-accent-soft text-sm font-medium text-accent-text">
          {w.drop}
        </div>
      )}
      <div className="flex shrink-0 items-center gap-1 px-2 pt-1.5">
        {isNote ? (
          <LockKeyhole size={14} strokeWidth={1.75} aria-hidden="true" className="ms-2 text-violet-text" />
        ) : (
          <Glyph size={14} strokeWidth={1.75} aria-hidden="true" className="ms-2 text-muted" />
        )}
        {written ? (
          tab("reply", w.reply, keyOf("reply"))
        ) : (
          <Button className="h-7! max-md:h-11!" onPress={onLog}>
            <Phone size={14} strokeWidth={1.75} aria-hidden="true" />
            {w.logCall}
          </Button>
        )}
        {tab("note", w.noteTeam, keyOf("note"))}
        {(!isNote || !written) && (
          <Suspense fallback={null}>
            <WayLine
              conversation={c}
              by={draft.by ?? ""}
              onWay={setCourse}
              onBy={(account) => {
                setDraft({ ...draft, to: null, cc: null, at: Date.now(), tab: "reply", by: account === "" ? undefined : account });
              }}
            />
          </Suspense>
        )}
        {isNote && <span className="ms-1 min-w-0 truncate text-xs text-violet-text">{w.onlyTeam}</span>}
        {narrow && <IconButton icon={X} label={w.closeKeep} className="ms-auto" onPress={() => setOpen(false)} />}
      </div>
      <Suspense>
        <Offers
          conversation={c.id}
          takenBy={takenBy}
          offered={!isNote}
          onTake={(o) => {
            const mine = sync.draft.text.trim() !== "";
            const html = mine ? o.html + sync.draft.html : o.html;
            edit({ html, text: mine ? `${o.text}\n\n${sync.draft.text}` : o.text, seenSeq: o.seenSeq, ...(mine ? {} : { by: o.by }) });
            editor.current?.set(html);
            focus("reply");
          }}
        />
      </Suspense>
      {!isNote && course && !course.may && (
        <Suspense fallback={null}>
          <WayBar
            way={course}
            onTemplate={(t) => {
              outbox.send({
                conversationId: c.id, kind: "reply", text: t.text, html: "", to: [], cc: [], attachments: [], seenSeq: publicSeq, close: false,
                template: { name: t.name, language: t.language, values: t.values }, at: Date.now(),
                ...(draft.by === undefined ? {} : { by: draft.by }),
              });
              onSent();
            }}
          />
        </Suspense>
      )}
      {!isNote && addressed({ channel }) && (
        <Recipients
          to={to}
          cc={cc}
          bcc={draft.bcc ?? []}
          onChange={(r, bad) => {
            edit(r);
            setBadTo(bad);
          }}
        />
      )}
      {isNote ? (
        <>
          {draft.note.includes("@") && (
            <Suspense fallback={null}>
              <Mentioning conversation={c.id} field={note} text={draft.note} onText={(text) => edit({ note: text })} />
            </Suspense>
          )}
          <textarea
            ref={note}
            aria-label={w.noteTeam}
            placeholder={w.writeNote}
            value={draft.note}
            rows={3}
            className="field-sizing-content max-h-80 min-h-[79px] w-full max-md:max-h-none flex-1 resize-none bg-transparent px-4 py-2 text-base text-text outline-none! placeholder:text-muted"
            onChange={(e) => {
              edit({ note: e.target.value });
              typing("note", e.target.value);
            }}
            onPaste={(e) => {
              if (e.clipboardData.files.length > 0 && e.clipboardData.getData("text/plain") === "") {
                e.preventDefault();
                addFiles([...e.clipboardData.files]);
              }
            }}
          />
          <div className="flex items-center px-2 pb-2">
            <SendButtons note later={false} onSend={send} refusal={refusal} />
          </div>
        </>
      ) : (
        <Suspense
          fallback={
            <textarea
              ref={plain}
              aria-label={w.reply}
              placeholder={w.writeReply}
              value={draft.text}
              // A draft with formatting waits for the editor.
              readOnly={draft.html !== "" && draft.html !== asHtml(draft.text)}
              className="prose-mail h-[103px] w-full max-md:h-[111px] resize-none bg-transparent px-4 py-2 text-text outline-none! placeholder:text-muted"
              onChange={(e) => {
                edit({ text: e.target.value, html: asHtml(e.target.value) });
                typing("reply", e.target.value);
              }}
              onFocus={() => {
                wantFocus.current = true;
              }}
            />
          }
        >
          <Editor
            html={draft.html}
            label={w.reply}
            focused={wantFocus.current}
            onChange={(html, text) => {
              edit({ html, text });
              typing("reply", text);
            }}
            onFiles={addFiles}
            onSlash={() => setPicking("slash")}
            way={course}
            onReady={(h) => {
              editor.current = h;
              if (h && wantFocus.current) {
                wantFocus.current = false;
                h.focus();
              }
            }}
          >
            <input
              ref={picker}
              type="file"
              multiple
              hidden
              onChange={(e) => {
                addFiles([...(e.target.files ?? [])]);
                e.target.value = "";
              }}
            />
            <IconButton icon={MessageSquareText} label={w.savedReplies} keys="/" placement="top" onPress={() => setPicking("button")} />
            <IconButton icon={Paperclip} label={w.attach} placement="top" onPress={() => picker.current?.click()} />
            <SendButtons note={false} later={channel !== "chat"} onSend={send} refusal={refusal} />
          </Editor>
        </Suspense>
      )}
      {!isNote && draft.then && (
        <Suspense fallback={null}>
          <Then of={draft.then} onChange={(then) => edit({ then })} />
        </Suspense>
      )}
      {asking !== "" && (
        <Suspense fallback={null}>
          <SendLater
            what={asking === "later" ? "send" : "snooze"}
            onChoose={(at) => {
              setAsking("");
              send(asking, at);
            }}
            onClose={() => setAsking("")}
          />
        </Suspense>
      )}
      {picking !== "" && (
        <Suspense fallback={null}>
          <SavedPicker
            conversation={c}
            to={to}
            cc={[...cc, ...(draft.bcc ?? [])]}
            onPick={(p) => {
              setPicking("");
              if (p.then) edit({ then: p.then(draft.then) });
              editor.current?.insert(asHtml(p.text));
            }}
            onClose={() => {
              if (picking === "slash") editor.current?.insert("/");
              else editor.current?.focus();
              setPicking("");
            }}
          />
        </Suspense>
      )}
      {!isNote && (draft.attachments.length > 0 || uploads.length > 0) && (
        <ul aria-label={w.attached} className="flex flex-wrap gap-1.5 px-4 pb-3">
          {draft.attachments.map((a) => (
            <FileChip key={a.id} name={a.name} words={bytes(a.size)} onRemove={() => edit({ attachments: draft.attachments.filter((x) => x.id !== a.id) })} />
          ))}
          {uploads.map((u) => (
            <FileChip
              key={u.id}
              name={u.name}
              words={u.refusal === "" ? w.uploading : u.refusal}
              bad={u.refusal !== ""}
              onRemove={() => setUploads((all) => all.filter((x) => x.id !== u.id))}
            />
          ))}
        </ul>
      )}
    </section>
  );
});
