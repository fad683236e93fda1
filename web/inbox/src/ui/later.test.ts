import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { patiently } from "./later";
import { offlineSince } from "./signals";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  offlineSince.set(0);
  vi.useRealTimers();
});

test("what can't be loaded without a connection comes when there is one again, and is told once", async () => {
  offlineSince.set(1);
  const say = vi.fn();
  const get = vi.fn(() => (offlineSince.get() > 0 ? Promise.reject(new Error("no network")) : Promise.resolve("here")));
  const got = patiently(get, say);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(say).toHaveBeenCalledTimes(1);
  offlineSince.set(0);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await got).toBe("here");
});

test("what is not there although there is a connection is an error, and nothing is told", async () => {
  const say = vi.fn();
  const get = vi.fn(() => Promise.reject(new Error("404")));
  const got = patiently(get, say).catch((e: unknown) => String(e));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await got).toBe("Error: 404");
  expect(get.mock.calls.length).toBeGreaterThan(1);
  expect(say).not.toHaveBeenCalled();
});
