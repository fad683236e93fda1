// What people wrote, as pieces that can be shown without ever becoming markup.

export interface Piece {
  readonly text: string;
  /** Where it leads, when it is an address. */
  readonly href?: string;
}

// A bracket belongs to an address when it was opened in it.
const address = /\bhttps?:\/\/(?:\([^\s()<>]*\)|[^\s()<>"'`])+/giu;

/** Splits a text at its web addresses. Punctuation after one is the sentence's. */
export function pieces(text: string): Piece[] {
  const out: Piece[] = [];
  let from = 0;
  for (const m of text.matchAll(address)) {
    const raw = m[0].replace(/[.,:;!?…\]}]+$/u, "");
    const href = URL.canParse(raw) ? new URL(raw).href : "";
    if (href === "" || /^\w+:\/\/[^/]*@/u.test(href)) continue; // a name before an @ makes one address look like another's
    out.push({ text: text.slice(from, m.index) }, { text: raw, href });
    from = m.index + raw.length;
  }
  return [...out, { text: text.slice(from) }].filter((p) => p.text !== "");
}

/** Whether a file is of a kind that is taken; types are as in an input's accept. */
export function admitted(file: { readonly name: string; readonly type: string }, types: readonly string[]): boolean {
  return (
    types.length === 0 ||
    types.some((t) => (t.startsWith(".") ? file.name.toLowerCase().endsWith(t.toLowerCase()) : file.type.startsWith(t.replace("*", ""))))
  );
}

/** A size as people read it. */
export function bytes(n: number, lang: string): string {
  const large = n >= 999_500;
  const figure = new Intl.NumberFormat(lang, { maximumFractionDigits: large ? 1 : 0 }).format(Math.max(1, n / (large ? 1e6 : 1e3)));
  return figure + (large ? " MB" : " kB");
}
