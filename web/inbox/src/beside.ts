// What is said of a message besides its words: that it stands under a post for
// everybody to read, and the signs that were set beside it.

import { api, body } from "./api/client";
import { flag, list, message, record, str } from "./parse";
import { store } from "./runtime";
import { putMessages } from "./state";
import type { Message } from "./types";

export interface Comment {
  /** Where it can be seen; "" where nobody knows. */
  readonly link: string;
  /** Of an answer: only who wrote the comment gets it. */
  readonly isPrivate: boolean;
  /** Under somebody else's post: it can't be hidden. */
  readonly elsewhere: boolean;
  readonly hidden: boolean;
  /** What was last asked of its service; null for nothing. */
  readonly hiding: { readonly hide: boolean; readonly state: string; readonly detail: string; readonly by: string } | null;
}

export function commentOf(m: Message): Comment {
  const o = record(m.comment, "comment");
  const hiding = o["hiding"] === undefined || o["hiding"] === null ? null : record(o["hiding"], "hiding");
  const link = str(o, "link");
  return {
    link: link.startsWith("https://") ? link : "",
    isPrivate: flag(o, "private"),
    elsewhere: flag(o, "elsewhere"),
    hidden: flag(o, "hidden"),
    hiding: hiding && { hide: flag(hiding, "hide"), state: str(hiding, "state"), detail: str(hiding, "detail"), by: str(hiding, "by") },
  };
}

/** The signs beside a message, each with who set it. */
export function reactionsOf(m: Message): readonly { readonly emoji: string; readonly by: readonly string[] }[] {
  const by = new Map<string, string[]>();
  for (const r of list({ reactions: m.reactions ?? [] }, "reactions", (x) => record(x, "reaction"))) {
    const emoji = str(r, "emoji");
    by.set(emoji, [...(by.get(emoji) ?? []), str(r, "by")]);
  }
  return [...by].map(([emoji, names]) => ({ emoji, by: names }));
}

/** Has a comment hidden, or shown again. Resolves to the reason when refused, "" for none. */
export async function hide(m: Message, hidden: boolean): Promise<string> {
  try {
    const now = message(await body(api.PUT("/api/v1/messages/{id}/hidden", { params: { path: { id: m.id } }, body: { hidden } })));
    store.update((s) => putMessages(s, [now]));
    return "";
  } catch (e) {
    return e instanceof Error ? e.message : "It could not be asked.";
  }
}
