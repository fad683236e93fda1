// Where the visitor writes: text and files, kept for this tab until they are
// sent.

import { h, icon, say, tool } from "./dom.ts";
import type { Files } from "./files.ts";
import type { Keep } from "./keep.ts";
import type { FileRef, Shop } from "./state.ts";
import { admitted, bytes } from "./text.ts";
import { fill, type Words } from "./words.ts";

export interface ComposerConfig {
  readonly words: Words;
  readonly lang: string;
  readonly files: Files;
  readonly tab: Keep;
  readonly send: (text: string, files: readonly FileRef[]) => void;
  readonly typed: (on: boolean) => void;
}

interface Chip {
  readonly el: HTMLElement;
  ref: FileRef | null;
}

const most = 10;
const idle = 5_000;

export type Composer = ReturnType<typeof openComposer>;

export function openComposer({ words, lang, files, tab, send, typed }: ComposerConfig) {
  let chips: readonly Chip[] = [];
  let maxFile = 0;
  let fileTypes: readonly string[] = [];
  let stopped: ReturnType<typeof setTimeout> | undefined;

  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const list = h("ul");
  const field = h("textarea", {
    rows: 1,
    "aria-label": words.write,
    placeholder: words.write,
    maxlength: 8000,
    enterkeyhint: "send",
    dir: "auto",
    input: () => changed(),
    keydown: (e: KeyboardEvent) => {
      if (e.key === "Enter" && !e.shiftKey && !e.isComposing) submit(e);
    },
    paste: (e: ClipboardEvent) => {
      if (!e.clipboardData?.files.length) return;
      e.preventDefault();
      attach(e.clipboardData.files);
    },
  });
  const grown = h("div", { class: "grown" }, field);
  const picker = h("input", {
    type: "file",
    multiple: true,
    hidden: true,
    change: () => {
      attach(picker.files ?? []);
      picker.value = "";
      field.focus();
    },
  });
  const go = h("button", { class: "send", "aria-label": words.send, title: words.send }, icon("send"));

  const refs = (): FileRef[] => chips.flatMap((c) => c.ref ?? []);
  const ready = (): boolean => (field.value.trim() !== "" || chips.length > 0) && refs().length === chips.length;
  const changed = (): void => {
    const text = field.value;
    list.replaceChildren(...chips.map((c) => c.el));
    go.ariaDisabled = String(!ready());
    tab.write("draft", text !== "" || chips.length > 0 ? { text, files: refs() } : undefined);
    grown.dataset["text"] = `${text} `; // the sheet makes it as high as this
    clearTimeout(stopped);
    typed(text !== "");
    if (text !== "") stopped = setTimeout(typed, idle, false);
  };
  const remove = (chip: Chip): void => {
    chips = chips.filter((c) => c !== chip);
    changed();
  };
  const add = ({ name, size }: { readonly name: string; readonly size: number }, ref: FileRef | null, stop: () => void): Chip => {
    const x = tool("close", fill(words.remove, name), () => {
      stop();
      remove(chip);
      field.focus();
    });
    const chip: Chip = { ref, el: h("li", {}, h("span", { class: "name", dir: "auto" }, name), h("small", {}, bytes(size, lang)), x) };
    chips = [...chips, chip];
    return chip;
  };
  const upload = (file: File): void => {
    const bar = h("progress", { value: 0, "aria-label": file.name });
    const stop = files.upload(
      file,
      (share) => (bar.value = share),
      (ref) => {
        chip.ref = ref;
        bar.remove();
        if (ref) changed();
        else if (chips.includes(chip)) {
          remove(chip);
          say(problem, fill(words.notUploaded, file.name));
        }
      },
    );
    const chip = add(file, null, stop);
    chip.el.append(bar);
  };
  const attach = (chosen: Iterable<File>): void => {
    if (maxFile === 0) return; // no files at all
    const problems = new Set<string>();
    for (const f of chosen) {
      if (chips.length >= most) problems.add(fill(words.tooMany, most));
      else if (f.size > maxFile) problems.add(fill(words.tooBig, f.name, bytes(maxFile, lang)));
      else if (!admitted(f, fileTypes)) problems.add(fill(words.wrongType, f.name));
      else upload(f);
    }
    say(problem, [...problems].join(" "));
    changed();
  };
  const submit = (e: Event): void => {
    e.preventDefault();
    if (!ready()) return;
    send(field.value.trim(), refs());
    say(problem, "");
    clear();
    field.focus();
  };
  const clear = (): void => {
    chips = [];
    field.value = "";
    changed();
  };

  const draft = tab.read("draft") as { text: string; files: FileRef[] } | null;
  field.value = draft?.text ?? "";
  draft?.files.forEach((f) => add(f, f, () => undefined));

  const clip = tool("clip", words.attach, () => {
    picker.accept = fileTypes.join();
    picker.click();
  });
  const el = h("form", { class: "composer", submit }, problem, list, h("div", { class: "line" }, clip, grown, go), picker);
  changed();
  return {
    el,
    attach,
    clear,
    focus: () => field.focus(),
    /** What files it may take. */
    allow(shop: Shop) {
      ({ maxFile, fileTypes } = shop);
      clip.hidden = maxFile === 0;
    },
  };
}
