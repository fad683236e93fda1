import { describe, expect, it } from "vitest";
import { clock, empty, keepOrder, later, level, parseQueues, type Queues } from "./queues";

const window = { offered: 2, handled: 1, abandoned: 0, created: 2, closed: 1 };
const frame = (at: string, trend?: unknown): unknown => ({
  at,
  groups: [
    { by: "all", id: "", waiting: 1, waitingSince: "2026-06-01T10:00:00Z", backlog: 3, last15: window, last30: window, last60: { ...window, firstResponse: { count: 1, median: 30, p90: 60 } }, today: window, ...(trend === undefined ? {} : { trend }) },
  ],
  agents: [{ id: "a", name: "Ana", state: "elsewhere", open: 1, waiting: 0, handled: 2 }],
  thresholds: [
    { figure: "waiting", levels: [1, 2, 3] },
    { figure: "of another version", levels: [1, 2, 3] },
  ],
});

describe("queues", () => {
  it("keeps trends that a later word leaves out, and lets no earlier word win", () => {
    const trend = { minutes: { waiting: [0, 1], longest: [0, 5], backlog: [3, 3] }, spans: { offered: [1], handled: [0], abandoned: [0] }, halfHours: { created: [2], closed: [1] } };
    const first = parseQueues(frame("2026-06-01T10:00:00Z", trend));
    const second = later(first, parseQueues(frame("2026-06-01T10:00:05Z")));
    expect(second.groups[0]?.trend?.waiting).toEqual([0, 1]);
    expect(second.groups[0]?.flow.last60.median).toBe(30);
    expect(later(second, first)).toBe(second);
  });
  it("passes over what it doesn't know", () => {
    const q = parseQueues(frame("2026-06-01T10:00:00Z"));
    expect([...q.thresholds.keys()]).toEqual(["waiting"]);
    expect(q.agents[0]?.state).toBe("offline");
  });
  it("marks a figure from its thresholds on", () => {
    const q: Queues = parseQueues(frame("2026-06-01T10:00:00Z"));
    expect([0, 1, 2, 9].map((n) => level(q, "waiting", n))).toEqual([0, 1, 2, 3]);
    expect(level(q, "backlog", 100)).toBe(0);
    expect(level(q, "waiting", null)).toBe(0);
  });
  it("never moves a row that stays", () => {
    expect(keepOrder(["b", "a", "c"], ["a", "b", "d"])).toEqual(["b", "a", "d"]);
  });
  it("shows times as clocks do", () => {
    expect([7, 750, 10_925, 172_800].map((s) => clock(s, "days"))).toEqual(["0:07", "12:30", "3:02:05", "2 days"]);
    expect(empty("inbox", "i").flow.today.offered).toBe(0);
  });
});
