// The language of searches and lists, as the page helps to write it. The server
// reads it: see ParseQuery in package inbox.

import { words, type FilterName } from "./querywords";
import type { Me } from "./types";

/** A filter's name, and what it can be. */
interface Filter {
  readonly name: FilterName;
  readonly values: (me: Me | undefined, today: Date) => readonly string[];
}

const days = (today: Date): readonly string[] =>
  [0, 1, 7, 30, 365].map((n) => {
    const d = new Date(Date.UTC(today.getFullYear(), today.getMonth(), today.getDate() - n));
    return d.toISOString().slice(0, 10);
  });

const filters: readonly Filter[] = [
  { name: "from", values: () => [] },
  { name: "to", values: () => [] },
  { name: "status", values: () => ["open", "pending", "snoozed", "closed", "spam"] },
  { name: "order", values: () => [] },
  { name: "assignee", values: (me) => ["me", "none", ...(me?.agents.map((a) => a.name) ?? [])] },
  { name: "inbox", values: (me) => me?.inboxes.map((i) => i.name) ?? [] },
  { name: "team", values: (me) => me?.teams.map((t) => t.name) ?? [] },
  { name: "tag", values: () => [] },
  { name: "reason", values: () => [] },
  { name: "priority", values: () => ["urgent", "high", "normal", "low"] },
  { name: "channel", values: () => ["email", "chat", "phone", "social", "shop"] },
  { name: "before", values: (_, today) => days(today) },
  { name: "after", values: (_, today) => days(today) },
  { name: "has", values: () => ["attachment"] },
  { name: "is", values: () => ["waiting", "mentioned"] },
];

export interface Term {
  /** A filter's name, or "" for a word. */
  readonly name: string;
  readonly value: string;
  readonly from: number;
  readonly to: number;
}

/** Cuts a query at spaces that are not in quotes. */
export function terms(text: string): Term[] {
  const list: Term[] = [];
  for (const m of text.matchAll(/(?:"[^"]*"?|[^\s"])+/gu)) {
    const [raw] = m;
    const colon = raw.indexOf(":");
    const name = colon < 0 ? "" : raw.slice(0, colon).toLowerCase();
    const known = filters.some((f) => f.name === name);
    list.push({ name: known ? name : "", value: known ? raw.slice(colon + 1).replaceAll('"', "") : raw, from: m.index, to: m.index + raw.length });
  }
  return list;
}

/** What is left of a query without its filters. */
export function wordsOf(text: string): string {
  return terms(text)
    .filter((t) => t.name === "")
    .map((t) => t.value)
    .join(" ");
}

/** A filter as it is written, with quotes where it needs them. */
export function written(name: string, value: string): string {
  return `${name}:${/\s/u.test(value) ? `"${value}"` : value}`;
}

/** The query with one of its filters as asked for; "" takes it away. */
export function withFilter(text: string, name: string, value: string): string {
  const kept = terms(text)
    .filter((t) => t.name !== name)
    .map((t) => text.slice(t.from, t.to));
  return [...kept, ...(value === "" ? [] : [written(name, value)])].join(" ");
}

/** The value of a filter in a query, or "". */
export function filterIn(text: string, name: string): string {
  return terms(text).find((t) => t.name === name)?.value ?? "";
}

export interface Completion {
  readonly words: string;
  readonly help: string;
  /** The whole query when it is taken, and where the caret stands then. */
  readonly text: string;
  readonly caret: number;
}

const most = 8;

/** What the word at the caret may become. */
export function completions(text: string, caret: number, me: Me | undefined, today: Date): Completion[] {
  const at = terms(text).find((t) => t.from <= caret && caret <= t.to);
  const from = at?.from ?? caret;
  const to = at?.to ?? caret;
  const put = (word: string, help: string, done: boolean): Completion => {
    const space = done && !text.slice(to).startsWith(" ") ? " " : "";
    return { words: word, help, text: text.slice(0, from) + word + space + text.slice(to), caret: from + word.length + (done ? 1 : 0) };
  };
  if (at && at.name !== "") {
    const typed = at.value.toLowerCase();
    const values = filters.find((f) => f.name === at.name)?.values(me, today) ?? [];
    return values
      .filter((v) => v.toLowerCase().startsWith(typed) && v.toLowerCase() !== typed)
      .slice(0, most)
      .map((v) => put(written(at.name, v), "", true));
  }
  const typed = at ? text.slice(from, caret).toLowerCase() : "";
  if (text !== "" && typed === "") return [];
  return filters
    .filter((f) => f.name.startsWith(typed))
    .slice(0, text === "" ? filters.length : most)
    .map((f) => put(`${f.name}:`, words()[f.name], false));
}
