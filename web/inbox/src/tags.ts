// Tags as they are typed: with commas between them.

/** How many characters one tag has at most, how many are added at once, and how many one conversation has. */
export const maxTag = 50;
export const maxAdded = 20;
export const maxTagged = 50;

/** The tags that a text names, in the form in which they are kept, each once. */
export function tagsIn(text: string): string[] {
  return [...new Set(text.split(",").map((t) => t.trim().toLowerCase().replace(/\s+/gu, " ")))].filter((t) => t !== "");
}

/** The first tag that can't be kept as it is, and why. */
export function wrongTag(tags: readonly string[]): { readonly tag: string; readonly why: "long" | "quote" } | undefined {
  for (const tag of tags) {
    if (Array.from(tag).length > maxTag) return { tag, why: "long" };
    if (tag.includes('"')) return { tag, why: "quote" };
  }
  return undefined;
}

/** Where the tag at the caret begins and ends, and what it says so far. */
export function tagAt(text: string, caret: number): { readonly from: number; readonly to: number; readonly part: string } {
  const from = text.lastIndexOf(",", caret - 1) + 1;
  const end = text.indexOf(",", caret);
  const to = end < 0 ? text.length : end;
  return { from, to, part: tagsIn(text.slice(from, to))[0] ?? "" };
}

/** The known tags that the one at the caret may become: those that begin with it first, none that is named already. */
export function tagsFor(text: string, caret: number, known: readonly string[]): string[] {
  const { part } = tagAt(text, caret);
  const named = tagsIn(text);
  const fit = known.filter((t) => t.includes(part) && !named.includes(t));
  return [...fit.filter((t) => t.startsWith(part)), ...fit.filter((t) => !t.startsWith(part))];
}

/** The text with a tag in the place of the one at the caret, and where the caret goes: where the next one begins. */
export function withTag(text: string, caret: number, tag: string): { readonly text: string; readonly caret: number } {
  const { from, to } = tagAt(text, caret);
  const before = `${text.slice(0, from)}${from > 0 ? " " : ""}${tag}, `;
  return { text: before + text.slice(to).replace(/^,\s*/u, ""), caret: before.length };
}
