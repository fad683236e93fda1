import { describe, expect, it } from "vitest";
import { ago } from "./ago";

describe("ago", () => {
  const now = Date.parse("2026-05-03T12:00:00Z");
  const before = (minutes: number): string => new Date(now - minutes * 60_000).toISOString();
  it("says it in a sentence of the language, then the date", () => {
    expect([0, 3, 90, 60 * 24 * 3].map((m) => ago(before(m), now, "de"))).toEqual(["jetzt", "vor 3 Min.", "vor 1 Std.", "vor 3 Tagen"]);
    expect([0, 3].map((m) => ago(before(m), now, "en"))).toEqual(["now", "3 min. ago"]);
    expect(ago(before(60 * 24 * 30), now, "de")).toBe("3. Apr.");
    expect(ago("never", now, "de")).toBe("");
  });
});
