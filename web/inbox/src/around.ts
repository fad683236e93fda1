// What is true only now: who is here and where, what a customer does this
// moment, which telephone rings. Each frame says all there is of its part, so
// the last one holds; nothing of it outlives the connection. Pure.

import { list, num, record, str } from "./parse";

export const presences = ["online", "idle", "away", "offline"] as const;
export type Presence = (typeof presences)[number];

/** A colleague who looks at a conversation. */
export interface Viewer {
  readonly id: string;
  readonly name: string;
  readonly typing: "reply" | "note" | "";
}

export interface LivePage {
  readonly url: string;
  readonly title: string;
  readonly since: string;
}

/** What goes on at a conversation or a customer. */
export interface Here {
  readonly agents: readonly Viewer[];
  readonly customer: { readonly online: boolean; readonly typing: boolean; readonly pages: readonly LivePage[] };
}

export interface LiveCall {
  readonly id: string;
  readonly state: "ringing" | "answered" | "ended";
  readonly answered: boolean;
  readonly from: string;
  readonly to: string;
  readonly line: string;
  readonly at: string;
  /** Who has the number that is shown; anybody can have it shown. */
  readonly customerId: string;
  readonly name: string;
  readonly conversationId: string;
}

export interface Around {
  readonly agents: ReadonlyMap<string, Presence>;
  /** By topic. */
  readonly here: ReadonlyMap<string, Here>;
  readonly calls: readonly LiveCall[];
}

export const nobody: Around = { agents: new Map(), here: new Map(), calls: [] };
const emptyHere: Here = { agents: [], customer: { online: false, typing: false, pages: [] } };

export type AroundFrame =
  | { readonly type: "agents"; readonly whole: boolean; readonly agents: readonly { readonly id: string; readonly state: Presence }[] }
  | { readonly type: "here"; readonly topic: string; readonly here: Here }
  | { readonly type: "calls"; readonly calls: readonly LiveCall[] }
  /** Of the queues, as it came: their page reads it. */
  | { readonly type: "queues"; readonly queues: unknown; readonly refused: boolean };

// An address of a shop's is somebody else's text: only the web's own leads anywhere.
function page(x: unknown): LivePage {
  const o = record(x, "page");
  const url = str(o, "url");
  return { url: /^https?:\/\//i.test(url) ? url : "", title: str(o, "title"), since: str(o, "since") };
}

function call(x: unknown): LiveCall {
  const o = record(x, "call");
  const state = str(o, "state");
  return {
    id: str(o, "id"),
    state: state === "ringing" || state === "answered" ? state : "ended",
    answered: o["answered"] === true,
    from: str(o, "from"),
    to: str(o, "to"),
    line: str(o, "line"),
    at: str(o, "at"),
    customerId: str(o, "customerId"),
    name: str(o, "name"),
    conversationId: str(o, "conversationId"),
  };
}

/** Reads a frame of this kind; null for any other. */
export function parseAround(x: unknown): AroundFrame | null {
  const o = record(x, "frame");
  switch (o["type"]) {
    case "agents":
      return {
        type: "agents",
        whole: o["whole"] === true,
        agents: list(o, "agents", (y) => {
          const a = record(y, "agent");
          const state = str(a, "state");
          return { id: str(a, "id"), state: presences.find((p) => p === state) ?? "online" };
        }),
      };
    case "here": {
      const who = record(o["customer"] ?? {}, "customer");
      return {
        type: "here",
        topic: str(o, "topic"),
        here: {
          agents: list(o, "agents", (y) => {
            const v = record(y, "viewer");
            const typing = str(v, "typing");
            return { id: str(v, "id"), name: str(v, "name"), typing: typing === "reply" || typing === "note" ? typing : "" };
          }),
          customer: { online: who["online"] === true, typing: who["typing"] === true, pages: list(who, "pages", page) },
        },
      };
    }
    case "calls":
      return { type: "calls", calls: list(o, "calls", call) };
    case "queues":
      return { type: "queues", queues: o["queues"], refused: o["refused"] === true };
    default:
      return null;
  }
}

/** Folds a frame in. */
export function hear(a: Around, f: AroundFrame): Around {
  switch (f.type) {
    case "agents": {
      const agents = new Map(f.whole ? [] : a.agents);
      for (const g of f.agents) {
        if (g.state === "offline") agents.delete(g.id);
        else agents.set(g.id, g.state);
      }
      return { ...a, agents };
    }
    case "here":
      return { ...a, here: new Map(a.here).set(f.topic, f.here) };
    case "calls":
      return { ...a, calls: f.calls };
    case "queues":
      return a;
  }
}

/** Keeps what is said of the topics that are followed. */
export function keep(a: Around, topics: readonly string[]): Around {
  if ([...a.here.keys()].every((t) => topics.includes(t))) return a;
  return { ...a, here: new Map([...a.here].filter(([t]) => topics.includes(t))) };
}

/** How an agent is. */
export function presenceOf(a: Around, id: string): Presence {
  return a.agents.get(id) ?? "offline";
}

/** What goes on at a topic. */
export function hereAt(a: Around, topic: string): Here {
  return a.here.get(topic) ?? emptyHere;
}

/** Who of the colleagues looks too. */
export function others(here: Here, me: string): readonly Viewer[] {
  return here.agents.filter((v) => v.id !== me);
}

/** How long since an instant, as a clock shows it: "0:07", "1:02:03". */
export function clock(since: string, now: number): string {
  const s = Math.max(0, Math.floor((now - Date.parse(since)) / 1000)) || 0;
  const two = (n: number): string => String(n).padStart(2, "0");
  return s < 3600 ? `${Math.floor(s / 60)}:${two(s % 60)}` : `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

/** When a choice of the agent's own was made, and what it was. */
export interface Choice {
  readonly away: boolean;
  readonly at: number;
}

export function parseChoice(text: string | null): Choice {
  try {
    const o = record(JSON.parse(text ?? "{}") as unknown, "choice");
    return { away: o["away"] === true, at: num(o, "at") };
  } catch {
    return { away: false, at: 0 };
  }
}
