// The live connection: one websocket, which tells what changed.
//
// The order is: open, get a position, fetch, apply what arrives meanwhile. A
// lost socket comes back with growing, jittered delay and asks for exactly what
// it missed from its position, of the topics that it follows; where the server
// can't tell, it says reload. Nothing is trusted that only looks alive: no frame
// for 9 s, a heartbeat that counts more than arrived, or two by which the server
// itself is no further while there is more, end the socket.
//
// It knows no framework and keeps no state of the inbox.

import { parseAround, type AroundFrame } from "./around";
import { num, record, str } from "./parse";
import { parseChange, type Change } from "./state";
import { SignedOut } from "./tokens";
import type { WholeStand } from "./whereabouts";

/** The part of WebSocket that is used. */
export interface Socket {
  send(data: string): void;
  close(code?: number): void;
  onopen: ((e: never) => void) | null;
  onmessage: ((e: { data: unknown }) => void) | null;
  onclose: ((e: { code: number; reason: string }) => void) | null;
}

export interface LiveConfig {
  readonly open: () => Socket;
  /** A token that is good now; `fresh` asks for a newer one than the last. Rejects with SignedOut when there is none to be had. */
  readonly token: (fresh: boolean) => Promise<string>;
  readonly onChange: (c: Change) => void;
  /** An event of a kind that is none of the state's, as it came. */
  readonly onNews?: (event: unknown) => void;
  /** The connection stands. `reload`: what is known may be stale, drop it and fetch. */
  readonly onReady: (reload: boolean) => void;
  /** From now on, changes of exactly these topics arrive. */
  readonly onTopics: (topics: readonly string[]) => void;
  readonly onRights: () => void;
  /** What is true only now; nothing of it outlives the connection. */
  readonly onAround: (f: AroundFrame) => void;
  /** It doesn't stand; told again with every try that fails. */
  readonly onDown: () => void;
  readonly onSignedOut: () => void;
  readonly random?: () => number;
}

const silence = 9_000; // the server beats every 5 s
const firstDelay = 300;
const longestDelay = 15_000;

type Frame =
  | { readonly type: "ready"; readonly position: string; readonly rights: number; readonly resumed: boolean; readonly reload: boolean }
  | { readonly type: "topics"; readonly position: string; readonly topics: readonly string[] }
  | { readonly type: "event"; readonly position: string; readonly change: Change | null; readonly news?: unknown }
  | { readonly type: "rights"; readonly position: string; readonly rights: number }
  | { readonly type: "heartbeat"; readonly position: string; readonly lastSent: number; readonly newest: number }
  | { readonly type: "tokenExpiring" }
  | { readonly type: "around"; readonly around: AroundFrame };

/** Reads one frame; null for types that this app does not know. */
function parseFrame(data: unknown): Frame | null {
  if (typeof data !== "string") return null;
  const o = record(JSON.parse(data) as unknown, "frame");
  const position = str(o, "position");
  switch (o["type"]) {
    case "ready":
      return {
        type: "ready",
        position,
        rights: num(o, "rights"),
        resumed: o["resumed"] === true,
        reload: o["reload"] === true,
      };
    case "topics":
      return {
        type: "topics",
        position,
        topics: Array.isArray(o["topics"]) ? o["topics"].filter((t) => typeof t === "string") : [],
      };
    case "event":
      return { type: "event", position, change: parseChange(o["event"]), news: o["event"] };
    case "gone":
      return {
        type: "event",
        position,
        change: { kind: "gone", entity: str(o, "entity"), version: num(o, "version") },
      };
    case "rights":
      return { type: "rights", position, rights: num(o, "rights") };
    case "heartbeat":
      return { type: "heartbeat", position, lastSent: num(o, "lastSent"), newest: typeof o["newest"] === "number" ? o["newest"] : 0 };
    case "tokenExpiring":
      return { type: "tokenExpiring" };
    default: {
      const around = parseAround(o);
      return around && { type: "around", around };
    }
  }
}

function seqOf(position: string): number {
  const n = Number(position.slice(position.lastIndexOf(":") + 1));
  return Number.isFinite(n) ? n : 0;
}

/** How long to wait before try n (from 0): full jitter over a doubling span. */
export function backoff(n: number, random: () => number): number {
  const span = Math.min(longestDelay, firstDelay * 2 ** Math.min(n, 20));
  return Math.round(span / 2 + (random() * span) / 2);
}

export class Live {
  private readonly config: LiveConfig;
  private readonly random: () => number;
  private socket: Socket | null = null;
  private running = false;
  private ready = false;
  private tries = 0;
  private position = "";
  private lastSeq = 0;
  private rights = 0;
  private staleToken = false;
  private topics: readonly string[] = ["list", "notifications"];
  private asked: readonly string[] = []; // with this socket's first frame
  private held: readonly string[] = []; // of which everything up to position arrived
  private unanswered = 0; // requests of this socket to follow other topics
  private behind = ""; // the position at which the server itself was behind
  private retry: ReturnType<typeof setTimeout> | undefined;
  private watch: ReturnType<typeof setTimeout> | undefined;
  private waiting: (() => void)[] = [];

  constructor(config: LiveConfig) {
    this.config = config;
    this.random = config.random ?? Math.random;
  }

  start(): void {
    if (this.running) return;
    this.running = true;
    this.connect();
  }

  /** Ends the connection and forgets the position: the next start belongs to somebody else. */
  stop(): void {
    this.running = false;
    clearTimeout(this.retry);
    this.drop(1000);
    this.position = "";
    this.rights = 0;
    this.lastSeq = 0;
    this.tries = 0;
    this.held = [];
  }

  /** Tries at once instead of when the delay ends: the network came back. */
  hurry(): void {
    if (!this.running) return;
    if (this.socket === null) {
      this.tries = 0;
      this.connect();
    } else if (this.ready) {
      this.say({ type: "ping" });
    }
  }

  follow(topics: readonly string[]): void {
    this.topics = topics;
    if (this.ready) this.askTopics();
  }

  /** Says where the agent is; while there is no connection, nobody hears it. */
  stand(s: WholeStand): void {
    if (this.ready) this.say({ type: "here", ...s });
  }

  get isReady(): boolean {
    return this.ready;
  }

  /** Resolves when the connection stands, or after ms without it. True when it stands. */
  whenReady(ms: number): Promise<boolean> {
    if (this.ready) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        resolve(this.ready);
      }, ms);
      this.waiting.push(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }

  private connect(): void {
    clearTimeout(this.retry);
    const fresh = this.staleToken;
    this.config.token(fresh).then(
      (token) => {
        if (!this.running || this.socket !== null) return;
        this.staleToken = false;
        this.dial(token);
      },
      (e: unknown) => {
        if (!this.running) return;
        if (e instanceof SignedOut) {
          this.over();
          return;
        }
        this.config.onDown();
        this.comeBack(backoff(this.tries++, this.random));
      },
    );
  }

  private dial(token: string): void {
    const socket = this.config.open();
    this.socket = socket;
    this.expect();
    socket.onopen = () => {
      if (socket !== this.socket) return;
      this.asked = this.topics;
      this.say({ type: "auth", token, position: this.position, rights: this.rights, topics: this.asked });
    };
    socket.onmessage = (e) => {
      if (socket !== this.socket) return;
      this.expect();
      let frame: Frame | null;
      try {
        frame = parseFrame(e.data);
      } catch {
        // What can't be read may have been a change: start over rather than go on with a hole.
        this.position = "";
        this.lose(1002);
        return;
      }
      if (frame) this.receive(frame);
    };
    socket.onclose = (e) => {
      if (socket !== this.socket) return;
      this.drop();
      this.closed(e.code, e.reason);
    };
  }

  private receive(f: Frame): void {
    switch (f.type) {
      case "ready": {
        const first = this.position === "";
        this.position = f.position;
        this.lastSeq = seqOf(f.position);
        this.rights = f.rights;
        this.ready = true;
        this.tries = 0;
        this.behind = "";
        this.config.onReady(first || f.reload || !f.resumed);
        this.unanswered = 0;
        // Of what was not followed before, more is missing than the server knows.
        if (this.topics !== this.asked) this.askTopics();
        else if (!this.asked.every((t) => this.held.includes(t))) this.config.onTopics(this.asked);
        this.held = this.asked;
        const waiting = this.waiting;
        this.waiting = [];
        for (const done of waiting) done();
        return;
      }
      case "topics":
        // Only the last answer is of what is followed without a break from now on.
        if (--this.unanswered > 0) return;
        this.held = f.topics;
        this.config.onTopics(f.topics);
        return;
      case "event":
        this.advance(f.position);
        if (f.change) this.config.onChange(f.change);
        else this.config.onNews?.(f.news);
        return;
      case "rights":
        this.advance(f.position);
        this.rights = f.rights;
        this.config.onRights();
        return;
      case "heartbeat":
        if (f.lastSent > this.lastSeq || (this.behind !== "" && this.behind === f.position)) {
          this.lose(1000);
          return;
        }
        this.behind = f.newest > seqOf(f.position) ? f.position : "";
        if (f.position !== "") this.position = f.position;
        return;
      case "around":
        this.config.onAround(f.around);
        return;
      case "tokenExpiring":
        this.config.token(true).then(
          (token) => {
            if (this.ready) this.say({ type: "token", token });
          },
          () => undefined, // the socket's end, with its code, says the rest
        );
    }
  }

  private askTopics(): void {
    this.unanswered++;
    this.say({ type: "topics", topics: this.topics });
  }

  private advance(position: string): void {
    if (position === "") return;
    this.position = position;
    this.lastSeq = Math.max(this.lastSeq, seqOf(position));
  }

  private closed(code: number, reason: string): void {
    if (!this.running) return;
    switch (code) {
      case 4003:
        this.over();
        return;
      case 4001:
        this.staleToken = true;
        this.comeBack(backoff(this.tries++, this.random));
        return;
      case 4008:
        this.comeBack(Math.round(this.random() * 200));
        return;
      case 4009: {
        const ms = Number(reason);
        this.comeBack(Number.isFinite(ms) && ms >= 0 ? Math.min(ms, 60_000) : backoff(this.tries++, this.random));
        return;
      }
      default:
        this.comeBack(backoff(this.tries++, this.random));
    }
  }

  // The session is over: whoever signs in next starts it again.
  private over(): void {
    this.running = false;
    this.config.onSignedOut();
  }

  private lose(code: number): void {
    this.drop(code);
    this.comeBack(backoff(this.tries++, this.random));
  }

  private comeBack(ms: number): void {
    clearTimeout(this.retry);
    this.retry = setTimeout(() => {
      this.connect();
    }, ms);
  }

  private drop(code?: number): void {
    clearTimeout(this.watch);
    const socket = this.socket;
    const was = this.ready;
    this.socket = null;
    this.ready = false;
    if (socket && code !== undefined) socket.close(code);
    if (was || socket) this.config.onDown();
  }

  private expect(): void {
    clearTimeout(this.watch);
    this.watch = setTimeout(() => {
      this.lose(1000);
    }, silence);
  }

  private say(frame: object): void {
    this.socket?.send(JSON.stringify(frame));
  }
}
