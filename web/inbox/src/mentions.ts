// Whom a note names: "@" before the name of somebody who may see the conversation.

import { api, body } from "./api/client";
import { list, record, str } from "./parse";

export interface Somebody {
  readonly id: string;
  readonly name: string;
}

const word = /[\p{L}\p{N}_]/u;

/** The ids of those whom a text names, each once; of two names the longer is meant. */
export function named(text: string, people: readonly Somebody[]): string[] {
  const by = people.filter((p) => p.name !== "").sort((a, b) => b.name.length - a.name.length);
  const low = text.toLowerCase();
  const found = new Set<string>();
  for (let at = low.indexOf("@"); at >= 0; at = low.indexOf("@", at + 1)) {
    if (at > 0 && word.test(text.charAt(at - 1))) continue; // an address
    const end = (p: Somebody): string => text.charAt(at + 1 + p.name.length);
    const who = by.find((p) => low.startsWith(p.name.toLowerCase(), at + 1) && !word.test(end(p)));
    if (who) found.add(who.id);
  }
  return [...found];
}

// A note that is tried again names the same ones.
const known = new Map<string, string[]>();

/** Whom a note names, by the key of its sending. */
export async function mentionsOf(key: string, conversation: string, text: string): Promise<string[]> {
  const before = known.get(key);
  if (before) return before;
  const got = record(await body(api.GET("/api/v1/conversations/{id}/people", { params: { path: { id: conversation } } })), "people");
  const people = list(got, "items", (x) => {
    const o = record(x, "agent");
    return { id: str(o, "id"), name: str(o, "name") };
  });
  const ids = named(text, people).slice(0, 50);
  known.set(key, ids);
  return ids;
}
