import { afterEach, beforeEach, expect, it, vi } from "vitest";

const page = new EventTarget();
let frames: (() => void)[] = [];

beforeEach(() => {
  frames = [];
  vi.stubGlobal("document", page);
  vi.stubGlobal("requestAnimationFrame", (f: () => void) => frames.push(f));
});
afterEach(() => vi.unstubAllGlobals());

it("has what is read wait for the frame of a key, and no longer", async () => {
  const { keyFrame } = await import("./afterkey");
  expect(keyFrame()).toBeUndefined();
  page.dispatchEvent(new Event("keydown"));
  const frame = keyFrame();
  expect(frame).toBeDefined();
  page.dispatchEvent(new Event("keydown"));
  expect(keyFrame()).toBe(frame); // of keys that repeat, the first one's
  for (const f of frames) f();
  await frame;
  await Promise.resolve();
  expect(keyFrame()).toBeUndefined();
});

it("waits for no frame that never comes", async () => {
  const { keyFrame } = await import("./afterkey");
  page.dispatchEvent(new Event("keydown"));
  await keyFrame();
  await Promise.resolve();
  expect(keyFrame()).toBeUndefined();
});
