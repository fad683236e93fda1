// The fold of quoted text: which lines of a mail its author wrote, and which
// stand behind "•••". Pure; the server's visibleText decides, the lines of text
// are what is shown, so nothing is ever lost.

export interface Segment {
  readonly text: string;
  readonly folded: boolean;
}

const bare = (line: string): string => line.replace(/\s+/g, " ").trim();

/**
 * Splits text into what is visible and what is folded. The visible lines are
 * found in text in their order; where they can't be (the view was rewritten),
 * the view comes first and the whole text stands behind one fold.
 */
export function fold(text: string, visible: string): Segment[] {
  if (bare(visible) === "" || bare(visible) === bare(text)) {
    return text === "" ? [] : [{ text: text.trim(), folded: false }];
  }
  const lines = text.split(/\r?\n/);
  const wanted = visible.split(/\r?\n/).map(bare).filter((l) => l !== "");
  const keep = new Array<boolean>(lines.length).fill(false);
  let w = 0;
  lines.forEach((line, i) => {
    if (w < wanted.length && bare(line) === wanted[w]) {
      keep[i] = true;
      w++;
    }
  });
  if (w < wanted.length) {
    return [
      { text: visible.trim(), folded: false },
      { text: text.trim(), folded: true },
    ];
  }
  // A blank line goes with what stands before it.
  lines.forEach((line, i) => {
    if (line.trim() === "" && i > 0) keep[i] = keep[i - 1] ?? false;
  });
  const out: { text: string[]; folded: boolean }[] = [];
  lines.forEach((line, i) => {
    const folded = keep[i] !== true;
    const last = out.at(-1);
    if (last && last.folded === folded) last.text.push(line);
    else out.push({ text: [line], folded });
  });
  return out
    .map((s) => ({ text: s.text.join("\n").replace(/^\s*\n|\s+$/g, ""), folded: s.folded }))
    .filter((s) => s.text.trim() !== "");
}

export interface Word {
  readonly text: string;
  /** Set where the text is an address that can be opened. */
  readonly href?: string;
}

/** Finds the web and mail addresses in plain text. Only http, https and mailto ever become links. */
export function linkify(text: string): Word[] {
  const out: Word[] = [];
  const pattern = /https?:\/\/[^\s<>"']+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g;
  let at = 0;
  for (const m of text.matchAll(pattern)) {
    const found = m[0].replace(/[.,;:!?)\]}]+$/, "");
    if (found === "") continue;
    if (m.index > at) out.push({ text: text.slice(at, m.index) });
    out.push({ text: found, href: found.startsWith("http") ? found : `mailto:${found}` });
    at = m.index + found.length;
  }
  if (at < text.length) out.push({ text: text.slice(at) });
  return out;
}
