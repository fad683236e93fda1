// What this agent is told: fetched, then kept by the events of a topic of its own.
// What is pure of it stands first.

import { api, body } from "./api/client";
import { list, num, record, str } from "./parse";
import { beforeFetch, news, queries } from "./runtime";
import { onSession, signedIn } from "./session";

export const noticeKinds = ["assignment", "mention", "message"] as const;
export type NoticeKind = (typeof noticeKinds)[number];

/** What somebody who runs the place tells one agent: of no conversation, and nothing that one chooses how to be told of. */
export const direct = "direct";

export interface Notice {
  readonly id: string;
  readonly version: number;
  readonly kind: NoticeKind | typeof direct;
  readonly conversationId: string;
  readonly number: number;
  readonly subject: string;
  readonly customer: string;
  readonly text: string;
  /** The colleague who caused it, "" where a customer did. */
  readonly by: string;
  readonly at: string;
  readonly read: boolean;
}

export function notice(x: unknown): Notice {
  const o = record(x, "notification");
  const by = record(o["by"] ?? {}, "notification");
  return {
    id: str(o, "id"),
    version: num(o, "version"),
    kind: o["kind"] === direct ? direct : (noticeKinds.find((k) => k === o["kind"]) ?? "message"),
    conversationId: str(o, "conversationId"),
    number: num(o, "number"),
    subject: str(o, "subject"),
    customer: str(o, "customer"),
    text: str(o, "text"),
    by: by["kind"] === "agent" ? str(by, "name") : "",
    at: str(o, "at"),
    read: str(o, "readAt") !== "",
  };
}

function pageOf(x: unknown): { readonly items: readonly Notice[]; readonly next: string } {
  const o = record(x, "notifications");
  return { items: list(o, "items", notice), next: str(o, "next") };
}

export interface Bell {
  /** Newest first: all that are unread, and the newest of the others. */
  readonly items: readonly Notice[];
  /** More are unread than are here. */
  readonly more: boolean;
  /** Where older ones begin, "" for nowhere. */
  readonly next: string;
}

export const noBell: Bell = { items: [], more: false, next: "" };

const order = (a: Notice, b: Notice): number => (a.at === b.at ? (a.id < b.id ? 1 : -1) : a.at < b.at ? 1 : -1);

/** Adds notices; of two words on one the later version holds. */
export function put(b: Bell, list: readonly Notice[]): Bell {
  const of = new Map(b.items.map((n) => [n.id, n]));
  for (const n of list) if (n.version > (of.get(n.id)?.version ?? 0)) of.set(n.id, n);
  return { ...b, items: [...of.values()].sort(order) };
}

/** Marks as read; what is read has version 2. */
export function read(b: Bell, ids: ReadonlySet<string>): Bell {
  return { ...b, items: b.items.map((n) => (ids.has(n.id) && n.version < 2 ? { ...n, version: 2, read: true } : n)) };
}

/** The figure beside the bell. */
export function countWord(b: Bell): string {
  const n = b.items.filter((x) => !x.read).length;
  return b.more || n > 99 ? "99+" : n === 0 ? "" : String(n);
}

export type News = { readonly made: Notice } | { readonly read: readonly string[] } | null;

export function parseNews(x: unknown): News {
  const o = record(x, "event");
  if (o["kind"] === "notification.made") return { made: notice(o["notification"]) };
  if (o["kind"] !== "notifications.read") return null;
  const ids = record(o["read"], "event")["ids"];
  return { read: Array.isArray(ids) ? ids.filter((id) => typeof id === "string") : [] };
}

export const bellKey = ["bell"];

// What was told while something was fetched is newer than what was fetched.
let heard: Notice[] = [];
let gone = new Set<string>();

export async function fetchBell(): Promise<Bell> {
  await beforeFetch();
  const ask = async (query: { unread?: boolean; limit: number; cursor?: string }): Promise<Bell> => {
    const page = pageOf(await body(api.GET("/api/v1/notifications", { params: { query } })));
    return put({ items: [], more: false, next: page.next }, page.items);
  };
  const [unread, newest] = await Promise.all([ask({ unread: true, limit: 100 }), ask({ limit: 30 })]);
  return read(put(put({ items: unread.items, more: unread.next !== "", next: newest.next }, newest.items), heard), gone);
}

export async function fetchOlder(): Promise<void> {
  const now = queries.getQueryData<Bell>(bellKey);
  if (!now || now.next === "") return;
  const page = pageOf(await body(api.GET("/api/v1/notifications", { params: { query: { limit: 50, cursor: now.next } } })));
  queries.setQueryData<Bell>(bellKey, (b) => b && { ...put(b, page.items), next: page.next });
}

type Hearer = (n: News) => void;
export const hearers = new Set<Hearer>();

function hear(event: unknown): void {
  const n = parseNews(event);
  if (n === null) return;
  if ("made" in n) heard = [...heard.slice(-99), n.made];
  else gone = new Set([...gone, ...n.read]);
  queries.setQueryData<Bell>(bellKey, (b) => b && ("made" in n ? put(b, [n.made]) : read(b, new Set(n.read))));
  if (!("made" in n) && queries.getQueryData<Bell>(bellKey)?.more === true) void queries.invalidateQueries({ queryKey: bellKey });
  for (const h of hearers) h(n);
}

news.add(hear);
onSession(() => {
  if (signedIn()) return;
  heard = [];
  gone = new Set();
});

type Which = { readonly ids: string[] } | { readonly conversationId: string } | { readonly through: string };

/** Marks as read, at once here and soon on every device. */
export async function markRead(which: Which): Promise<void> {
  const is = (n: Notice): boolean =>
    "ids" in which ? which.ids.includes(n.id) : "through" in which ? n.at <= which.through : n.conversationId === which.conversationId;
  const was = queries.getQueryData<Bell>(bellKey);
  queries.setQueryData<Bell>(bellKey, (b) => b && read(b, new Set(b.items.filter(is).map((n) => n.id))));
  try {
    await body(api.POST("/api/v1/notifications/read", { body: which }));
  } catch (e) {
    queries.setQueryData(bellKey, was);
    throw e;
  }
}
