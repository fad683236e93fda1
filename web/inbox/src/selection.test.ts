import { describe, expect, it } from "vitest";
import { has, isEmpty, kept, nothing, ranged, toggled, type Selection } from "./selection";

const rows = ["a", "b", "c", "d", "e"];
const of = (s: Selection): string => rows.filter((r) => has(s, r)).join("");

describe("selection", () => {
  it("takes in and out, one by one", () => {
    const one = toggled(nothing, "l", "b");
    expect(of(one)).toBe("b");
    expect(isEmpty(toggled(one, "l", "b"))).toBe(true);
    expect(of(toggled(one, "l", "d"))).toBe("bd");
  });
  it("takes in a range from the anchor, in either direction", () => {
    const one = toggled(nothing, "l", "c");
    const down = ranged(one, "l", rows, "c", "e");
    expect(of(down)).toBe("cde");
    expect(of(ranged(down, "l", rows, "e", "a"))).toBe("abcde");
    expect(of(ranged(nothing, "l", rows, "b", "c"))).toBe("bc");
    expect(of(ranged(toggled(nothing, "l", "gone"), "l", rows, "d", "c"))).toBe("cd");
  });
  it("of all leaves out what is taken out", () => {
    const all: Selection = { list: "l", all: true, ids: new Set(), anchor: "" };
    expect(of(toggled(all, "l", "b"))).toBe("acde");
    expect(of(ranged(toggled(all, "l", "b"), "l", rows, "b", "c"))).toBe("abcde");
  });
  it("begins anew in another list, and forgets what left", () => {
    expect(of(toggled(toggled(nothing, "l", "a"), "m", "b"))).toBe("b");
    const two = toggled(toggled(nothing, "l", "a"), "l", "b");
    expect(of(kept(two, new Set(["b", "c"])))).toBe("b");
    expect(kept(two, new Set(rows))).toBe(two);
  });
});
