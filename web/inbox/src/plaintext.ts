// The text part of what was written in the editor. Pure: it reads the editor's
// own JSON, so that lists, quotes and links keep their meaning without markup.

export interface Node {
  readonly type?: string | undefined;
  readonly text?: string | undefined;
  readonly content?: readonly Node[] | undefined;
  readonly marks?: readonly { readonly type: string; readonly attrs?: Readonly<Record<string, unknown>> | undefined }[] | undefined;
}

function inline(nodes: readonly Node[] | undefined): string {
  let out = "";
  for (const n of nodes ?? []) {
    if (n.type === "hardBreak") out += "\n";
    else if (n.text !== undefined) {
      const href = n.marks?.find((m) => m.type === "link")?.attrs?.["href"];
      out += typeof href === "string" && href !== n.text && href !== `mailto:${n.text}` ? `${n.text} (${href})` : n.text;
    } else out += inline(n.content);
  }
  return out;
}

const indent = (s: string, first: string, rest: string): string =>
  s
    .split("\n")
    .map((l, i) => (i === 0 ? first : l === "" ? "" : rest) + l)
    .join("\n");

function blocks(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).map((n) => {
    switch (n.type) {
      case "bulletList":
        return (n.content ?? []).map((li) => indent(blocks(li.content).join("\n"), "- ", "  ")).join("\n");
      case "orderedList":
        return (n.content ?? []).map((li, i) => indent(blocks(li.content).join("\n"), `${i + 1}. `, "   ")).join("\n");
      case "blockquote":
        return blocks(n.content)
          .join("\n\n")
          .split("\n")
          .map((l) => (l === "" ? ">" : `> ${l}`))
          .join("\n");
      case "horizontalRule":
        return "---";
      default:
        return inline(n.content);
    }
  });
}

/** Paragraphs become lines with one empty line between. */
export function plainText(doc: Node): string {
  return blocks(doc.content).join("\n\n").replace(/\n{3,}/g, "\n\n").trim();
}
