import { describe, expect, it } from "vitest";
import { axisOf } from "./axis";

describe("the axis of counts", () => {
  it("ends at a round number above them", () => {
    expect(axisOf([0, 3, 7])).toEqual({ top: 10, lines: [5, 10] });
    expect(axisOf([0, 5])).toEqual({ top: 5, lines: [5] });
    expect(axisOf([])).toEqual({ top: 1, lines: [1] });
    expect(axisOf([255])).toEqual({ top: 400, lines: [200, 400] });
  });
  it("ends below the few that are far above the others", () => {
    expect(axisOf([255, 40, 0, 3, 2]).top).toBe(4);
    expect(axisOf([255, 0, 1]).top).toBe(1);
    expect(axisOf([255, 60, 3]).top).toBe(4);
    expect(axisOf([21, 5, 1]).top).toBe(40);
    expect(axisOf([100, 90, 80, 3]).top).toBe(100);
  });
});
