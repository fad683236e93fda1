import { describe, expect, it } from "vitest";
import { span, when } from "./words";

describe("when", () => {
  const now = new Date(2026, 4, 3, 21, 0).getTime();
  const at = new Date(2026, 4, 3, 9, 5).toISOString();
  // Each locale has its own way with the hour; none is forced to two digits.
  it("tells the time of day as the locale does", () => {
    expect(when(at, now, "en-US").replace(/\s/gu, " ")).toBe("9:05 AM");
    expect(when(at, now, "en-GB")).toBe("09:05");
    expect(when(at, now, "de-DE")).toBe("09:05");
  });
});

describe("span", () => {
  it("has a word for every length", () => {
    expect([20_000, 60_000, 7_200_000, 86_400_000 * 3].map(span)).toEqual(["under a minute", "1 minute", "2 hours", "3 days"]);
  });
});
