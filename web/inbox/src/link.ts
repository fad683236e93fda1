// This tab's part of the live connection, which all tabs of a browser share by a
// worker (exchange.ts). Where there is no such worker, or it fails, the page has
// a connection of its own.

import type { AroundFrame } from "./around";
import { holdLock } from "./browser";
import type { FromTab, ToTab } from "./exchange";
import type { Change } from "./state";
import { SignedOut, type Session } from "./tokens";
import type { Stand } from "./whereabouts";

/** The other end. */
export interface Line {
  send(m: FromTab): void;
  close(): void;
}

export interface LinkConfig {
  /** Opens a line to what all tabs share; alone, to one of the page's own. `onLost` is called when nobody is at its end any more. */
  readonly open: (alone: boolean, onWord: (m: ToTab) => void, onLost: () => void) => Promise<{ line: Line; lock: string }>;
  /** Calls back once nobody holds a lock. */
  readonly whenFree: (lock: string, done: () => void) => void;
  /** Who is signed in here, asked for when nobody knows. Rejects with SignedOut when nobody is. */
  readonly session: () => Promise<Session>;
  readonly onSession: (s: Session) => void;
  readonly onChanges: (all: readonly Change[]) => void;
  readonly onNews: (event: unknown) => void;
  /** The connection stands. `reload`: what is known may be stale, drop it and fetch. */
  readonly onReady: (reload: boolean) => void;
  /** It stands again, which is told while the page is hidden. */
  readonly onUp: () => void;
  /** From now on, changes of exactly these topics arrive; what there was of fresh ones is to be fetched. */
  readonly onTopics: (topics: readonly string[], fresh: readonly string[]) => void;
  readonly onRights: () => void;
  /** What is true only now; nothing of it outlives the connection. */
  readonly onAround: (frames: readonly AroundFrame[]) => void;
  readonly onDown: () => void;
  readonly onSignedOut: () => void;
}

/** How long the other end may take to answer. */
const patience = 5_000;

const nowhere: Stand = { open: "", typing: "", idle: false, away: false, chosen: 0 };

export class Link {
  private readonly config: LinkConfig;
  private line: Line | null = null;
  private running = false;
  private alone = false;
  private standing = false;
  private visible = true;
  private topics: readonly string[] = ["list", "notifications"];
  private stands: Stand = nowhere;
  private turn = 0; // of connecting: what an older one brings is not for us
  private timer: ReturnType<typeof setTimeout> | undefined;
  private waiting: (() => void)[] = [];

  constructor(config: LinkConfig) {
    this.config = config;
  }

  start(): void {
    if (this.running) return;
    this.running = true;
    const turn = ++this.turn;
    this.config.session().then(
      (s) => void this.dial(turn, s),
      (e: unknown) => {
        if (turn !== this.turn) return;
        if (!(e instanceof SignedOut)) {
          this.config.onDown();
          void this.dial(turn, null); // it asks again until the server is back
          return;
        }
        this.running = false;
        this.config.onSignedOut();
      },
    );
  }

  /** Leaves; nobody is signed in here any more. */
  stop(): void {
    this.hangUp();
    this.running = false;
    this.topics = ["list", "notifications"];
    this.stands = nowhere;
  }

  hurry(): void {
    this.line?.send({ type: "hurry" });
  }

  show(visible: boolean): void {
    this.visible = visible;
    this.line?.send({ type: "show", visible });
  }

  follow(topics: readonly string[]): void {
    this.topics = topics;
    this.line?.send({ type: "follow", topics });
  }

  /** Says where the agent is. */
  stand(s: Stand): void {
    this.stands = s;
    this.line?.send({ type: "stand", stand: s });
  }

  get isReady(): boolean {
    return this.standing;
  }

  /** Resolves when the connection stands, or after ms without it. True when it stands. */
  whenReady(ms: number): Promise<boolean> {
    if (this.standing) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(this.standing), ms);
      this.waiting.push(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }

  private async dial(turn: number, session: Session | null): Promise<void> {
    if (turn !== this.turn) return;
    // Nobody is at the other end, or never was.
    const lost = (): void => {
      if (turn === this.turn) this.again(true);
    };
    let opened: { line: Line; lock: string };
    try {
      opened = await this.config.open(this.alone, (m) => turn === this.turn && this.hear(m), lost);
    } catch {
      lost();
      return;
    }
    if (turn !== this.turn) {
      opened.line.close();
      return;
    }
    this.line = opened.line;
    if (!this.alone) this.timer = setTimeout(lost, patience);
    this.line.send({ type: "start", session, lock: opened.lock, visible: this.visible, topics: this.topics, stand: this.stands });
  }

  private hangUp(): void {
    this.turn++;
    clearTimeout(this.timer);
    this.standing = false;
    this.line?.send({ type: "stop" });
    this.line?.close();
    this.line = null;
  }

  private again(alone: boolean): void {
    const wait = this.alone ? patience : 100;
    this.hangUp();
    this.alone = alone;
    this.config.onDown();
    const turn = this.turn;
    this.timer = setTimeout(() => {
      if (turn !== this.turn) return;
      this.running = false;
      this.start();
    }, wait);
  }

  private hear(m: ToTab): void {
    switch (m.type) {
      case "served": {
        clearTimeout(this.timer);
        const turn = this.turn;
        if (m.lock !== "") this.config.whenFree(m.lock, () => turn === this.turn && this.again(false));
        return;
      }
      case "ready":
        this.stood();
        this.config.onReady(m.reload);
        return;
      case "up":
        this.stood();
        this.config.onUp();
        return;
      case "down":
        this.standing = false;
        this.config.onDown();
        return;
      case "topics":
        this.config.onTopics(m.topics, m.fresh);
        return;
      case "changes":
        this.config.onChanges(m.changes);
        if (m.hidden) this.line?.send({ type: "took" });
        return;
      case "news":
        this.config.onNews(m.event);
        return;
      case "rights":
        this.config.onRights();
        return;
      case "around":
        this.config.onAround(m.frames);
        return;
      case "session":
        this.config.onSession(m.session);
        return;
      case "out":
        this.stop();
        this.config.onSignedOut();
    }
  }

  private stood(): void {
    this.standing = true;
    const waiting = this.waiting;
    this.waiting = [];
    for (const done of waiting) done();
  }
}

/** Opens a line in this browser. */
export async function openLine(
  alone: boolean,
  onWord: (m: ToTab) => void,
  onLost: () => void,
): Promise<{ line: Line; lock: string }> {
  const take = (port: MessagePort): Line => {
    port.onmessage = (e: MessageEvent<ToTab>) => onWord(e.data);
    return {
      send: (m) => port.postMessage(m),
      close: () => {
        port.onmessage = null;
        port.close();
      },
    };
  };
  if (alone || !("SharedWorker" in self) || !("locks" in navigator)) {
    const { connectAlone } = await import("./alone");
    const channel = new MessageChannel();
    connectAlone(channel.port2);
    return { line: take(channel.port1), lock: "" };
  }
  lock ??= (async () => {
    const name = `skein-tab ${crypto.randomUUID()}`;
    await holdLock(name);
    return name;
  })();
  // Its file's name changes with its content, and this name with what is said to it:
  // pages of two versions never meet at one worker.
  const worker = new SharedWorker(new URL("./worker.ts", import.meta.url), { type: "module", name: "skein-live-1" });
  worker.onerror = onLost;
  return { line: take(worker.port), lock: await lock };
}

let lock: Promise<string> | undefined;
