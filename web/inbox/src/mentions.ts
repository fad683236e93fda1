// Whom a note names: "@" before the name of somebody who may see the conversation,
// or of a team.

import { api, body } from "./api/client";
import { list, record, str } from "./parse";

export interface Nameable {
  readonly kind: "agent" | "team";
  readonly id: string;
  readonly name: string;
}

const word = /[\p{L}\p{N}_]/u;

/** Where a text names somebody: of two names the longer is meant, of two that are the same both. */
export function spans<T extends { readonly name: string }>(text: string, people: readonly T[]): { readonly from: number; readonly to: number; readonly who: readonly T[] }[] {
  const by = people.filter((p) => p.name !== "").sort((a, b) => b.name.length - a.name.length);
  const low = text.toLowerCase();
  const found: { from: number; to: number; who: readonly T[] }[] = [];
  for (let at = low.indexOf("@"); at >= 0; at = low.indexOf("@", at + 1)) {
    if (at > 0 && word.test(text.charAt(at - 1))) continue; // an address
    const meant = (p: T): boolean => low.startsWith(p.name.toLowerCase(), at + 1) && !word.test(text.charAt(at + 1 + p.name.length));
    const first = by.find(meant);
    if (!first) continue;
    found.push({ from: at, to: at + 1 + first.name.length, who: by.filter((p) => p.name.length === first.name.length && meant(p)) });
  }
  return found;
}

/** What is being named at the caret, "" just after the sign; null where nothing is. */
export function namingAt(text: string, caret: number): { readonly from: number; readonly part: string } | null {
  const m = /(?:^|[^\p{L}\p{N}_])@([^\n@]{0,60})$/u.exec(text.slice(0, caret));
  return m ? { from: caret - (m[1]?.length ?? 0) - 1, part: m[1] ?? "" } : null;
}

/** Those whose name, or a later word of it, begins with what is written; none once a name is whole. */
export function offered(part: string, people: readonly Nameable[]): Nameable[] {
  const low = part.toLowerCase();
  const begins = (p: Nameable): boolean => p.name.toLowerCase().startsWith(low);
  const fit = people.filter((p) => begins(p) || (low !== "" && p.name.toLowerCase().includes(` ${low}`)));
  if (fit.length === 1 && fit[0]?.name.toLowerCase() === low) return [];
  return fit.sort((a, b) => Number(begins(b)) - Number(begins(a))).slice(0, 8);
}

export async function nameable(conversation: string): Promise<Nameable[]> {
  const got = record(await body(api.GET("/api/v1/conversations/{id}/people", { params: { path: { id: conversation } } })), "people");
  const of = (key: string, kind: Nameable["kind"]): Nameable[] =>
    list(got, key, (x) => {
      const o = record(x, kind);
      return { kind, id: str(o, "id"), name: str(o, "name") };
    });
  return [...of("items", "agent"), ...of("teams", "team")];
}

interface Named {
  readonly mentions: string[];
  readonly teams: string[];
}

export function named(text: string, people: readonly Nameable[]): Named {
  const ids = (kind: Nameable["kind"], most: number): string[] =>
    [...new Set(spans(text, people).flatMap((s) => s.who.filter((p) => p.kind === kind).map((p) => p.id)))].slice(0, most);
  return { mentions: ids("agent", 50), teams: ids("team", 20) };
}

// A note that is tried again names the same ones.
const known = new Map<string, Named>();

/** Whom a note names, by the key of its sending. */
export async function mentionsOf(key: string, conversation: string, text: string): Promise<Named> {
  const before = known.get(key);
  if (before) return before;
  const who = named(text, await nameable(conversation));
  known.set(key, who);
  return who;
}
