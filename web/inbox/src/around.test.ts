import { describe, expect, it } from "vitest";
import { clock, hear, hereAt, keep, nobody, others, parseAround, parseChoice, presenceOf, type AroundFrame } from "./around";
import { typingWords } from "./conversationwords";

function read(x: object): AroundFrame {
  const f = parseAround(x);
  if (!f) throw new Error("not a frame of what is around");
  return f;
}

describe("hear", () => {
  // Each frame says all there is of its part: the last one holds.
  it("keeps the last word on each topic", () => {
    const frames = [
      { type: "here", topic: "conversation:a", agents: [{ id: "ann", name: "Ann", typing: "reply" }], customer: { online: true, typing: true } },
      { type: "here", topic: "conversation:b", agents: [], customer: { online: false } },
      { type: "here", topic: "conversation:a", agents: [{ id: "bob", name: "Bob" }], customer: { online: false } },
    ].map(read);
    const a = frames.reduce(hear, nobody);
    expect(others(hereAt(a, "conversation:a"), "me")).toEqual([{ id: "bob", name: "Bob", typing: "" }]);
    expect(others(hereAt(a, "conversation:a"), "bob")).toEqual([]);
    expect(others(hereAt(a, "conversation:c"), "me")).toEqual([]);
    expect([...keep(a, ["list", "conversation:a"]).here.keys()]).toEqual(["conversation:a"]);
    expect(keep(a, ["conversation:a", "conversation:b"])).toBe(a);
  });

  it("folds who came and went, and starts over with a whole roster", () => {
    let a = hear(nobody, read({ type: "agents", whole: true, agents: [{ id: "ann", state: "online" }, { id: "bob", state: "away" }] }));
    a = hear(a, read({ type: "agents", agents: [{ id: "ann", state: "offline" }, { id: "cy", state: "idle" }] }));
    expect(["ann", "bob", "cy", "del"].map((id) => presenceOf(a, id))).toEqual(["offline", "away", "idle", "offline"]);
    a = hear(a, read({ type: "agents", whole: true, agents: [{ id: "cy", state: "of the future" }] }));
    expect([...a.agents]).toEqual([["cy", "online"]]);
  });

  it("shows the calls that are named and no others", () => {
    let a = hear(nobody, read({ type: "calls", calls: [{ id: "l/1", state: "ringing", from: "+43", at: "2026-01-01T00:00:00Z" }] }));
    expect(a.calls.map((c) => [c.id, c.state, c.customerId])).toEqual([["l/1", "ringing", ""]]);
    a = hear(a, read({ type: "calls", calls: [] }));
    expect(a.calls).toEqual([]);
  });
});

describe("parseAround", () => {
  it("is for its own frames only, and lets no page lead elsewhere than to the web", () => {
    expect(parseAround({ type: "event" })).toBeNull();
    const f = read({ type: "here", topic: "customer:k", customer: { online: true, pages: [{ url: "javascript:x", title: "P" }, { url: "https://shop.test/", title: "" }] } });
    expect(f.type === "here" && f.here.customer.pages.map((p) => p.url)).toEqual(["", "https://shop.test/"]);
  });
});

describe("words", () => {
  const v = (name: string, typing: "reply" | "note" | ""): { id: string; name: string; typing: "reply" | "note" | "" } => ({ id: name, name, typing });
  it("says who writes what", () => {
    expect(typingWords([], "", "Somebody")).toBe("");
    expect(typingWords([v("Ann", "")], "", "Somebody")).toBe("");
    expect(typingWords([v("Ann", "reply")], "", "Somebody")).toBe("Ann is replying");
    expect(typingWords([v("Ann", "reply"), v("Bob", "reply"), v("Cy", "note")], "Ines", "Somebody")).toBe("Ann and Bob are replying · Cy is writing a note · Ines is typing");
    expect(typingWords([v("Ann", "reply"), v("Bob", "reply"), v("Cy", "reply")], "", "Somebody")).toBe("Ann and 2 others are replying");
  });
  it("counts as a clock does", () => {
    const at = Date.parse("2026-01-01T00:00:00Z");
    expect([7, 62, 3723].map((s) => clock("2026-01-01T00:00:00Z", at + s * 1000))).toEqual(["0:07", "1:02", "1:02:03"]);
    expect(clock("", at)).toBe("0:00");
  });
  it("reads a choice that is kept, and any rubbish as none", () => {
    expect(parseChoice('{"away":true,"at":5}')).toEqual({ away: true, at: 5 });
    for (const bad of [null, "", "x", "[]", "{}"]) expect(parseChoice(bad)).toEqual({ away: false, at: 0 });
  });
});
