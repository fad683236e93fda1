import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const hint = "skein.session";

let kept: Map<string, string>;
let hear: (e: { key: string; newValue: string | null }) => void;

beforeEach(() => {
  vi.resetModules();
  kept = new Map();
  vi.stubGlobal("localStorage", {
    getItem: (k: string) => kept.get(k) ?? null,
    setItem: (k: string, v: string) => void kept.set(k, v),
    removeItem: (k: string) => void kept.delete(k),
  });
  vi.stubGlobal("navigator", {});
  vi.stubGlobal("addEventListener", (_: string, l: typeof hear) => {
    hear = l;
  });
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(JSON.stringify({ accessToken: "t", agent: { id: "ana" } }))));
});

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("the session", () => {
  // A page may ask for a token just when it is signed out: what it hears then
  // must not be what it hears ever after.
  it("is followed by a tab that asked for it while nobody was signed in", async () => {
    const session = await import("./session");
    session.followTabs();
    await expect(session.refresh()).rejects.toThrow("signed out");
    kept.set(hint, "ana");
    hear({ key: hint, newValue: "ana" });
    await vi.waitFor(() => expect(session.signedIn()).toBe(true));
    expect(session.myId()).toBe("ana");
  });

  it("asks the server once for all who want a token", async () => {
    kept.set(hint, "ana");
    const asked = vi.fn(fetch);
    vi.stubGlobal("fetch", asked);
    const session = await import("./session");
    expect(await Promise.all([session.refresh(), session.currentToken(), session.refresh()])).toEqual(["t", "t", "t"]);
    expect(asked).toHaveBeenCalledTimes(1);
  });
});
