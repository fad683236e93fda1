// One live connection for all tabs of a browser. It runs in a shared worker, or
// in the page where there is none, and speaks to each tab by a port.
//
// Each tab has what it shows of its own: lists, an open conversation, what is
// typed. The one socket follows all of it. A tab that is hidden is told nothing
// until it is shown again, but for the one that was shown last, so that its title
// stays true; what it then gets is the newest of everything, or the word to fetch
// anew. A tab that ends, however it does, takes what it followed with it.
//
// It keeps no state of the inbox.

import { hear, keep, nobody, type Around, type AroundFrame } from "./around";
import { Live, type Socket } from "./live";
import type { Change } from "./state";
import { SignedOut, type Session } from "./tokens";
import type { Stand } from "./whereabouts";

/** What a tab says. */
export type FromTab =
  | {
      readonly type: "start";
      /** Who is signed in there; null while the server can't be asked. */
      readonly session: Session | null;
      /** The name of a lock that the tab holds as long as it lives; "" for none. */
      readonly lock: string;
      readonly visible: boolean;
      readonly topics: readonly string[];
      readonly stand: Stand;
    }
  | { readonly type: "follow"; readonly topics: readonly string[] }
  | { readonly type: "stand"; readonly stand: Stand }
  | { readonly type: "show"; readonly visible: boolean }
  | { readonly type: "hurry" }
  /** It has what it was told while hidden. */
  | { readonly type: "took" }
  | { readonly type: "stop" };

/** What a tab is told. */
export type ToTab =
  /** It is served, by who holds this lock as long as it lives; "" for none. */
  | { readonly type: "served"; readonly lock: string }
  | { readonly type: "ready"; readonly reload: boolean }
  /** The connection stands again; what it brought is told when the tab is shown. */
  | { readonly type: "up" }
  | { readonly type: "down" }
  /** Changes of exactly these arrive; of fresh ones, those before are to be fetched. */
  | { readonly type: "topics"; readonly topics: readonly string[]; readonly fresh: readonly string[] }
  | { readonly type: "changes"; readonly changes: readonly Change[]; readonly hidden: boolean }
  /** An event that is none of the state's, such as what concerns the agent: told to hidden tabs too. */
  | { readonly type: "news"; readonly event: unknown }
  | { readonly type: "rights" }
  | { readonly type: "around"; readonly frames: readonly AroundFrame[] }
  | { readonly type: "session"; readonly session: Session }
  | { readonly type: "out" };

/** The part of MessagePort that is used. */
export interface Port {
  postMessage(m: ToTab): void;
  onmessage: ((e: MessageEvent<FromTab>) => void) | null;
}

export interface ExchangeConfig {
  readonly open: () => Socket;
  readonly refresh: () => Promise<Session>;
  /** Calls back when the lock of that name is nobody's any more. */
  readonly whenFree: (lock: string, done: () => void) => void;
  /** The lock that this side holds. */
  readonly lock: string;
  readonly random?: () => number;
}

/** How many changes are kept for a hidden tab; with more it fetches anew. */
export const mostHeld = 400;
/** How often the hidden tab that was shown last gets them. */
export const hiddenEvery = 30_000;
/** The least time between two words to the server of where the agent is. */
const sayEvery = 200;
/** How long a tab's typing is believed, as the server does. */
const typingFor = 6_000;
/** The server's limits for one socket. */
const mostTopics = 64;
const mostAlso = 16;

interface Tab {
  readonly port: Port;
  lock: string;
  visible: boolean;
  begun: boolean; // it was told that the connection stands
  shownAt: number; // 0: never
  topics: readonly string[];
  has: readonly string[]; // of which it has been told everything since
  stand: Stand;
  stoodAt: number;
  held: Map<string, Change>; // since it was hidden
  reload: boolean; // it is to fetch anew when it is shown
  untaken: boolean; // what it was told while hidden
}

export class Exchange {
  private readonly config: ExchangeConfig;
  private readonly live: Live;
  private readonly tabs = new Set<Tab>();
  private session: Session | null = null;
  private running = false;
  private up = false;
  private around: Around = nobody;
  private asked: readonly string[] = ["list", "notifications"];
  private confirmed: readonly string[] = [];
  private said = "";
  private resting = false; // nothing is said to the server for a moment
  private unsaid = false;
  private giving: ReturnType<typeof setTimeout> | undefined;
  private shown = 0;

  constructor(config: ExchangeConfig) {
    this.config = config;
    this.live = new Live({
      open: config.open,
      token: (fresh) => this.token(fresh),
      onChange: (c) => this.changed(c),
      onNews: (event) => this.all({ type: "news", event }),
      onReady: (reload) => this.ready(reload),
      onTopics: (topics) => {
        this.confirmed = topics;
        this.around = keep(this.around, topics);
        for (const t of this.tabs) this.settle(t);
      },
      onRights: () => {
        for (const t of this.tabs) {
          if (t.visible) t.port.postMessage({ type: "rights" });
          else this.owe(t);
        }
      },
      onAround: (f) => {
        this.around = hear(this.around, f);
        for (const t of this.tabs) {
          if (t.visible && (f.type === "queues" ? t.topics.includes("queues") : f.type !== "here" || t.topics.includes(f.topic))) t.port.postMessage({ type: "around", frames: [f] });
        }
      },
      onDown: () => {
        this.around = nobody;
        if (!this.up) return;
        this.up = false;
        this.all({ type: "down" });
      },
      onSignedOut: () => this.over(),
      ...(config.random ? { random: config.random } : {}),
    });
  }

  connect(port: Port): void {
    let tab: Tab | null = null;
    port.onmessage = (e) => {
      const m = e.data;
      if (m.type === "start") {
        if (tab) this.leave(tab);
        tab = {
          port,
          lock: m.lock,
          visible: m.visible,
          begun: false,
          shownAt: m.visible ? ++this.shown : 0,
          topics: m.topics,
          has: [],
          stand: m.stand,
          stoodAt: Date.now(),
          held: new Map(),
          reload: false,
          untaken: false,
        };
        this.enter(tab, m.session);
        return;
      }
      if (!tab || !this.tabs.has(tab)) return;
      this.hears(tab, m);
    };
  }

  /** The network came back. */
  hurry(): void {
    this.live.hurry();
  }

  private hears(tab: Tab, m: Exclude<FromTab, { type: "start" }>): void {
    switch (m.type) {
      case "follow":
        tab.topics = m.topics;
        this.settle(tab);
        this.say();
        return;
      case "stand":
        tab.stand = m.stand;
        tab.stoodAt = Date.now();
        this.say();
        return;
      case "show":
        if (m.visible === tab.visible) return;
        tab.visible = m.visible;
        if (m.visible) this.show(tab);
        return;
      case "hurry":
        this.live.hurry();
        return;
      case "took":
        tab.untaken = false;
        this.giveLater();
        return;
      case "stop":
        this.leave(tab);
    }
  }

  private enter(tab: Tab, session: Session | null): void {
    if (session && this.session && session.agent !== this.session.agent) {
      // Somebody else signed in: the tabs of who was here before are told, and come anew.
      this.all({ type: "session", session });
      this.tabs.clear();
      this.halt();
    }
    if (session) this.session = session;
    else if (this.session) tab.port.postMessage({ type: "session", session: this.session });
    this.tabs.add(tab);
    tab.port.postMessage({ type: "served", lock: this.config.lock });
    if (tab.lock !== "") this.config.whenFree(tab.lock, () => this.leave(tab));
    this.say();
    if (!this.running) {
      this.running = true;
      this.live.start();
    } else if (this.up) {
      this.begin(tab, true);
      this.settle(tab);
      this.tellAround(tab);
    } else {
      tab.port.postMessage({ type: "down" });
    }
  }

  private leave(tab: Tab): void {
    if (!this.tabs.delete(tab)) return;
    if (this.tabs.size === 0) this.halt();
    else this.say();
  }

  // Nobody is served: the socket ends, and what was known of it.
  private halt(): void {
    this.running = false;
    this.live.stop();
    clearTimeout(this.giving);
    this.giving = undefined;
    this.session = null;
    this.up = false;
    this.around = nobody;
    this.confirmed = [];
    this.said = "";
  }

  private over(): void {
    this.all({ type: "out" });
    this.tabs.clear();
    this.halt();
  }

  private async token(fresh: boolean): Promise<string> {
    const before = this.session;
    if (before && !fresh) return before.token;
    let got: Session;
    try {
      got = await this.config.refresh();
    } catch (e) {
      // Somebody signed in while the old cookie was being refused.
      if (e instanceof SignedOut && this.session && this.session !== before) return this.session.token;
      throw e;
    }
    this.all({ type: "session", session: got });
    if (before && got.agent !== before.agent) {
      this.tabs.clear();
      this.halt();
      throw new Error("another agent has signed in");
    }
    if (this.running) this.session = got;
    return got.token;
  }

  private ready(reload: boolean): void {
    this.up = true;
    this.said = "";
    for (const t of this.tabs) {
      if (t.visible || !t.begun) this.begin(t, reload || t.reload);
      else {
        if (reload) this.owe(t);
        t.port.postMessage({ type: "up" });
      }
    }
    this.say();
  }

  private begin(t: Tab, reload: boolean): void {
    t.begun = true;
    t.reload = false;
    t.port.postMessage({ type: "ready", reload });
  }

  private changed(c: Change): void {
    for (const t of this.tabs) {
      if (c.kind === "message.changed" && ![c.message.conversationId, c.movedFrom].some((id) => t.topics.includes(`conversation:${id}`))) continue;
      if (t.visible) t.port.postMessage({ type: "changes", changes: [c], hidden: false });
      else this.hold(t, c);
    }
  }

  // Each change says all of its entity, so the last one of a kind holds; what
  // leaves sight and comes back is told as both.
  private hold(t: Tab, c: Change): void {
    if (t.reload) return;
    const key = c.kind === "gone" ? `gone ${c.entity} ${c.version}` : `${c.kind} ${c.entity}`;
    if (c.kind === "gone") {
      for (const kind of ["conversation.changed", "message.changed"]) t.held.delete(`${kind} ${c.entity}`);
    }
    t.held.delete(key);
    t.held.set(key, c);
    if (t.held.size > mostHeld) this.owe(t);
    this.giveLater();
  }

  private owe(t: Tab): void {
    t.held.clear();
    t.reload = true;
  }

  // Of hidden tabs only the last that was shown is given anything, while none is in view.
  private giveLater(): void {
    this.giving ??= setTimeout(() => {
      this.giving = undefined;
      const all = [...this.tabs];
      const last = all.reduce<Tab | null>((l, t) => (t.shownAt > (l?.shownAt ?? 0) ? t : l), null);
      if (!last || all.some((t) => t.visible) || last.untaken) return;
      if (last.held.size === 0 && !last.reload) return;
      last.untaken = true;
      this.give(last, true);
    }, hiddenEvery);
  }

  private give(t: Tab, hidden: boolean): void {
    const changes = [...t.held.values()];
    t.held.clear();
    if (t.reload && this.up) {
      this.begin(t, true);
      if (hidden) t.port.postMessage({ type: "changes", changes: [], hidden });
    } else if (changes.length > 0) {
      t.port.postMessage({ type: "changes", changes, hidden });
    }
  }

  private show(t: Tab): void {
    t.shownAt = ++this.shown;
    t.untaken = false;
    this.give(t, false);
    if (!this.up) return;
    this.tellAround(t);
    this.live.hurry();
  }

  private tellAround(t: Tab): void {
    t.port.postMessage({
      type: "around",
      frames: [
        { type: "agents", whole: true, agents: [...this.around.agents].map(([id, state]) => ({ id, state })) },
        { type: "calls", calls: this.around.calls },
        ...t.topics.flatMap((topic): AroundFrame[] => {
          const here = this.around.here.get(topic);
          return here ? [{ type: "here", topic, here }] : [];
        }),
      ],
    });
  }

  // A tab's topics hold once the socket follows all of them.
  private settle(t: Tab): void {
    const held = t.topics.filter((x) => this.confirmed.includes(x));
    if (held.length < t.topics.length) {
      t.has = t.has.filter((x) => held.includes(x));
      return;
    }
    const fresh = held.filter((x) => !t.has.includes(x));
    if (fresh.length === 0 && held.length === t.has.length) return;
    t.has = held;
    t.port.postMessage({ type: "topics", topics: held, fresh });
    if (!t.visible) return;
    const frames = fresh.flatMap((topic): AroundFrame[] => {
      const here = this.around.here.get(topic);
      return here ? [{ type: "here", topic, here }] : [];
    });
    if (frames.length > 0) t.port.postMessage({ type: "around", frames });
  }

  // Says to the server what all tabs together follow and where they are; at once,
  // and after that no more often than it may be said.
  private say(): void {
    if (this.resting) {
      this.unsaid = true;
      return;
    }
    this.resting = true;
    setTimeout(() => {
      this.resting = false;
      if (!this.unsaid) return;
      this.unsaid = false;
      this.say();
    }, sayEvery);
    if (this.tabs.size === 0) return;
    const tabs = [...this.tabs].sort((a, b) => Number(b.visible) - Number(a.visible) || b.shownAt - a.shownAt);
    const topics = [...new Set(["list", ...tabs.flatMap((t) => t.topics)])].slice(0, mostTopics);
    if (topics.length !== this.asked.length || topics.some((x) => !this.asked.includes(x))) {
      this.asked = topics;
      // What is followed no more is confirmed no more, should it come back.
      this.confirmed = this.confirmed.filter((x) => topics.includes(x));
      this.live.follow(topics);
    }
    const now = Date.now();
    const at = tabs
      .filter((t) => t.stand.open !== "")
      .map((t) => ({ open: t.stand.open, typing: now - t.stoodAt < typingFor ? t.stand.typing : ("" as const) }));
    const choice = tabs.reduce((c, t) => (t.stand.chosen > c.chosen ? t.stand : c), { away: false, chosen: 0 });
    const first = at[0] ?? { open: "", typing: "" as const };
    const stand = {
      ...first,
      also: at.slice(1, 1 + mostAlso),
      idle: tabs.every((t) => t.stand.idle),
      away: choice.away,
      chosen: choice.chosen,
    };
    const text = JSON.stringify(stand);
    // Typing is said again and again, for the server believes it for a while only.
    if (!this.up || (text === this.said && at.every((p) => p.typing === ""))) return;
    this.said = text;
    this.live.stand(stand);
  }

  private all(m: ToTab): void {
    for (const t of this.tabs) t.port.postMessage(m);
  }
}
