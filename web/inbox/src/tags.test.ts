import { describe, expect, it } from "vitest";
import { tagsFor, tagsIn, withTag, wrongTag } from "./tags";

describe("tags as they are typed", () => {
  it("are kept in one form, each once", () => {
    expect(tagsIn(" VIP,, two   words ,vip")).toEqual(["vip", "two words"]);
  });
  it("have at most 50 characters and no quotes", () => {
    expect(wrongTag(["é".repeat(50), "📦".repeat(50)])).toBeUndefined();
    expect(wrongTag(["vip", "x".repeat(51)])).toEqual({ tag: "x".repeat(51), why: "long" });
    expect(wrongTag(['a "b"'])).toEqual({ tag: 'a "b"', why: "quote" });
  });
  it("may become known ones, first those that begin so", () => {
    const known = ["very late", "late", "lately", "vip"];
    expect(tagsFor("vip, la", 7, known)).toEqual(["late", "lately", "very late"]);
    expect(tagsFor("late, ", 6, known)).toEqual(["very late", "lately", "vip"]);
  });
  it("are put where the caret is", () => {
    expect(withTag("vip, la", 7, "late")).toEqual({ text: "vip, late, ", caret: 11 });
    expect(withTag("la, vip", 2, "late")).toEqual({ text: "late, vip", caret: 6 });
    expect(withTag("", 0, "late")).toEqual({ text: "late, ", caret: 6 });
  });
});
