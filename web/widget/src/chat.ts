// The chat as one tab lives it: it says what must be said, keeps what isn't
// said yet, and folds what comes.
//
// What the visitor sends is kept under an id made here before it is said, and
// said again after every break until the stream's own copy has come back: the
// server takes each id once, from whatever tab it comes.

import type { Keep } from "./keep.ts";
import { openLine, type Socket } from "./line.ts";
import { fold, newest, nothing, type Asked, type FileRef, type Frame, type Local, type Message, type State } from "./state.ts";

export interface Page {
  readonly url: string;
  readonly title: string;
  readonly referrer: string;
}

export interface World {
  readonly open: () => Socket;
  /** Kept for all tabs, and for this one. */
  readonly keep: Keep;
  readonly tab: Keep;
  readonly page: () => Page;
  readonly now: () => number;
  readonly random: () => number;
  readonly id: () => string;
  readonly locale: string;
  readonly zone: string;
  /** Something that only the shop's developer can mend. */
  readonly warn: (words: string) => void;
  readonly changed: (s: State) => void;
}

export interface Person {
  readonly email?: string;
  readonly phone?: string;
  readonly name?: string;
}

type Outgoing =
  | { readonly t: "message"; readonly id: string; readonly text: string; readonly files: readonly string[] }
  | { readonly t: "offline"; readonly id: string; readonly email: string; readonly name: string; readonly text: string }
  | { readonly t: "handover"; readonly id: string; readonly email: string };

/** One thing to be sent, as it is kept. */
interface Item {
  readonly frame: Outgoing;
  readonly files: readonly FileRef[];
  readonly at: number;
  /** sent: the server has it, and its copy has not come back yet. */
  readonly state: "queued" | "sent" | "failed";
  readonly reason: string;
}

interface Session {
  readonly id: string;
  readonly token: string;
}

const expires = 86_400_000;
const remembered = 50;
const typingLasts = 10_000;
const typingEvery = 4_000;

export type Chat = ReturnType<typeof openChat>;

export function openChat(world: World) {
  const { keep, tab, now } = world;
  const tabId = world.id();
  const out = new Map<string, Item>();
  let state = nothing;
  let running = false;
  let tracked: object[] = [];
  let person: Person = {};
  let jwt = "";
  let accepted = "";
  let tokenSaid = "";
  let told = 0;
  let lastPage = "";
  let typedAt = 0;
  let typing: ReturnType<typeof setTimeout> | undefined;
  let later: ReturnType<typeof setTimeout> | undefined;

  const apply = (e: Frame | Local): void => {
    const was = state;
    state = fold(state, e);
    if (state !== was) world.changed(state);
  };
  // What is kept was written by this very code.
  const session = (): Session | null => keep.read("session") as Session | null;
  const readItem = (id: string): Item | null => keep.read(`out:${id}`) as Item | null;
  const consented = (): boolean => keep.read("consent") === true;
  const tell = (frame: object): void => {
    if (state.line === "up") line.say(frame);
  };

  const readSeen = (): void => {
    const seen = keep.read("seen") as { session: string; seq: number } | null;
    if (seen?.session === state.session) apply({ t: "seen", seq: seen.seq });
  };
  const tellSeen = (): void => {
    if (state.seen <= told || state.line !== "up") return;
    told = state.seen;
    line.say({ t: "read", seq: told });
  };

  const show = (item: Item): void => {
    const { frame, ...rest } = item;
    out.set(frame.id, item);
    if (frame.t !== "message") return;
    const { id, text } = frame;
    apply({ t: "own", message: { ...rest, id, clientId: id, seq: 0, from: "visitor", name: "", text, edited: false, deleted: false } });
  };
  const showAll = (): void => {
    for (const item of out.values()) show(item);
  };
  const store = (item: Item): void => {
    out.set(item.frame.id, item);
    keep.write(`out:${item.frame.id}`, item);
  };
  const drop = (id: string): void => {
    if (out.delete(id)) keep.write(`out:${id}`);
  };
  const send = ({ frame, state: is }: Item): void => {
    if (state.line !== "up" || is !== "queued") return;
    line.say(frame);
    apply({ t: "state", seq: 0, id: frame.id, state: "sending", reason: "" });
  };
  // Saying a thing again is harmless: the server knows it by its id.
  const flush = (): void => [...out.values()].sort((a, b) => a.at - b.at).forEach(send);
  const put = (frame: Outgoing, files: readonly FileRef[], at: number): void => {
    const item: Item = { frame, files, at, state: "queued", reason: "" };
    store(item);
    show(item);
    connect();
    send(item);
  };
  const ask = (what: Asked, frame: Outgoing): void => {
    apply({ t: "asked", what, state: "sending" });
    put(frame, [], now());
  };
  // The server has taken or refused what was said under id.
  const answered = (id: string, failed: boolean, reason: string): void => {
    const item = out.get(id);
    if (!item) return;
    const { t } = item.frame;
    const to = failed ? "failed" : "sent";
    if (t === "message") {
      store({ ...item, state: to, reason });
    } else {
      drop(id);
      apply({ t: "asked", what: t, state: to });
    }
  };

  const hello = (): object => {
    const known = session();
    tokenSaid = known?.token ?? "";
    return {
      t: "hello",
      ...(known && { session: known.id, token: known.token }),
      ...(jwt !== "" && { jwt }),
      ...(known?.id === state.session && state.seq > 0 && { after: state.seq }),
      ...(consented() && { page: world.page() }),
      locale: world.locale,
      tz: world.zone,
      tab: tabId,
    };
  };
  const welcome = (f: Frame & { t: "welcome" }): void => {
    const known = session();
    if (jwt === "" && known && known.token !== tokenSaid && known.id !== f.session) {
      line.start(); // another tab was given a session at the same time: that one counts for all
      return;
    }
    if (f.session !== known?.id || f.token !== known.token) keep.write("session", { id: f.session, token: f.token });
    apply(f);
    showAll();
    accepted = jwt || accepted;
    jwt = "";
    readSeen();
    if (consented()) {
      line.say({ t: "consent", analytics: true });
      page(world.page());
      tracked.forEach(line.say);
    }
    tracked = [];
    if (Object.keys(person).length > 0) line.say({ t: "identify", ...person });
    told = 0;
    tellSeen();
    flush();
  };
  const refused = (f: Frame & { t: "error" }): void => {
    if (f.retryAfter > 0) {
      line.hold(f.retryAfter);
      clearTimeout(later);
      later = setTimeout(flush, f.retryAfter * 1000);
    } else if (f.id !== "") {
      apply({ t: "state", seq: 0, id: f.id, state: "failed", reason: f.message });
      answered(f.id, true, f.message);
    } else if (f.about === "jwt") {
      world.warn(f.message);
      jwt = "";
    } else if (f.about === "token") {
      keep.write("session");
      apply({ t: "forget" });
      showAll();
    }
  };
  const receive = (f: Frame): void => {
    if (f.t === "welcome") {
      welcome(f);
      return;
    }
    if (f.t === "history") f.messages.forEach((m) => drop(m.clientId));
    if (f.t === "message") drop(f.clientId);
    if (f.t === "state") answered(f.id, f.state === "failed", f.reason);
    if (f.t === "error") refused(f);
    if (f.t === "typing") {
      clearTimeout(typing);
      typing = setTimeout(apply, typingLasts, { t: "stopped" });
    }
    if (f.t === "ping") {
      // Silence has hidden something: ask again from where we are.
      if (f.seq > state.seq && state.loaded) line.start();
      else flush();
    }
    apply(f);
  };

  // Somebody else, or nobody, from now on.
  const begin = (): void => {
    out.clear();
    tab.write("log");
    jwt = accepted = "";
    person = {};
    apply({ t: "forget" });
    if (running) line.start();
  };
  const connect = (): void => {
    if (running) return;
    running = true;
    line.start();
  };
  const page = (p: Page): void => {
    if (!consented() || p.url === lastPage || state.line !== "up") return;
    lastPage = p.url;
    line.say({ t: "page", ...p });
  };

  const line = openLine({ open: world.open, hello, onFrame: receive, onLine: (to) => apply({ t: "line", line: to }), random: world.random });

  // What the last page of this tab knew is shown at once, and what was not sent yet.
  const log = tab.read("log") as { session: string; seq: number; more: boolean; messages: Message[] } | null;
  tab.write("log");
  if (log && log.session === session()?.id) {
    apply({ t: "kept", ...log });
    readSeen();
  }
  for (const key of keep.keys("out:")) {
    const item = readItem(key.slice(4));
    if (item && now() - item.at < expires) show(item);
    else keep.write(key);
  }

  return {
    state: () => state,
    /** Somebody has talked here before, or agreed to be known. */
    known: () => session() !== null || out.size > 0 || consented(),
    token: () => session()?.token ?? "",
    /** What the page has said of who is here. */
    person: () => person,
    apply,
    connect,
    /** The page goes away; it may come back. */
    pause: () => {
      if (!running) return;
      running = false;
      line.stop();
      const { session: id, messages, seq, more } = state;
      const settled = messages.filter((m) => m.seq > 0);
      if (id !== "") tab.write("log", { session: id, seq, more: more || settled.length > remembered, messages: settled.slice(-remembered) });
    },
    hurry: () => line.hurry(),
    send: (text: string, files: readonly FileRef[]) => {
      put({ t: "message", id: world.id(), text, files: files.map((f) => f.id) }, files, now());
      typedAt = 0;
    },
    /** The form of when nobody is there. */
    leave: (email: string, name: string, text: string) => ask("offline", { t: "offline", id: world.id(), email, name, text }),
    /** Goes on by mail. */
    handover: (email: string) => ask("handover", { t: "handover", id: world.id(), email }),
    retry(id: string) {
      const item = out.get(id);
      if (!item) return;
      apply({ t: "dropped", id });
      put(item.frame, item.files, item.at);
    },
    discard(id: string) {
      drop(id);
      apply({ t: "dropped", id });
    },
    /** All that is there has been in sight. */
    seen() {
      const seq = newest(state);
      if (seq <= state.seen) return;
      keep.write("seen", { session: state.session, seq });
      apply({ t: "seen", seq });
      tellSeen();
    },
    typed: (on: boolean) => {
      if (on ? now() - typedAt < typingEvery : typedAt === 0) return;
      typedAt = on ? now() : 0;
      tell({ t: on ? "typing" : "stopped" });
    },
    older: () => tell({ t: "more", before: state.messages[0]?.seq }),
    identify(p: Person) {
      person = { ...person, ...p };
      tell({ t: "identify", ...person });
    },
    consent(analytics: boolean) {
      keep.write("consent", analytics);
      if (!analytics) tracked = [];
      tell({ t: "consent", analytics });
      page(world.page());
    },
    /** Without consent nothing is kept of it, for later neither. */
    track(name: string, properties: object) {
      if (!consented()) return;
      const frame = { t: "track", name, properties };
      if (state.line === "up") line.say(frame);
      else tracked = [...tracked, frame].slice(-remembered);
    },
    page,
    /** The shop's backend vouches. A token that was good is not shown twice. */
    signIn(token: string) {
      if (token === "" || token === accepted) return;
      jwt = token;
      running = true;
      line.start();
    },
    signOut() {
      tell({ t: "bye" });
      [...out.keys()].forEach(drop);
      keep.write("session");
      begin();
    },
    /** Another tab has changed what is kept. */
    changed(key: string) {
      const id = key.slice(4);
      if (key === "seen") readSeen();
      else if (key === "session") {
        const known = session();
        if (!known) begin();
        else if (known.id !== state.session && state.session !== "") line.start();
      } else if (key.startsWith("out:")) {
        const item = readItem(id);
        if (item) show(item);
        else if (out.delete(id) && state.messages.some((m) => m.clientId === id && m.state === "failed")) apply({ t: "dropped", id });
      }
    },
  };
}
