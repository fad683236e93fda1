import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { aConversation } from "./fixtures";
import { backoff, Live, type LiveConfig, type Socket } from "./live";
import type { Change } from "./state";
import { SignedOut } from "./tokens";

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
  open(): void {
    this.onopen?.(undefined as never);
  }
  say(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  end(code: number, reason = ""): void {
    this.onclose?.({ code, reason });
  }
}

interface Rig {
  live: Live;
  sockets: FakeSocket[];
  changes: Change[];
  log: string[];
  tokens: boolean[];
}

function rig(more: Partial<LiveConfig> = {}): Rig {
  const r: Omit<Rig, "live"> = { sockets: [], changes: [], log: [], tokens: [] };
  const live = new Live({
    open: () => {
      const s = new FakeSocket();
      r.sockets.push(s);
      return s;
    },
    token: (fresh) => {
      r.tokens.push(fresh);
      return Promise.resolve(fresh ? "fresh" : "token");
    },
    onChange: (c) => r.changes.push(c),
    onReady: (reload) => r.log.push(reload ? "reload" : "ready"),
    onTopics: (t) => r.log.push(`topics ${t.join(",")}`),
    onRights: () => r.log.push("rights"),
    onAround: (f) => r.log.push(f.type),
    onDown: () => r.log.push("down"),
    onSignedOut: () => r.log.push("out"),
    random: () => 0.5,
    ...more,
  });
  return { live, ...r };
}

const settled = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

async function standing(r: Rig, n = 0, ready: object = {}): Promise<FakeSocket> {
  await settled();
  const s = r.sockets[n];
  if (!s) throw new Error(`socket ${n} was not opened`);
  s.open();
  s.say({ type: "ready", position: "e:10", rights: 3, resumed: false, reload: false, ...ready });
  return s;
}

const event = (seq: number, version = 1): object => ({
  type: "event",
  position: `e:${seq}`,
  event: { kind: "conversation.changed", entity: "c1", version, conversation: aConversation("c1", { version }) },
});

describe("Live", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("authenticates first, then follows its topics, and says that all is to be fetched", async () => {
    const r = rig();
    r.live.start();
    const s = await standing(r);
    expect(s.sent).toEqual([{ type: "auth", token: "token", position: "", rights: 0, topics: ["list", "notifications"] }]);
    expect(r.log).toEqual(["reload", "topics list,notifications"]);
    await expect(r.live.whenReady(0)).resolves.toBe(true);
  });

  it("hands on changes and ignores what it does not know", async () => {
    const r = rig();
    r.live.start();
    const s = await standing(r);
    s.say(event(11));
    s.say({ type: "fireworks", position: "e:12" });
    s.say({ type: "event", position: "e:13", event: { kind: "galaxy.changed", entity: "g", version: 1 } });
    s.say({ type: "gone", position: "e:14", kind: "conversation.changed", entity: "c1", version: 2 });
    expect(r.changes.map((c) => c.kind)).toEqual(["conversation.changed", "gone"]);
    expect(s.closed).toBe(false);
  });

  // What was missed is asked for from the last position, with the rights that hold,
  // and of the topics that were followed: nothing is left to fetch.
  it("resumes from its position", async () => {
    const r = rig();
    r.live.follow(["list", "conversation:c1"]);
    r.live.start();
    const s = await standing(r);
    s.say(event(17));
    s.end(1006);
    expect(r.log).toEqual(["reload", "topics list,conversation:c1", "down"]);
    await vi.advanceTimersByTimeAsync(300);
    const again = await standing(r, 1, { position: "e:20", resumed: true });
    expect(again.sent).toEqual([{ type: "auth", token: "token", position: "e:17", rights: 3, topics: ["list", "conversation:c1"] }]);
    expect(r.log.slice(3)).toEqual(["ready"]);
  });

  // What is opened while there is no connection was not followed up to the position.
  it("has what was not followed before fetched after it resumed", async () => {
    const r = rig();
    r.live.start();
    const s = await standing(r);
    s.end(1006);
    r.live.follow(["list", "conversation:c2"]);
    await vi.advanceTimersByTimeAsync(300);
    await standing(r, 1, { resumed: true });
    expect(r.log.slice(-2)).toEqual(["ready", "topics list,conversation:c2"]);
  });

  // What is opened between the first frame and its answer is asked for afterwards.
  it("follows what was opened meanwhile", async () => {
    const r = rig();
    r.live.start();
    await settled();
    const s = r.sockets[0];
    s?.open();
    r.live.follow(["list", "conversation:c2"]);
    s?.say({ type: "ready", position: "e:10", rights: 3, resumed: false, reload: false });
    expect(s?.sent.at(-1)).toEqual({ type: "topics", topics: ["list", "conversation:c2"] });
  });

  it("fetches anew when the server can't tell what was missed", async () => {
    const r = rig();
    r.live.start();
    (await standing(r)).end(1006);
    await vi.advanceTimersByTimeAsync(300);
    await standing(r, 1, { resumed: false, reload: true });
    expect(r.log.filter((l) => !l.startsWith("topics"))).toEqual(["reload", "down", "reload"]);
  });

  it("ends a socket that is silent for 9 s, and not one that beats", async () => {
    const r = rig();
    r.live.start();
    const s = await standing(r);
    for (let i = 0; i < 4; i++) {
      await vi.advanceTimersByTimeAsync(5_000);
      s.say({ type: "heartbeat", position: "e:10", lastSent: 10 });
    }
    expect(s.closed).toBe(false);
    await vi.advanceTimersByTimeAsync(9_000);
    expect(s.closed).toBe(true);
    await vi.advanceTimersByTimeAsync(300);
    expect(r.sockets).toHaveLength(2);
  });

  // A socket that beats but lost a frame: the heartbeat counts more than arrived.
  it("notices a frame that never came", async () => {
    const r = rig();
    r.live.start();
    const s = await standing(r);
    s.say(event(11));
    s.say({ type: "heartbeat", position: "e:15", lastSent: 14 });
    expect(s.closed).toBe(true);
    await vi.advanceTimersByTimeAsync(300);
    const again = await standing(r, 1);
    expect(again.sent[0]).toMatchObject({ position: "e:11" });
  });

  // A server that answers but gets nothing of the stream any more: by two heartbeats,
  // that is within 10 s.
  it("leaves a server that is behind and stays there", async () => {
    const r = rig();
    r.live.start();
    const s = await standing(r);
    s.say({ type: "heartbeat", position: "e:15", lastSent: 10, newest: 17 });
    s.say({ type: "heartbeat", position: "e:17", lastSent: 10, newest: 18 });
    s.say({ type: "heartbeat", position: "e:18", lastSent: 10, newest: 18 });
    s.say({ type: "heartbeat", position: "e:18", lastSent: 10, newest: 18 });
    s.say({ type: "heartbeat", position: "e:18", lastSent: 10, newest: 20 });
    expect(s.closed).toBe(false);
    s.say({ type: "heartbeat", position: "e:18", lastSent: 10, newest: 21 });
    expect(s.closed).toBe(true);
  });

  it("moves its position on by heartbeats that count nothing new", async () => {
    const r = rig();
    r.live.start();
    const s = await standing(r);
    s.say({ type: "heartbeat", position: "e:400", lastSent: 10 });
    s.end(1006);
    await vi.advanceTimersByTimeAsync(300);
    expect((await standing(r, 1)).sent[0]).toMatchObject({ position: "e:400" });
  });

  it("starts over after a frame that can't be read", async () => {
    const r = rig();
    r.live.start();
    const s = await standing(r);
    s.onmessage?.({ data: "{" });
    expect(s.closed).toBe(true);
    await vi.advanceTimersByTimeAsync(300);
    expect((await standing(r, 1)).sent[0]).toMatchObject({ position: "" });
    expect(r.log.at(-1)).toBe("reload");
  });

  it("hands over a fresh token before the old one ends", async () => {
    const r = rig();
    r.live.start();
    const s = await standing(r);
    s.say({ type: "tokenExpiring" });
    await settled();
    expect(s.sent.at(-1)).toEqual({ type: "token", token: "fresh" });
  });

  it("takes a fresh token after 4001, and gives up after 4003", async () => {
    const r = rig();
    r.live.start();
    (await standing(r)).end(4001);
    await vi.advanceTimersByTimeAsync(300);
    expect(r.tokens).toEqual([false, true]);
    (await standing(r, 1)).end(4003);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(r.log.at(-1)).toBe("out");
    expect(r.sockets).toHaveLength(2);
  });

  it("comes back when the server says", async () => {
    const r = rig();
    r.live.start();
    (await standing(r)).end(4009, "2500");
    await vi.advanceTimersByTimeAsync(2_499);
    expect(r.sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(r.sockets).toHaveLength(2);
  });

  it("signs out when there is no token to be had, and keeps trying while the server is away", async () => {
    const out = rig({ token: () => Promise.reject(new SignedOut()) });
    out.live.start();
    await settled();
    out.live.start(); // somebody signs in
    await settled();
    expect(out.log).toEqual(["out", "out"]);
    let tries = 0;
    const away = rig({
      token: () => {
        tries++;
        return Promise.reject(new Error("away"));
      },
    });
    away.live.start();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(tries).toBeGreaterThan(2);
    expect(new Set(away.log)).toEqual(new Set(["down"]));
  });

  it("says nothing more and opens nothing after stop", async () => {
    const r = rig();
    r.live.start();
    const s = await standing(r);
    r.live.stop();
    expect(s.closed).toBe(true);
    s.end(1000);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(r.sockets).toHaveLength(1);
  });
});

describe("backoff", () => {
  it("doubles, jitters over half of it, and has an end", () => {
    expect(backoff(0, () => 0)).toBe(150);
    expect(backoff(0, () => 1)).toBe(300);
    expect(backoff(3, () => 1)).toBe(2_400);
    expect(backoff(99, () => 1)).toBe(15_000);
  });
});

// What is true only now moves no position, and where the agent is is said only
// while somebody hears it.
describe("what is true only now", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  it("passes it on and says where the agent is", async () => {
    const r = rig();
    const where = { open: "c1", typing: "", idle: false, away: false, chosen: 0, also: [] } as const;
    r.live.stand(where);
    r.live.start();
    const s = await standing(r);
    s.say({ type: "agents", whole: true, agents: [] });
    s.say({ type: "here", topic: "conversation:c1", agents: [] });
    s.say({ type: "calls", calls: [] });
    expect(r.log.filter((l) => ["agents", "here", "calls"].includes(l))).toEqual(["agents", "here", "calls"]);
    r.live.stand(where);
    expect(s.sent.filter((f) => f["type"] === "here")).toEqual([{ type: "here", ...where }]);
    r.live.stop();
  });
});
