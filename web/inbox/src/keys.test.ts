import { describe, expect, it } from "vitest";
import { bindings, press, sequenceLimit, type Pending } from "./keys";

const key = (k: string, more: object = {}): Parameters<typeof press>[1] => ({ key: k, ctrlKey: false, metaKey: false, altKey: false, ...more });

function type(...keys: string[]): (string | null)[] {
  let pending: Pending | null = null;
  return keys.map((k) => {
    const got = press(pending, key(k), 0);
    pending = got.pending;
    return got.command;
  });
}

describe("press", () => {
  it("completes single keys and sequences", () => {
    expect(type("j")).toEqual(["next"]);
    expect(type("Enter")).toEqual(["open"]);
    expect(type("g", "m")).toEqual([null, "go-mine"]);
    expect(type("g", "u", "m")).toEqual([null, "go-unassigned", "assign-me"]);
  });
  // "g" then "e" must not close a conversation.
  it("does nothing for a sequence that there isn't", () => {
    expect(type("g", "e")).toEqual([null, null]);
    expect(type("g", "g", "a")).toEqual([null, null, "go-all"]);
  });
  it("forgets the first key after a while", () => {
    const first = press(null, key("g"), 0);
    expect(press(first.pending, key("m"), sequenceLimit + 1).command).toBe("assign-me");
  });
  it("leaves keys with modifiers to the browser", () => {
    expect(press(null, key("r", { ctrlKey: true }), 0).command).toBeNull();
    expect(press(null, key("e", { metaKey: true }), 0).command).toBeNull();
    expect(press(null, key("k", { altKey: true, ctrlKey: true }), 0).command).toBeNull();
  });
  it("knows those with a modifier that the table has", () => {
    expect(press(null, key("k", { ctrlKey: true }), 0).command).toBe("commands");
    expect(press(null, key("K", { metaKey: true }), 0).command).toBe("commands");
    expect(press(null, key("k"), 0).command).toBe("previous");
  });
});

describe("bindings", () => {
  it("has no key twice, and none that hides the start of a sequence", () => {
    const all = bindings.flatMap((b) => b.keys);
    expect(new Set(all).size).toBe(all.length);
    for (const k of all) if (k.includes(" ")) expect(all).not.toContain(k.split(" ")[0]);
  });
});
