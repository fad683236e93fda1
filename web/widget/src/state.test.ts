import { describe, expect, it } from "vitest";
import { fold, forward, nothing, unseen, type Delivery, type Frame, type Local, type Message, type State } from "./state";

const said = (m: Partial<Message> & { readonly id: string }): Message => ({
  clientId: "",
  seq: 0,
  from: "agent",
  name: "Ana",
  text: m.id,
  files: [],
  at: 0,
  state: "sent",
  reason: "",
  edited: false,
  deleted: false,
  ...m,
});
const comes = (m: Parameters<typeof said>[0]): Frame => ({ t: "message", ...said(m) });
const own = (id: string, state: Delivery = "queued"): Local => ({ t: "own", message: said({ id, clientId: id, from: "visitor", state }) });
const copy = (clientId: string, seq: number, state: Delivery = "delivered"): Frame => comes({ id: `m${seq}`, clientId, seq, from: "visitor", text: clientId, state });
const all = (...events: (Frame | Local)[]): State => events.reduce(fold, nothing);
const texts = (s: State): string[] => s.messages.map((m) => m.text);

describe("fold", () => {
  // What is known only here stands last, and goes to its place with the stream's copy.
  it("orders by the stream", () => {
    const s = all(own("a"), comes({ id: "m1", seq: 1 }), own("b"), copy("a", 2));
    expect(texts(s)).toEqual(["m1", "a", "b"]);
    expect(s.messages.map((m) => m.seq)).toEqual([1, 2, 0]);
    expect(s.seq).toBe(2);
  });

  // A reconnect may tell everything again, and older than what an edit has made of it.
  it("takes repetition for what it is", () => {
    const events: Frame[] = [
      comes({ id: "m1", seq: 1, text: "before" }),
      copy("a", 2),
      { t: "edited", ...said({ seq: 3, id: "m1", text: "after" }) },
      { t: "deleted", seq: 4, id: "m2" },
      { t: "state", seq: 5, id: "m2", state: "read", reason: "" },
    ];
    const once = all(...events);
    for (const e of events) expect(fold(once, e)).toEqual(once);
    expect(once.messages.map((m) => [m.text, m.edited, m.deleted, m.state])).toEqual([
      ["after", true, false, "sent"],
      ["", false, true, "read"],
    ]);
    expect(once.seq).toBe(5);
  });

  // The answer on the socket and the stream's copy come in either order.
  it("moves a state forward only", () => {
    const answer: Frame = { t: "state", seq: 0, id: "a", state: "sent", reason: "" };
    for (const events of [
      [answer, copy("a", 1, "delivered")],
      [copy("a", 1, "delivered"), answer],
    ]) {
      const s = all(own("a", "sending"), ...events);
      expect(s.messages.map((m) => m.state)).toEqual(["delivered"]);
    }
  });

  it("begins anew with a full history, and keeps what isn't sent", () => {
    const s = all(comes({ id: "m7", seq: 7 }), { t: "seen", seq: 7 }, own("a"), { t: "history", messages: [said({ id: "n1", seq: 1 }), said({ id: "n2", seq: 2 })], seq: 2, before: 0, more: true });
    expect(texts(s)).toEqual(["n1", "n2", "a"]);
    expect([s.seq, s.seen, s.more]).toEqual([2, 2, true]);
  });

  it("puts older messages in front", () => {
    const s = all(comes({ id: "m5", seq: 5 }), { t: "history", messages: [said({ id: "m3", seq: 3 }), said({ id: "m4", seq: 4 })], seq: 99, before: 5, more: false });
    expect(texts(s)).toEqual(["m3", "m4", "m5"]);
    expect([s.seq, s.more]).toEqual([5, false]); // what an answer on older ones counts is not in sight yet
  });

  // Nothing of one session is ever shown in another.
  it("forgets the session before", () => {
    const welcome = (session: string): Frame => ({
      t: "welcome", session, token: "t", agentName: "", queue: 0, closed: false, open: true, opensAt: 0, maxFile: 0, fileTypes: [],
      brand: { name: "", color: "", greeting: "", dir: "", theme: "", side: "" },
    });
    const s = all(welcome("s1"), comes({ id: "m1", seq: 1 }), { t: "seen", seq: 1 }, welcome("s2"));
    expect([s.session, s.messages, s.seq, s.seen, s.line]).toEqual(["s2", [], 0, 0, "up"]);
    expect(all(welcome("s1"), comes({ id: "m1", seq: 1 }), welcome("s1")).messages).toHaveLength(1);
  });

  it("takes what was under way for lost with the line", () => {
    const s = all(own("a"), { t: "state", seq: 0, id: "a", state: "sending", reason: "" }, { t: "typing", name: "Ana" }, { t: "line", line: "down" });
    expect([s.messages[0]?.state, s.typing]).toEqual(["queued", null]);
  });

  it("stops the typing with the answer", () => {
    expect(all({ t: "typing", name: "Ana" }, comes({ id: "m1", seq: 1 })).typing).toBeNull();
  });

  it("counts answers that were not seen, and nothing else", () => {
    const s = all(comes({ id: "m1", seq: 1 }), copy("a", 2), comes({ id: "m3", seq: 3, from: "system" }), comes({ id: "m4", seq: 4 }), comes({ id: "m5", seq: 5 }), { t: "deleted", seq: 6, id: "m5" });
    expect(unseen(s).map((m) => m.id)).toEqual(["m1", "m4"]);
    expect(unseen(fold(s, { t: "seen", seq: 4 }))).toEqual([]);
  });
});

describe("forward", () => {
  it("lets only what has not arrived fail", () => {
    expect((["queued", "sending", "sent", "delivered", "read"] as const).map((d) => forward(d, "failed"))).toEqual(["failed", "failed", "failed", "delivered", "read"]);
    expect(forward("failed", "sent")).toBe("sent");
    expect(forward("read", "delivered")).toBe("read");
  });
});
