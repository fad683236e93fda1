import { describe, expect, it } from "vitest";
import { aMessage } from "./fixtures";
import { goesOn, isLine } from "./lines";
import type { Message } from "./types";

const said = (minute: number, more: Partial<Message> = {}): Message =>
  aMessage(`m${minute}`, "c", { channel: "chat", createdAt: `2026-01-01T10:${String(minute).padStart(2, "0")}:00Z`, ...more });
const agent = (id: string): Message["author"] => ({ kind: "agent", agentId: id, name: id, address: "" });

describe("lines of a talk", () => {
  it("are what is said in a chat, and no letters, notes or calls", () => {
    expect(isLine(said(0))).toBe(true);
    expect(isLine(said(0, { channel: "social" }))).toBe(true);
    expect(isLine(said(0, { channel: "email" }))).toBe(false);
    expect(isLine(said(0, { kind: "note" }))).toBe(false);
  });

  it("go together when one person says them within minutes", () => {
    expect(goesOn(undefined, said(0))).toBe(false);
    expect(goesOn(said(0), undefined)).toBe(false);
    expect(goesOn(said(0), said(4))).toBe(true);
    expect(goesOn(said(0), said(5))).toBe(false);
    expect(goesOn(said(4), said(0))).toBe(false);
    expect(goesOn(said(0), said(1, { direction: "out", author: agent("ann") }))).toBe(false);
    expect(goesOn(said(0, { direction: "out", author: agent("ann") }), said(1, { direction: "out", author: agent("bob") }))).toBe(false);
    expect(goesOn(said(0, { channel: "email" }), said(1))).toBe(false);
    expect(goesOn(said(0), said(1, { automatic: { is: true, reason: "" } }))).toBe(false);
    expect(goesOn(said(0), said(1, { masked: true }))).toBe(false);
  });
});
