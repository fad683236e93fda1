// What the widget knows of the chat, and how each thing that happens changes
// it. Pure: no DOM, no clock, no network.
//
// The stream may repeat itself, a reload may overlap it, and an answer may come
// before or after its copy: folding the same thing twice changes nothing, and
// states only move forward.

export interface FileRef {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly size: number;
}

/** How far a message of the visitor's has come. Queued and sending are known only here. */
export type Delivery = "queued" | "sending" | "failed" | "sent" | "delivered" | "read";

export interface Message {
  readonly id: string;
  /** The id that the visitor's browser gave it; "" when it is somebody else's. */
  readonly clientId: string;
  /** Its place in the stream; 0 while it is known only here. */
  readonly seq: number;
  readonly from: "visitor" | "agent" | "system";
  readonly name: string;
  readonly text: string;
  readonly files: readonly FileRef[];
  readonly at: number;
  readonly state: Delivery;
  readonly reason: string;
  readonly edited: boolean;
  readonly deleted: boolean;
}

export interface Brand {
  readonly name: string;
  readonly color: string;
  readonly greeting: string;
  readonly dir: string;
  readonly theme: string;
  readonly side: string;
}

/** What an account says of itself, before anybody has connected. */
export interface Shop {
  readonly brand: Brand;
  readonly open: boolean;
  /** When somebody is there again; 0 when it isn't known. */
  readonly opensAt: number;
  readonly maxFile: number;
  readonly fileTypes: readonly string[];
}

export type Frame =
  | ({ readonly t: "welcome"; readonly session: string; readonly token: string; readonly agentName: string; readonly queue: number; readonly closed: boolean } & Shop)
  | { readonly t: "history"; readonly messages: readonly Message[]; readonly seq: number; readonly before: number; readonly more: boolean }
  | ({ readonly t: "message" | "edited" } & Message)
  | { readonly t: "deleted"; readonly seq: number; readonly id: string }
  | { readonly t: "state"; readonly seq: number; readonly id: string; readonly state: Delivery; readonly reason: string }
  | { readonly t: "typing"; readonly name: string }
  | { readonly t: "stopped" }
  | { readonly t: "queue"; readonly position: number }
  | { readonly t: "hours"; readonly open: boolean; readonly opensAt: number }
  | { readonly t: "closed" | "reopened"; readonly seq: number }
  | { readonly t: "error"; readonly message: string; readonly about: string; readonly id: string; readonly retryAfter: number }
  | { readonly t: "ping"; readonly seq: number };

/** What goes to the shop by a form. */
export type Asked = "offline" | "handover";

/** What happens on this side. */
export type Local =
  | { readonly t: "shop"; readonly shop: Shop }
  | { readonly t: "line"; readonly line: State["line"] }
  | { readonly t: "own"; readonly message: Message }
  | { readonly t: "dropped"; readonly id: string }
  | { readonly t: "asked"; readonly what: Asked; readonly state: Delivery }
  | { readonly t: "seen"; readonly seq: number }
  | { readonly t: "kept"; readonly session: string; readonly messages: readonly Message[]; readonly seq: number; readonly more: boolean }
  | { readonly t: "forget" };

export interface State {
  readonly line: "off" | "connecting" | "up" | "down";
  readonly shop: Shop | null;
  readonly session: string;
  /** The newest place of the stream that is known here: where to go on after a break. */
  readonly seq: number;
  /** Up to where the visitor has seen. */
  readonly seen: number;
  /** In the stream's order; what is known only here comes last. */
  readonly messages: readonly Message[];
  readonly loaded: boolean;
  /** There are older ones than these. */
  readonly more: boolean;
  readonly agent: string;
  readonly queue: number;
  readonly typing: string | null;
  readonly ended: boolean;
  readonly asked: Readonly<Partial<Record<Asked, Delivery>>>;
}

export const nothing: State = {
  line: "off",
  shop: null,
  session: "",
  seq: 0,
  seen: 0,
  messages: [],
  loaded: false,
  more: false,
  agent: "",
  queue: 0,
  typing: null,
  ended: false,
  asked: {},
};

const steps: readonly Delivery[] = ["queued", "sending", "failed", "sent", "delivered", "read"];
const step = (d: Delivery): number => steps.indexOf(d);

/** The later of two states. What was sent can still fail; what arrived can't. */
export function forward(was: Delivery, is: Delivery): Delivery {
  return step(is) > step(was) || (is === "failed" && was === "sent") ? is : was;
}

/** What a message is known by from the moment when it was written. */
export const keyOf = (m: Message): string => m.clientId || m.id;

const place = (m: Message): number => m.seq || Infinity;

// Puts m where the stream has it. What was known only here makes room for the stream's own copy.
function put(list: readonly Message[], m: Message): readonly Message[] {
  const old = list.find((x) => keyOf(x) === keyOf(m));
  if (old?.seq) return change(list, old.id, (x) => ({ ...x, state: forward(x.state, m.state) }));
  const is = old ? { ...m, state: forward(old.state, m.state) } : m;
  return [...list.filter((x) => x !== old), is].sort((a, b) => (place(a) < place(b) ? -1 : place(a) > place(b) ? 1 : 0));
}

const change = (list: readonly Message[], id: string, how: (m: Message) => Message): readonly Message[] =>
  list.map((m) => (m.id === id || m.clientId === id ? how(m) : m));

/** Applies one thing that happened. */
export function fold(s: State, e: Frame | Local): State {
  const next = apply(s, e);
  // Whatever came from the stream is known from now on.
  const seq = "seq" in e && e.t !== "ping" && e.t !== "seen" && e.t !== "history" ? e.seq : 0;
  return seq > next.seq ? { ...next, seq } : next;
}

function apply(s: State, e: Frame | Local): State {
  const { messages } = s;
  switch (e.t) {
    case "welcome": {
      const same = e.session === s.session || s.session === "" ? s : forget(s);
      return { ...same, line: "up", session: e.session, agent: e.agentName, queue: e.queue, typing: null, ended: e.closed, shop: e };
    }
    case "history":
      if (e.before > 0) return { ...s, messages: e.messages.reduce(put, messages), more: e.more };
      return {
        ...s,
        messages: e.messages.reduce(put, messages.filter((m) => m.seq === 0)),
        seq: e.seq,
        seen: Math.min(s.seen, e.seq), // a stream made anew counts from the beginning
        loaded: true,
        more: e.more,
      };
    case "message": {
      const next = { ...s, messages: put(messages, e), loaded: true, ended: s.ended && e.from === "system" };
      return e.from === "agent" ? { ...next, typing: null, queue: 0 } : next;
    }
    case "edited":
      return { ...s, messages: change(messages, e.id, (m) => ({ ...m, text: e.text, files: e.files, edited: true })) };
    case "deleted":
      return { ...s, messages: change(messages, e.id, (m) => ({ ...m, text: "", files: [], deleted: true })) };
    case "state":
      return { ...s, messages: change(messages, e.id, (m) => ({ ...m, state: forward(m.state, e.state), reason: e.reason })) };
    case "typing":
      return { ...s, typing: e.name };
    case "stopped":
      return { ...s, typing: null };
    case "queue":
      return { ...s, queue: e.position };
    case "hours":
      return s.shop ? { ...s, shop: { ...s.shop, open: e.open, opensAt: e.opensAt } } : s;
    case "closed":
      return { ...s, ended: true, queue: 0, typing: null };
    case "reopened":
      return { ...s, ended: false };
    case "shop":
      return { ...s, shop: e.shop };
    case "line":
      if (e.line === "up") return { ...s, line: e.line };
      // What was under way may have been lost: it will be said again.
      return { ...s, line: e.line, typing: null, messages: messages.map((m) => (m.state === "sending" ? { ...m, state: "queued" } : m)) };
    case "own":
      return { ...s, messages: put(messages, e.message), ended: false };
    case "dropped":
      return { ...s, messages: messages.filter((m) => m.clientId !== e.id || m.seq > 0) };
    case "asked":
      return { ...s, asked: { ...s.asked, [e.what]: e.state } };
    case "seen":
      return e.seq > s.seen ? { ...s, seen: e.seq } : s;
    case "kept":
      return { ...s, session: e.session, messages: e.messages, loaded: true, more: e.more };
    case "forget":
      return forget(s);
    default:
      return s; // it isn't the state's, or of a kind that is newer than this page
  }
}

const forget = (s: State): State => ({ ...nothing, line: s.line, shop: s.shop });

/** The answers that the visitor has not seen. */
export const unseen = (s: State): Message[] => s.messages.filter((m) => m.from === "agent" && m.seq > s.seen && !m.deleted);

/** The place of the newest message. */
export const newest = (s: State): number => Math.max(0, ...s.messages.map((m) => m.seq));
