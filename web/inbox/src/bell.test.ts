import { describe, expect, it } from "vitest";
import { countWord, noBell, notice, parseNews, put, read, type Notice } from "./bell";

const one = (id: string, at: string, more: object = {}): Notice => notice({ id, version: 1, kind: "mention", conversationId: "c", number: 7, by: { kind: "agent", name: "Su" }, at, ...more });

describe("the bell", () => {
  it("shows the newest first, and a notice once, by its later version", () => {
    const b = put(put(noBell, [one("a", "2026-01-01"), one("b", "2026-01-02")]), [one("a", "2026-01-01", { version: 2, readAt: "2026-01-03" }), one("c", "2026-01-03")]);
    expect(b.items.map((n) => [n.id, n.read])).toEqual([
      ["c", false],
      ["b", false],
      ["a", true],
    ]);
    expect(put(b, [one("a", "2026-01-01")]).items.at(-1)?.read).toBe(true); // told again, late
    expect(countWord(b)).toBe("2");
  });
  it("takes what was read on another device", () => {
    const b = read(put(noBell, [one("a", "2026-01-01"), one("b", "2026-01-02")]), new Set(["a", "b", "x"]));
    expect(countWord(b)).toBe("");
    expect(countWord({ ...b, more: true })).toBe("99+");
  });
  it("reads events, and passes over kinds that it does not know", () => {
    expect(parseNews({ kind: "notification.made", notification: { id: "a", kind: "assignment", by: { kind: "customer", name: "Ann" } } })).toMatchObject({ made: { id: "a", by: "" } });
    expect(parseNews({ kind: "notifications.read", read: { ids: ["a", 1] } })).toEqual({ read: ["a"] });
    expect(parseNews({ kind: "key.changed" })).toBeNull();
  });
});
