import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { idleAfter, restAfter, sayAgain, Whereabouts, type Stand } from "./whereabouts";

describe("Whereabouts", () => {
  let said: Stand[] = [];
  let w: Whereabouts;
  const last = (): Partial<Stand> => said.at(-1) ?? {};

  beforeEach(() => {
    vi.useFakeTimers();
    said = [];
    w = new Whereabouts((s) => said.push(s));
  });
  afterEach(() => {
    w.stop();
    vi.useRealTimers();
  });

  it("says what changed, once", () => {
    w.look("c1");
    w.look("c1");
    expect(said).toEqual([{ open: "c1", typing: "", idle: false, away: false, chosen: 0 }]);
    w.choose({ away: true, at: 7 });
    expect(last()).toMatchObject({ open: "c1", away: true, chosen: 7 });
  });

  // The server forgets typing after six seconds: it is said again in time, and not with every key.
  it("says typing again while keys are pressed, and stops by itself", () => {
    w.look("c1");
    for (let ms = 0; ms < 10_000; ms += 200) {
      w.typed("reply");
      vi.advanceTimersByTime(200);
    }
    const typing = said.filter((s) => s.typing === "reply").length;
    expect(typing).toBe(Math.ceil(10_000 / sayAgain));
    vi.advanceTimersByTime(restAfter);
    expect(last()).toMatchObject({ typing: "" });
    w.typed("note");
    expect(last()).toMatchObject({ typing: "note" });
    w.rest();
    expect(last()).toMatchObject({ typing: "" });
  });

  it("is nowhere while the tab is hidden, and types in no conversation that it left", () => {
    w.look("c1");
    w.typed("reply");
    w.show(false);
    expect(last()).toMatchObject({ open: "", typing: "" });
    w.show(true);
    expect(last()).toMatchObject({ open: "c1", typing: "reply" });
    w.look("c2");
    expect(last()).toMatchObject({ open: "c2", typing: "" });
  });

  it("is idle when nobody touches anything, until somebody does", () => {
    w.touched();
    vi.advanceTimersByTime(idleAfter - 1);
    w.touched();
    vi.advanceTimersByTime(idleAfter - 1);
    expect(said).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(last()).toMatchObject({ idle: true });
    w.touched();
    expect(last()).toMatchObject({ idle: false });
  });
});
