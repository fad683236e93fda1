import { describe, expect, it } from "vitest";
import { between, type Activity } from "./activity";
import { saidOf } from "./activitysaid";
import { words } from "./activitywords";
import type { Message } from "./types";

const aMessage = (id: string, sentAt: string): Message => ({ id, sentAt, createdAt: sentAt }) as Message;
const anActivity = (id: string, at: string, more: Partial<Activity> = {}): Activity => ({
  id, at, by: "Ana", byId: "a", status: "", assigned: null, team: null, inbox: null, priority: null, tagged: [], untagged: [], joined: 0, order: null, ...more,
});

describe("what happened between the messages", () => {
  const messages = [aMessage("1", "2026-01-01T10:00:00Z"), aMessage("2", "2026-01-01T12:00:00Z")];
  const all = [anActivity("x", "2026-01-01T09:00:00Z"), anActivity("y", "2026-01-01T11:00:00Z"), anActivity("z", "2026-01-01T13:00:00Z")];
  const ids = (more: boolean): readonly (readonly [string, readonly string[]])[] => [...between(messages, all, more)].map(([id, list]) => [id, list.map((a) => a.id)]);

  it("stands where it happened", () => {
    expect(ids(false)).toEqual([["1", ["x"]], ["2", ["y"]], ["", ["z"]]]);
  });
  it("leaves out what is older than what is here", () => {
    expect(ids(true)).toEqual([["2", ["y"]], ["", ["z"]]]);
  });
});

describe("an activity in words", () => {
  const say = (more: Partial<Activity>): string => saidOf(anActivity("x", "2026-01-01T09:00:00Z", more), words());

  it("says who did what, all of it at once", () => {
    expect(say({ assigned: { id: "a", name: "Ana" }, status: "closed" })).toBe("Ana took it, closed it");
    expect(say({ assigned: { id: "", name: "" }, tagged: ["late", "vip"] })).toBe("Ana assigned it to nobody, tagged it late, vip");
    expect(say({ joined: 12, priority: 2 })).toBe("Ana joined #12 to it, set its priority to urgent");
  });
  it("says it of nobody where no agent did it", () => {
    expect(say({ by: "", byId: "", status: "open" })).toBe("Opened again");
    expect(say({ by: "", order: { number: "HP-1", kind: "shipment", status: "delivered", amount: 0, currency: "" } })).toBe("Parcel of HP-1: delivered");
    expect(say({ by: "", order: { number: "HP-1", kind: "refund", status: "", amount: 1250, currency: "EUR" } })).toMatch(/12\.50.*HP-1/u);
  });
});
