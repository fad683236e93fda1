// What supervisors watch: fetched whole, then kept by frames of the topic
// "queues", each of which says all there is but trends, which come once a minute.
// What is pure of it stands first.

import { api, body } from "./api/client";
import { presences, type Presence } from "./around";
import { list, num, record, str } from "./parse";
import { news } from "./runtime";
import { onSession, signedIn } from "./session";
import { Signal } from "./ui/signals";

export const dimensions = ["all", "inbox", "team", "channel"] as const;
export type Dimension = (typeof dimensions)[number];

export const spans = ["last15", "last30", "last60", "today"] as const;
export type Span = (typeof spans)[number];

export const figures = ["waiting", "longest", "backlog", "offered", "abandoned", "firstResponse"] as const;
export type Figure = (typeof figures)[number];

export interface Flow {
  readonly offered: number;
  readonly handled: number;
  readonly abandoned: number;
  readonly created: number;
  readonly closed: number;
  /** Seconds; null while nobody was answered for the first time. */
  readonly median: number | null;
  readonly p90: number | null;
}

export interface Trend {
  readonly waiting: readonly number[];
  readonly longest: readonly number[];
  readonly backlog: readonly number[];
  readonly offered: readonly number[];
  readonly handled: readonly number[];
  readonly abandoned: readonly number[];
  readonly created: readonly number[];
  readonly closed: readonly number[];
}

export interface Group {
  readonly by: Dimension;
  readonly id: string;
  readonly waiting: number;
  readonly waitingSince: string;
  readonly longestId: string;
  readonly backlog: number;
  readonly flow: Readonly<Record<Span, Flow>>;
  readonly trend: Trend | null;
}

export interface AgentLoad {
  readonly id: string;
  readonly name: string;
  readonly state: Presence;
  readonly since: string;
  readonly open: number;
  readonly waiting: number;
  readonly handled: number;
}

export type Levels = readonly [number, number, number];

export interface Queues {
  readonly at: string;
  readonly groups: readonly Group[];
  readonly agents: readonly AgentLoad[];
  readonly thresholds: ReadonlyMap<Figure, Levels>;
}

const none: Flow = { offered: 0, handled: 0, abandoned: 0, created: 0, closed: 0, median: null, p90: null };

/** A group of which nothing is known has nothing. */
export function empty(by: Dimension, id: string): Group {
  return { by, id, waiting: 0, waitingSince: "", longestId: "", backlog: 0, flow: { last15: none, last30: none, last60: none, today: none }, trend: null };
}

function flow(x: unknown): Flow {
  const o = record(x, "window");
  const r = o["firstResponse"] === undefined ? null : record(o["firstResponse"], "first response");
  return {
    offered: num(o, "offered"),
    handled: num(o, "handled"),
    abandoned: num(o, "abandoned"),
    created: num(o, "created"),
    closed: num(o, "closed"),
    median: r && num(r, "median"),
    p90: r && num(r, "p90"),
  };
}

function numbers(o: Record<string, unknown>, key: string): readonly number[] {
  const l = o[key];
  return Array.isArray(l) ? l.filter((n) => typeof n === "number") : [];
}

function trend(x: unknown): Trend | null {
  if (x === undefined) return null;
  const o = record(x, "trend");
  const m = record(o["minutes"], "trend");
  const s = record(o["spans"], "trend");
  const h = record(o["halfHours"], "trend");
  return {
    waiting: numbers(m, "waiting"),
    longest: numbers(m, "longest"),
    backlog: numbers(m, "backlog"),
    offered: numbers(s, "offered"),
    handled: numbers(s, "handled"),
    abandoned: numbers(s, "abandoned"),
    created: numbers(h, "created"),
    closed: numbers(h, "closed"),
  };
}

export function parseQueues(x: unknown): Queues {
  const o = record(x, "queues");
  return {
    at: str(o, "at"),
    groups: list(o, "groups", (y) => {
      const g = record(y, "group");
      return {
        by: dimensions.find((d) => d === g["by"]) ?? "all",
        id: str(g, "id"),
        waiting: num(g, "waiting"),
        waitingSince: str(g, "waitingSince"),
        longestId: str(g, "longestId"),
        backlog: num(g, "backlog"),
        flow: { last15: flow(g["last15"]), last30: flow(g["last30"]), last60: flow(g["last60"]), today: flow(g["today"]) },
        trend: trend(g["trend"]),
      };
    }),
    agents: list(o, "agents", (y) => {
      const a = record(y, "agent");
      return {
        id: str(a, "id"),
        name: str(a, "name"),
        state: presences.find((p) => p === a["state"]) ?? "offline",
        since: str(a, "since"),
        open: num(a, "open"),
        waiting: num(a, "waiting"),
        handled: num(a, "handled"),
      };
    }),
    thresholds: new Map(
      list(o, "thresholds", (y): [Figure, Levels] | null => {
        const t = record(y, "threshold");
        const figure = figures.find((f) => f === t["figure"]);
        const [a, b, c] = numbers(t, "levels");
        return figure && a !== undefined && b !== undefined && c !== undefined ? [figure, [a, b, c]] : null;
      }).filter((t) => t !== null),
    ),
  };
}

/** Takes a later word; trends stay what they were where it brings none. */
export function later(was: Queues | null, q: Queues): Queues {
  if (was === null) return q;
  if (q.at < was.at) return was;
  const known = new Map(was.groups.map((g) => [`${g.by} ${g.id}`, g.trend]));
  return { ...q, groups: q.groups.map((g) => (g.trend ? g : { ...g, trend: known.get(`${g.by} ${g.id}`) ?? null })) };
}

export function groupOf(q: Queues, by: Dimension, id: string): Group {
  return q.groups.find((g) => g.by === by && g.id === id) ?? empty(by, id);
}

/** How far above its thresholds a figure is: 0 for not at all. */
export function level(q: Queues, figure: Figure, value: number | null): 0 | 1 | 2 | 3 {
  const t = q.thresholds.get(figure);
  if (!t || value === null) return 0;
  return value >= t[2] ? 3 : value >= t[1] ? 2 : value >= t[0] ? 1 : 0;
}

export function seconds(since: string, now: number): number {
  const t = Date.parse(since);
  return Number.isNaN(t) ? 0 : Math.max(0, Math.floor((now - t) / 1000));
}

/** A time as a clock shows it: "0:07", "12:30", "3:02:05", and in days from two on. */
export function clock(s: number, day: string): string {
  const two = (n: number): string => String(n).padStart(2, "0");
  if (s >= 172_800) return `${Math.floor(s / 86_400)} ${day}`;
  const h = Math.floor(s / 3600);
  const m = Math.floor(s / 60) % 60;
  return h > 0 ? `${h}:${two(m)}:${two(Math.floor(s) % 60)}` : `${m}:${two(Math.floor(s) % 60)}`;
}

/** Keeps rows where they are: those that are known in their order, new ones behind. */
export function keepOrder(order: readonly string[], ids: readonly string[]): readonly string[] {
  const here = new Set(ids);
  const kept = order.filter((id) => here.has(id));
  return [...kept, ...ids.filter((id) => !kept.includes(id))];
}

export interface Watched {
  readonly queues: Queues | null;
  /** By how much the server's clock is ahead of this one, in milliseconds. */
  readonly ahead: number;
  readonly refused: boolean;
  readonly failed: string;
}

const nothing: Watched = { queues: null, ahead: 0, refused: false, failed: "" };

export const watched = new Signal<Watched>(nothing);

function take(q: Queues): void {
  const was = watched.get();
  watched.set({ queues: later(was.queues, q), ahead: Date.parse(q.at) - Date.now(), refused: false, failed: "" });
}

function hear(frame: unknown): void {
  const o = record(frame, "frame");
  if (o["type"] !== "queues") return;
  if (o["refused"] === true) watched.set({ ...nothing, refused: true });
  else take(parseQueues(o["queues"]));
}

news.add(hear);
onSession(() => {
  if (!signedIn()) watched.set(nothing);
});

export async function fetchQueues(): Promise<void> {
  try {
    take(parseQueues(await body(api.GET("/api/v1/queues"))));
  } catch (e) {
    const was = watched.get();
    // What is pushed goes on.
    if (was.queues === null) watched.set({ ...was, failed: e instanceof Error ? e.message : String(e) });
  }
}

export async function setThresholds(all: ReadonlyMap<Figure, Levels>): Promise<void> {
  await body(
    api.PUT("/api/v1/queues/thresholds", {
      body: { thresholds: [...all].map(([figure, levels]) => ({ figure, levels: [...levels] })) },
    }),
  );
  await fetchQueues();
}
