// What was sent and not yet taken by the server. Each entry keeps its
// idempotency key over every try, a lost connection and a reload, so that it
// arrives once. A refused entry stays, with its reason, until the agent decides.
//
// It knows no framework; how to post and where to keep entries is handed in.

import { ApiError } from "./api/client";
import type { Attachment, Message, Party } from "./types";
import { words } from "./words/language";

export interface Then {
  readonly status?: "open" | "pending" | "closed";
  readonly assignee?: string;
  readonly team?: string;
  readonly addTags?: string[];
  readonly snoozeMinutes?: number;
  readonly fields?: Record<string, string>;
}

export interface Entry {
  readonly key: string;
  readonly conversationId: string;
  readonly kind: "reply" | "note";
  readonly text: string;
  readonly html: string;
  readonly to: readonly Party[];
  readonly cc: readonly Party[];
  readonly attachments: readonly Attachment[];
  readonly seenSeq: number;
  readonly close: boolean;
  /** What else is done with the conversation, as the server takes it; absent: nothing. */
  readonly then?: Then | undefined;
  /** Instants; absent: not so. */
  readonly snoozeUntil?: string | undefined;
  readonly sendAt?: string | undefined;
  readonly bcc?: readonly Party[] | undefined;
  /** The account that it leaves by; absent: the conversation's. */
  readonly by?: string | undefined;
  /** Sent instead of the text, which is what it comes to. */
  readonly template?: { readonly name: string; readonly language: string; readonly values: readonly string[] } | undefined;
  /** When it was written, in milliseconds. */
  readonly at: number;
  readonly phase: Phase;
}

export type Phase =
  | { readonly is: "sending" }
  /** No connection: it leaves by itself when there is one. */
  | { readonly is: "waiting" }
  /** Something came between: an agent decides. */
  | { readonly is: "newer"; readonly newer: readonly Message[] }
  | { readonly is: "refused"; readonly words: string };

export interface Keep {
  load(): string | null;
  save(text: string): void;
}

export interface OutboxConfig {
  readonly post: (e: Entry) => Promise<Message>;
  readonly keep: Keep;
  readonly onSent: (e: Entry, m: Message) => void;
  readonly newKey: () => string;
}

const again = 5_000;

export class Outbox {
  private entries: readonly Entry[] = [];
  private readonly config: OutboxConfig;
  private readonly listeners = new Set<() => void>();
  private readonly busy = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(config: OutboxConfig) {
    this.config = config;
  }

  /** Takes up what an earlier page left unsent. */
  resume(): void {
    try {
      const kept: unknown = JSON.parse(this.config.keep.load() ?? "[]");
      // It is this program's own storage; an entry of another form is of an older version and is left out.
      // What waited is tried at once: until that fails it is on its way, and its message, which may
      // have been taken as the page was left, is not shown twice.
      this.entries = Array.isArray(kept) ? kept.filter(isEntry).map((e): Entry => (e.phase.is === "waiting" ? { ...e, phase: { is: "sending" } } : e)) : [];
    } catch {
      this.entries = [];
    }
    this.tell();
    this.flush();
  }

  all = (): readonly Entry[] => this.entries;

  subscribe = (l: () => void): (() => void) => {
    this.listeners.add(l);
    return () => this.listeners.delete(l);
  };

  send(e: Omit<Entry, "key" | "phase">): string {
    const key = this.config.newKey();
    this.put([...this.entries, { ...e, key, phase: { is: "sending" } }]);
    void this.try(key);
    return key;
  }

  /** Sends a refused entry once more. What it has seen is now different, so it is a new request with a new key. */
  anyway(key: string): void {
    const e = this.entries.find((x) => x.key === key);
    if (!e || e.phase.is === "sending") return;
    const seen = e.phase.is === "newer" ? e.phase.newer.map((m) => m.seq) : [];
    this.put(this.entries.filter((x) => x.key !== key));
    this.send({ ...e, seenSeq: Math.max(e.seenSeq, ...seen) });
  }

  /** Takes an entry out, for the agent to write on. */
  take(key: string): Entry | undefined {
    const e = this.entries.find((x) => x.key === key);
    if (!e || this.busy.has(key)) return undefined;
    this.put(this.entries.filter((x) => x.key !== key));
    return e;
  }

  /** Tries everything that waits: the connection came back. */
  flush(): void {
    clearTimeout(this.timer);
    for (const e of this.entries) {
      if (e.phase.is === "waiting" || e.phase.is === "sending") void this.try(e.key);
    }
  }

  clear(): void {
    clearTimeout(this.timer);
    this.entries = [];
    this.tell();
  }

  private async try(key: string): Promise<void> {
    const e = this.entries.find((x) => x.key === key);
    if (!e || this.busy.has(key)) return;
    this.busy.add(key);
    try {
      const m = await this.config.post(e);
      this.busy.delete(key);
      this.config.onSent(e, m);
      this.put(this.entries.filter((x) => x.key !== key));
    } catch (err) {
      this.busy.delete(key);
      this.phase(key, phaseOf(err));
    }
  }

  private phase(key: string, phase: Phase): void {
    this.put(this.entries.map((x) => (x.key === key ? { ...x, phase } : x)));
    if (phase.is === "waiting") {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => {
        this.flush();
      }, again);
    }
  }

  private put(entries: readonly Entry[]): void {
    this.entries = entries;
    this.config.keep.save(JSON.stringify(entries));
    this.tell();
  }

  private tell(): void {
    for (const l of this.listeners) l();
  }
}

function isEntry(x: unknown): x is Entry {
  if (typeof x !== "object" || x === null) return false;
  const has = (k: string, type: string): boolean => typeof (x as Record<string, unknown>)[k] === type;
  return (
    has("key", "string") &&
    has("conversationId", "string") &&
    has("text", "string") &&
    has("html", "string") &&
    has("seenSeq", "number") &&
    has("phase", "object") &&
    has("attachments", "object") &&
    has("to", "object")
  );
}

function phaseOf(err: unknown): Phase {
  if (err instanceof ApiError) {
    if (err.status === 409 && err.newer.length > 0) return { is: "newer", newer: err.newer };
    if (err.passing || err.status === 401) return { is: "waiting" };
    return { is: "refused", words: err.message };
  }
  return { is: "refused", words: words().notices.notSent };
}

/** Whose words came between: a customer's may be passed over by one key, a colleague's answer needs a deliberate choice. */
export function judge(newer: readonly Message[]): "customer" | "colleague" {
  return newer.some((m) => m.direction === "out") ? "colleague" : "customer";
}
