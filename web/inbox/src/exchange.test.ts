import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Exchange, hiddenEvery, mostHeld, type FromTab, type ToTab } from "./exchange";
import { aConversation } from "./fixtures";
import type { Socket } from "./live";
import { SignedOut, type Session } from "./tokens";
import type { Stand } from "./whereabouts";

class FakeSocket implements Socket {
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  readonly sent: Record<string, unknown>[] = [];
  closed = false;
  send(data: string): void {
    this.sent.push(JSON.parse(data) as Record<string, unknown>);
  }
  close(): void {
    this.closed = true;
  }
  say(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  last(type: string): Record<string, unknown> | undefined {
    return this.sent.findLast((f) => f["type"] === type);
  }
}

/** A tab, as the exchange sees one. */
class FakeTab {
  onmessage: ((e: MessageEvent<FromTab>) => void) | null = null;
  readonly heard: ToTab[] = [];
  postMessage(m: ToTab): void {
    this.heard.push(structuredClone(m)); // as a port does
  }
  say(m: FromTab): void {
    this.onmessage?.({ data: structuredClone(m) } as MessageEvent<FromTab>);
  }
  of<T extends ToTab["type"]>(type: T): Extract<ToTab, { type: T }>[] {
    return this.heard.filter((m): m is Extract<ToTab, { type: T }> => m.type === type);
  }
  changed(): string[] {
    return this.of("changes").flatMap((m) => m.changes.map((c) => `${c.entity}@${c.version}`));
  }
}

const stand = (s: Partial<Stand> = {}): Stand => ({ open: "", typing: "", idle: false, away: false, chosen: 0, ...s });
const ana: Session = { token: "a1", agent: "ana" };

let sockets: FakeSocket[];
let free: Map<string, () => void>;
let refresh: () => Promise<Session>;
let exchange: Exchange;

function come(more: Partial<Extract<FromTab, { type: "start" }>> = {}): FakeTab {
  const tab = new FakeTab();
  exchange.connect(tab);
  tab.say({ type: "start", session: ana, lock: "", visible: true, topics: ["list"], stand: stand(), ...more });
  return tab;
}

const settled = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

async function socket(n = 0, ready: object = {}): Promise<FakeSocket> {
  await settled();
  const s = sockets[n];
  if (!s) throw new Error(`socket ${n} was not opened`);
  s.onopen?.(undefined as never);
  s.say({ type: "ready", position: "e:10", rights: 3, resumed: false, reload: false, ...ready });
  return s;
}

let seq = 10;
/** Lets time pass on a socket that beats. */
async function beats(s: FakeSocket, ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 5_000) {
    s.say({ type: "heartbeat", position: `e:${seq}`, lastSent: seq, newest: seq });
    await settled(Math.min(5_000, ms - at));
  }
}
const followed = (s: FakeSocket): string[] => (s.last("topics")?.["topics"] as string[]).sort();
const changed = (id: string, version: number): object => ({
  type: "event",
  position: `e:${++seq}`,
  event: { kind: "conversation.changed", entity: id, version, conversation: aConversation(id, { version }) },
});
const gone = (id: string, version: number): object => ({ type: "gone", position: `e:${++seq}`, kind: "conversation.changed", entity: id, version });

describe("Exchange", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    sockets = [];
    free = new Map();
    seq = 10;
    refresh = () => Promise.resolve({ token: "a2", agent: "ana" });
    exchange = new Exchange({
      open: () => {
        const s = new FakeSocket();
        sockets.push(s);
        return s;
      },
      refresh: () => refresh(),
      whenFree: (lock, done) => free.set(lock, done),
      lock: "worker",
      random: () => 0.5,
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("has one socket for all tabs, and tells who comes later what there is", async () => {
    const one = come();
    const s = await socket();
    s.say({ type: "agents", whole: true, agents: [{ id: "bob", state: "online" }] });
    s.say({ type: "agents", whole: false, agents: [{ id: "cat", state: "away" }] });
    const two = come();
    await settled(1_000);
    expect(sockets).toHaveLength(1);
    expect(two.heard.map((m) => m.type)).toEqual(["served", "ready", "topics", "around"]);
    expect(two.of("around")[0]?.frames[0]).toMatchObject({ whole: true, agents: [{ id: "bob" }, { id: "cat" }] });
    s.say(changed("c1", 2));
    expect([one.changed(), two.changed()]).toEqual([["c1@2"], ["c1@2"]]);
  });

  // Each has its own open conversation: what one doesn't show, it isn't told.
  it("follows what all tabs show, and tells each its own", async () => {
    const one = come({ topics: ["list", "conversation:c1"] });
    const s = await socket();
    const two = come({ topics: ["list", "conversation:c2"] });
    await settled(1_000);
    expect(followed(s)).toEqual(["conversation:c1", "conversation:c2", "list"]);
    expect(two.of("topics")).toEqual([]); // it doesn't hold yet
    s.say({ type: "topics", position: "e:11", topics: ["conversation:c1", "conversation:c2", "list"] });
    expect(two.of("topics")).toEqual([{ type: "topics", topics: ["list", "conversation:c2"], fresh: ["list", "conversation:c2"] }]);
    s.say({ type: "here", topic: "conversation:c2", agents: [{ id: "bob", name: "Bob" }] });
    expect([one.of("around").length, two.of("around").length]).toEqual([0, 2]);
    // Another that opens what is followed already fetches what came before.
    one.say({ type: "follow", topics: ["list", "conversation:c2"] });
    expect(one.of("topics").at(-1)).toEqual({ type: "topics", topics: ["list", "conversation:c2"], fresh: ["conversation:c2"] });
    expect(one.of("around").at(-1)?.frames).toMatchObject([{ topic: "conversation:c2" }]);
  });

  // A topic that is dropped and taken again holds from the last answer on only.
  it("takes no answer for one to a later question", async () => {
    const tab = come({ topics: ["list"] });
    const s = await socket();
    await settled(1_000);
    const hold = ["list", "conversation:c1"];
    for (const topics of [hold, ["list"], hold]) {
      tab.say({ type: "follow", topics });
      await settled(1_000);
    }
    const before = tab.of("topics").length;
    s.say({ type: "topics", position: "e:11", topics: hold });
    s.say({ type: "topics", position: "e:12", topics: ["list"] });
    expect(tab.of("topics")).toHaveLength(before);
    s.say({ type: "topics", position: "e:13", topics: hold });
    expect(tab.of("topics").at(-1)).toMatchObject({ fresh: ["conversation:c1"] });
  });

  it("says where the agent is in all of them, and no more often than it may", async () => {
    const one = come({ topics: ["list", "conversation:c1"], stand: stand({ open: "c1", idle: true }) });
    const two = come({ topics: ["list", "conversation:c2"], stand: stand({ open: "c2", typing: "note", chosen: 5, away: true }) });
    const s = await socket();
    await settled(1_000);
    expect(s.last("here")).toMatchObject({ open: "c2", typing: "note", also: [{ open: "c1", typing: "" }], idle: false, away: true, chosen: 5 });
    // Typing that isn't said again is over.
    await beats(s, 6_000);
    one.say({ type: "stand", stand: stand({ open: "c1", typing: "reply" }) });
    expect(s.last("here")).toMatchObject({ open: "c2", typing: "", also: [{ open: "c1", typing: "reply" }], away: true });
    const before = s.sent.length;
    for (let i = 0; i < 300; i++) {
      two.say({ type: "follow", topics: ["list", `conversation:x${i}`] });
      two.say({ type: "stand", stand: stand({ open: `x${i}` }) });
      await settled(10);
    }
    await beats(s, 1);
    expect(s.sent.length - before).toBeLessThanOrEqual(2 * (3_000 / 200) + 2);
    await settled(1_000);
    expect(followed(s)).toEqual(["conversation:c1", "conversation:x299", "list"]);
  });

  it("releases what a tab followed when it closes, and when it crashes", async () => {
    const one = come({ topics: ["list", "conversation:c1"] });
    come({ topics: ["list", "conversation:c2"], lock: "tab 2", stand: stand({ open: "c2", typing: "reply" }) });
    come({ topics: ["list", "conversation:c3"], lock: "tab 3" });
    const s = await socket();
    await settled(1_000);
    free.get("tab 2")?.();
    await settled(1_000);
    expect(followed(s)).toEqual(["conversation:c1", "conversation:c3", "list"]);
    expect(s.last("here")).toMatchObject({ open: "", also: [] });
    one.say({ type: "stop" });
    free.get("tab 3")?.();
    expect(s.closed).toBe(true);
    await settled(60_000);
    expect(sockets).toHaveLength(1);
  });

  // What is hidden costs nothing: it gets the newest of everything once it is shown.
  it("tells a hidden tab nothing until it is shown", async () => {
    const one = come();
    const s = await socket();
    const two = come({ visible: false });
    two.heard.length = 0;
    for (let v = 1; v <= 50; v++) s.say(changed("c1", v));
    s.say(changed("c2", 1));
    s.say({ type: "agents", whole: true, agents: [{ id: "bob", state: "online" }] });
    await beats(s, 10 * hiddenEvery);
    expect(two.heard).toEqual([]);
    expect(one.changed()).toHaveLength(51);
    two.say({ type: "show", visible: true });
    expect(two.changed()).toEqual(["c1@50", "c2@1"]);
    expect(two.of("around")[0]?.frames[0]).toMatchObject({ agents: [{ id: "bob" }] });
    s.say(changed("c1", 51));
    expect(two.changed()).toEqual(["c1@50", "c2@1", "c1@51"]);
  });

  it("tells a hidden tab what left its sight and came back", async () => {
    const tab = come();
    const s = await socket();
    come();
    tab.say({ type: "show", visible: false });
    for (const f of [changed("c1", 1), gone("c1", 2), changed("c1", 3), changed("c1", 4)]) s.say(f);
    tab.say({ type: "show", visible: true });
    expect(tab.of("changes").flatMap((m) => m.changes.map((c) => `${c.kind} ${c.version}`))).toEqual(["gone 2", "conversation.changed 4"]);
  });

  it("has a hidden tab fetch anew where too much came, or the past is lost", async () => {
    const one = come();
    const s = await socket();
    const two = come();
    for (const t of [one, two]) t.say({ type: "show", visible: false });
    for (let i = 0; i <= mostHeld; i++) s.say(changed(`c${i}`, 1));
    one.say({ type: "show", visible: true });
    expect(one.changed()).toEqual([]);
    expect(one.of("ready").at(-1)).toEqual({ type: "ready", reload: true });
    s.onclose?.({ code: 1006, reason: "" });
    await settled(1_000);
    const again = await socket(1, { reload: true });
    again.say({ type: "rights", position: "e:900", rights: 4 });
    expect(two.heard.at(-1)).toEqual({ type: "up" });
    expect(one.of("rights")).toHaveLength(1);
    const before = two.of("ready").length;
    two.say({ type: "show", visible: true });
    expect(two.of("ready").slice(before)).toEqual([{ type: "ready", reload: true }]);
  });

  // Its title stays true; and one that is frozen is sent no more until it takes what it has.
  it("gives the hidden tab that was shown last what there is, from time to time", async () => {
    const one = come();
    const s = await socket();
    const two = come();
    for (const t of [two, one]) t.say({ type: "show", visible: false });
    for (let i = 0; i < 20; i++) {
      s.say(changed("c1", i + 1));
      await beats(s, 5_000);
    }
    expect([one.changed(), two.changed().length]).toEqual([[], 1]);
    two.say({ type: "took" });
    await beats(s, 40_000);
    expect(two.changed()).toEqual(["c1@6", "c1@20"]);
  });

  it("gets one token for all, before the old one ends", async () => {
    const one = come();
    const s = await socket();
    const two = come();
    s.say({ type: "tokenExpiring" });
    await settled();
    expect(s.last("token")).toEqual({ type: "token", token: "a2" });
    expect([one.of("session"), two.of("session")]).toEqual([[{ type: "session", session: { token: "a2", agent: "ana" } }], [{ type: "session", session: { token: "a2", agent: "ana" } }]]);
    s.onclose?.({ code: 1006, reason: "" });
    await settled(1_000);
    expect((await socket(1)).sent[0]).toMatchObject({ type: "auth", token: "a2", position: "e:10" });
  });

  it("signs all tabs out when the session is over, and serves who signs in again", async () => {
    const one = come();
    const s = await socket();
    const two = come({ visible: false });
    s.onclose?.({ code: 4003, reason: "" });
    expect([one.heard.at(-1), two.heard.at(-1)]).toEqual([{ type: "out" }, { type: "out" }]);
    refresh = () => Promise.reject(new SignedOut());
    const again = come({ session: { token: "b1", agent: "ben" } });
    expect((await socket(1)).sent[0]).toMatchObject({ token: "b1", position: "", rights: 0 });
    expect(again.of("ready")).toHaveLength(1);
  });

  // Nothing that was told to one agent's tabs goes on under another's name.
  it("tells the tabs when somebody else signs in, and starts anew", async () => {
    const one = come({ topics: ["list", "conversation:c1"] });
    const s = await socket();
    s.say(changed("c1", 1));
    const two = come({ session: { token: "b1", agent: "ben" } });
    expect(one.heard.at(-1)).toEqual({ type: "session", session: { token: "b1", agent: "ben" } });
    expect(s.closed).toBe(true);
    const other = await socket(1);
    expect(other.sent[0]).toMatchObject({ token: "b1", position: "" });
    other.say(changed("c9", 1));
    expect([one.changed(), two.changed()]).toEqual([["c1@1"], ["c9@1"]]);

    // By the cookie, too.
    refresh = () => Promise.resolve({ token: "c1", agent: "cat" });
    other.say({ type: "tokenExpiring" });
    await settled();
    expect(two.heard.at(-1)).toEqual({ type: "session", session: { token: "c1", agent: "cat" } });
    expect([other.closed, other.last("token")]).toEqual([true, undefined]);
  });

  it("keeps asking while the server is away, and hands over the session that it gets", async () => {
    refresh = () => Promise.reject(new Error("away"));
    const tab = come({ session: null });
    await settled(3_000);
    refresh = () => Promise.resolve(ana);
    for (let i = 0; i < 15 && sockets.length === 0; i++) await settled(1_000);
    expect((await socket()).sent[0]).toMatchObject({ token: "a1" });
    expect(tab.of("session")).toEqual([{ type: "session", session: ana }]);
    expect(tab.of("ready")).toHaveLength(1);
  });

  it("says of a lost connection once, and resumes for all from where it was", async () => {
    const one = come();
    const s = await socket();
    const two = come();
    s.say(changed("c1", 1));
    s.onclose?.({ code: 1006, reason: "" });
    await settled(8_000);
    expect([one.of("down").length, two.of("down").length]).toEqual([1, 1]);
    const n = sockets.length - 1;
    await socket(n, { resumed: true, position: "e:11" });
    expect([one.of("ready").at(-1), two.of("ready").at(-1)]).toEqual([{ type: "ready", reload: false }, { type: "ready", reload: false }]);
  });
});
