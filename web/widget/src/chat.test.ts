import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openChat, type Chat, type World } from "./chat";
import { openKeep } from "./keep";
import type { Socket } from "./line";

type Frame = Record<string, unknown>;

class FakeSocket implements Socket {
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  readonly sent: Frame[] = [];
  closed = false;

  send(data: string): void {
    this.sent.push(JSON.parse(data) as Frame);
  }
  close(): void {
    this.closed = true;
  }
  say(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  of(t: string): Frame[] {
    return this.sent.filter((f) => f["t"] === t);
  }
}

interface Tab {
  readonly chat: Chat;
  readonly sockets: FakeSocket[];
  readonly last: () => FakeSocket;
  /** The newest socket opens and is welcomed. */
  readonly up: (welcome?: object) => FakeSocket;
}

let box: Record<string, string>;
let ids: number;

// A tab of one browser: what is kept for all tabs is shared, its own is not.
function openTab(own: Record<string, string> = {}, more: Partial<World> = {}): Tab {
  const sockets: FakeSocket[] = [];
  const chat = openChat({
    open: () => {
      const s = new FakeSocket();
      sockets.push(s);
      return s;
    },
    keep: openKeep("k:", box),
    tab: openKeep("k:", own),
    page: () => ({ url: "https://shop.example/a", title: "A", referrer: "" }),
    now: Date.now,
    random: () => 0.5,
    id: () => `id${++ids}`,
    locale: "en",
    zone: "UTC",
    warn: () => undefined,
    changed: () => undefined,
    ...more,
  });
  const last = (): FakeSocket => {
    const s = sockets.at(-1);
    if (!s) throw new Error("no socket");
    return s;
  };
  const up = (welcome: object = {}): FakeSocket => {
    const s = last();
    s.onopen?.();
    s.say({ t: "welcome", session: "s1", token: "t1", open: true, ...welcome });
    return s;
  };
  return { chat, sockets, last, up };
}

const outbox = (): string[] => Object.keys(box).filter((k) => k.startsWith("k:out:"));
const states = (t: Tab): string[] => t.chat.state().messages.map((m) => m.state);

beforeEach(() => {
  box = {};
  ids = 0;
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("sending", () => {
  // One id from the first try to the stream's copy, whatever lies between.
  it("says a message again after every break until its copy is back", () => {
    const t = openTab();
    t.chat.send("hello", []);
    expect(states(t)).toEqual(["queued"]);
    const first = t.up();
    expect(states(t)).toEqual(["sending"]);
    first.onclose?.();
    expect(states(t)).toEqual(["queued"]);
    vi.advanceTimersByTime(1000);
    const second = t.up();
    const sent = [...first.of("message"), ...second.of("message")];
    expect(sent).toHaveLength(2);
    expect(new Set(sent.map((f) => f["id"])).size).toBe(1);
    second.say({ t: "state", id: sent[0]?.["id"], state: "sent" });
    expect([states(t), outbox().length]).toEqual([["sent"], 1]);
    second.onclose?.();
    vi.advanceTimersByTime(2000);
    const third = t.up();
    expect(third.of("message")).toEqual([]); // the server has it
    third.say({ t: "message", seq: 1, id: "m1", clientId: sent[0]?.["id"], from: "visitor", text: "hello", state: "delivered" });
    expect([states(t), outbox()]).toEqual([["delivered"], []]);
  });

  it("is not undone by a reload", () => {
    openTab().chat.send("hello", []);
    const t = openTab();
    expect(t.chat.state().messages.map((m) => m.text)).toEqual(["hello"]);
    expect(t.chat.known()).toBe(true);
    t.chat.connect();
    expect(t.up().of("message").map((f) => f["text"])).toEqual(["hello"]);
  });

  it("keeps the order in which things were written", () => {
    const t = openTab();
    for (const text of ["a", "b", "c"]) {
      t.chat.send(text, []);
      vi.advanceTimersByTime(1);
    }
    expect(t.up().of("message").map((f) => f["text"])).toEqual(["a", "b", "c"]);
  });

  it("doesn't repeat what was refused, but on request", () => {
    const t = openTab();
    t.chat.send("hello", []);
    const s = t.up();
    const id = String(s.of("message")[0]?.["id"]);
    s.say({ t: "error", code: "tooLarge", message: "It is too long.", id });
    expect(states(t)).toEqual(["failed"]);
    s.say({ t: "ping", seq: 0 });
    expect(s.of("message")).toHaveLength(1);
    expect(openTab().chat.state().messages).toMatchObject([{ state: "failed", reason: "It is too long." }]); // after a reload too
    t.chat.retry(id);
    expect([states(t), s.of("message").map((f) => f["id"])]).toEqual([["sending"], [id, id]]);
    t.chat.discard(id);
    expect([states(t), outbox()]).toEqual([[], []]);
  });

  it("waits as long as the server asks", () => {
    const t = openTab();
    t.chat.send("hello", []);
    const s = t.up();
    s.say({ t: "error", code: "tooMany", id: s.of("message")[0]?.["id"], retryAfter: 3 });
    vi.advanceTimersByTime(2900);
    expect([states(t), s.of("message").length]).toEqual([["sending"], 1]);
    vi.advanceTimersByTime(200);
    expect(s.of("message")).toHaveLength(2);
  });

  it("shows in the other tabs, and is sent when its own is gone", () => {
    const [a, b] = [openTab(), openTab()];
    a.chat.send("hello", []);
    const key = outbox()[0]?.slice(2) ?? "";
    b.chat.changed(key);
    expect(b.chat.state().messages.map((m) => m.text)).toEqual(["hello"]);
    b.chat.connect();
    const s = b.up();
    expect(s.of("message").map((f) => f["id"])).toEqual([key.slice(4)]);
  });

  it("sends forms like messages", () => {
    const t = openTab();
    t.chat.leave("a@x.example", "", "hello");
    const s = t.up();
    expect(t.chat.state().asked.offline).toBe("sending");
    s.say({ t: "state", id: s.of("offline")[0]?.["id"], state: "sent" });
    expect([t.chat.state().asked.offline, outbox()]).toEqual(["sent", []]);
  });
});

describe("coming back", () => {
  it("goes on after the newest that it knows", () => {
    const t = openTab();
    t.chat.connect();
    const s = t.up();
    s.say({ t: "history", messages: [{ id: "m1", seq: 4, from: "agent" }], seq: 4 });
    s.say({ t: "message", id: "m2", seq: 9, from: "agent" });
    s.onclose?.();
    vi.advanceTimersByTime(1000);
    t.last().onopen?.();
    expect(t.last().of("hello")[0]).toMatchObject({ session: "s1", token: "t1", after: 9 });
  });

  it("notices what silence has hidden", () => {
    const t = openTab();
    t.chat.connect();
    const s = t.up();
    s.say({ t: "history", messages: [], seq: 4 });
    s.say({ t: "ping", seq: 4 });
    expect([s.of("pong").length, t.sockets.length]).toEqual([1, 1]);
    s.say({ t: "ping", seq: 5 });
    expect([s.closed, t.sockets.length]).toEqual([true, 2]);
    t.last().onopen?.();
    expect(t.last().of("hello")[0]).toMatchObject({ after: 4 });
  });

  it("gives up a line that says nothing", () => {
    const t = openTab();
    t.chat.connect();
    const s = t.up();
    vi.advanceTimersByTime(50_000);
    expect([s.closed, t.chat.state().line]).toEqual([true, "down"]);
  });

  it("asks again when it couldn't read something", () => {
    const t = openTab();
    t.chat.connect();
    const s = t.up();
    s.onmessage?.({ data: "{" });
    expect(s.closed).toBe(true);
  });

  it("shows on the next page what this one knew", () => {
    const own = {};
    const t = openTab(own);
    t.chat.connect();
    t.up().say({ t: "history", messages: [{ id: "m1", seq: 4, from: "agent", text: "hello" }], seq: 6 });
    t.chat.seen();
    t.chat.pause();
    const next = openTab(own);
    expect(next.chat.state()).toMatchObject({ seq: 6, seen: 4, messages: [{ text: "hello" }] });
    next.chat.connect();
    next.last().onopen?.();
    expect(next.last().of("hello")[0]).toMatchObject({ after: 6 });
  });
});

describe("sessions", () => {
  // Both were given one at the same time: the one that is kept counts for both.
  it("are one for all tabs", () => {
    const [a, b] = [openTab(), openTab()];
    a.chat.connect();
    b.chat.connect();
    a.last().onopen?.();
    b.last().onopen?.();
    a.last().say({ t: "welcome", session: "s1", token: "t1" });
    b.last().say({ t: "welcome", session: "s2", token: "t2" });
    expect(b.sockets).toHaveLength(2);
    b.last().onopen?.();
    expect(b.last().of("hello")[0]).toMatchObject({ session: "s1", token: "t1" });
  });

  it("begin anew when the token is refused, with what was not sent", () => {
    box["k:session"] = JSON.stringify({ id: "old", token: "stale" });
    const t = openTab();
    t.chat.send("hello", []);
    t.last().onopen?.();
    t.last().say({ t: "error", code: "unauthenticated", about: "token" });
    t.last().onclose?.();
    vi.advanceTimersByTime(1000);
    t.last().onopen?.();
    expect(t.last().of("hello")[0]).not.toHaveProperty("session");
    t.last().say({ t: "welcome", session: "s2", token: "t2" });
    expect(t.last().of("message").map((f) => f["text"])).toEqual(["hello"]);
  });

  it("end with signing out, in every tab", () => {
    const [a, b] = [openTab(), openTab()];
    for (const t of [a, b]) {
      t.chat.connect();
      t.up().say({ t: "history", messages: [{ id: "m1", seq: 4, from: "agent" }], seq: 4 });
    }
    a.chat.send("unsent", []);
    a.chat.signOut();
    b.chat.changed("session");
    for (const t of [a, b]) {
      expect(t.chat.state().messages).toEqual([]);
      t.last().onopen?.();
      expect(t.last().of("hello")[0]).not.toHaveProperty("token");
    }
    expect(outbox()).toEqual([]);
  });

  // The shop's token is shown once; from then on the session's own counts.
  it("show a sign-in once", () => {
    const t = openTab();
    t.chat.signIn("jwt");
    t.last().onopen?.();
    expect(t.last().of("hello")[0]).toMatchObject({ jwt: "jwt" });
    t.last().say({ t: "welcome", session: "s1", token: "t1" });
    t.chat.signIn("jwt");
    expect(t.sockets).toHaveLength(1);
    t.last().onclose?.();
    vi.advanceTimersByTime(1000);
    t.last().onopen?.();
    expect(t.last().of("hello")[0]).not.toHaveProperty("jwt");
  });

  it("go on without a sign-in that was refused", () => {
    const warn = vi.fn();
    const t = openTab({}, { warn });
    t.chat.signIn("forged");
    t.last().onopen?.();
    t.last().say({ t: "error", code: "unauthenticated", about: "jwt" });
    t.last().onclose?.();
    vi.advanceTimersByTime(1000);
    t.last().onopen?.();
    expect(t.last().of("hello")[0]).not.toHaveProperty("jwt");
    expect(warn).toHaveBeenCalledOnce();
  });
});

describe("consent", () => {
  it("is what pages and carts wait for, and nothing of before is told", () => {
    const t = openTab();
    t.chat.connect();
    const s = t.up();
    t.chat.track("Product Viewed", { sku: "1" });
    t.chat.page({ url: "https://shop.example/b", title: "B", referrer: "" });
    expect([s.of("track"), s.of("page"), s.of("hello")[0]?.["page"]]).toEqual([[], [], undefined]);
    t.chat.consent(true);
    t.chat.track("Product Added", { sku: "1" });
    expect([s.of("consent"), s.of("page").length, s.of("track").map((f) => f["name"])]).toEqual([[{ t: "consent", analytics: true }], 1, ["Product Added"]]);
    t.chat.consent(false);
    t.chat.track("Product Removed", { sku: "1" });
    expect(s.of("track")).toHaveLength(1);
  });

  it("holds on the next page, where the first events wait for the line", () => {
    openTab().chat.consent(true);
    const t = openTab();
    t.chat.track("Product Viewed", {});
    t.chat.connect();
    const s = t.up();
    expect(s.of("hello")[0]).toMatchObject({ page: { url: "https://shop.example/a" } });
    expect(s.sent.map((f) => f["t"])).toEqual(["hello", "consent", "page", "track"]);
    s.onclose?.();
    vi.advanceTimersByTime(1000);
    expect(t.up().of("page")).toEqual([]); // it is the same page
  });
});

describe("seen", () => {
  it("is told once, and known to every tab", () => {
    const [a, b] = [openTab(), openTab()];
    for (const t of [a, b]) {
      t.chat.connect();
      t.up().say({ t: "history", messages: [{ id: "m1", seq: 4, from: "agent" }], seq: 4 });
    }
    a.chat.seen();
    a.chat.seen();
    expect(a.last().of("read")).toEqual([{ t: "read", seq: 4 }]);
    b.chat.changed("seen");
    expect(b.chat.state().seen).toBe(4);
  });
});

describe("typing", () => {
  it("is told now and then, and its end", () => {
    const t = openTab();
    t.chat.connect();
    const s = t.up();
    t.chat.typed(true);
    t.chat.typed(true);
    vi.advanceTimersByTime(4000);
    t.chat.typed(true);
    t.chat.typed(false);
    t.chat.typed(false);
    expect(s.sent.slice(1).map((f) => f["t"])).toEqual(["typing", "typing", "stopped"]);
  });

  it("of an agent ends by itself", () => {
    const t = openTab();
    t.chat.connect();
    t.up().say({ t: "typing", name: "Ana" });
    expect(t.chat.state().typing).toBe("Ana");
    vi.advanceTimersByTime(10_000);
    expect(t.chat.state().typing).toBeNull();
  });
});
