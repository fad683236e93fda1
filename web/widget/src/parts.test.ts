import { describe, expect, it } from "vitest";
import { contrast, palette, parse } from "./color";
import { backoff } from "./line";
import { parseFrame, parseShop } from "./parse";
import { fold, nothing } from "./state";
import { admitted, bytes, pieces } from "./text";
import { backAt, dayName, fill, wordsFor } from "./words";

describe("pieces", () => {
  // Each text comes back whole, and only plain web addresses lead anywhere.
  for (const [text, hrefs] of [
    ["no address", []],
    ["see https://x.example/a?b=c#d, and (http://y.example/z).", ["https://x.example/a?b=c#d", "http://y.example/z"]],
    ["https://en.example/wiki/Skein_(wool)!", ["https://en.example/wiki/Skein_(wool)"]],
    ["javascript:alert(1) data:text/html,x file:///etc/passwd //x.example", []],
    ["https://bank.example@evil.example/", []],
    ['<a href="https://x.example">', ["https://x.example/"]],
    ["https://", []],
    ["HTTPS://X.example/Ä", ["https://x.example/%C3%84"]],
  ] as const) {
    it(text, () => {
      const out = pieces(text);
      expect(out.map((p) => p.text).join("")).toBe(text);
      expect(out.flatMap((p) => p.href ?? [])).toEqual(hrefs);
    });
  }
});

describe("palette", () => {
  // Whatever colour a shop has, words on it and in it can be read.
  it("is readable in every colour", () => {
    for (let i = 0; i < 4096; i += 7) {
      const color = `#${i.toString(16).padStart(3, "0").replace(/./g, "$&$&")}`;
      for (const dark of [false, true]) {
        const p = palette(color, dark);
        expect(contrast(p.brand, p.on)).toBeGreaterThanOrEqual(4.5);
        expect(contrast(p.ink, parse(dark ? "#151a1a" : "#ffffff"))).toBeGreaterThanOrEqual(4.5);
      }
    }
  });
  it("takes nothing but a colour", () => {
    for (const bad of ["", "red", "#fff;}*{display:none", "url(x)"]) expect(palette(bad, false)).toEqual(palette("#0d6660", false));
  });
});

describe("parse", () => {
  it("ignores what it doesn't know and mends what it does", () => {
    expect(fold(nothing, parseFrame('{"t":"confetti","seq":7}'))).toEqual({ ...nothing, seq: 7 });
    expect(fold(nothing, parseFrame("7"))).toEqual(nothing);
    expect(parseFrame('{"t":"history","messages":null,"seq":"x"}')).toMatchObject({ messages: [], seq: 0, more: false });
    expect(parseFrame('{"t":"message","id":"m","text":7,"files":[{"id":"f"}],"at":"2026-01-02T03:04:05Z"}')).toMatchObject({ text: "", files: [{ id: "f", name: "" }], at: Date.UTC(2026, 0, 2, 3, 4, 5) });
    expect(parseShop({ brand: null })).toMatchObject({ open: true, opensAt: 0, fileTypes: [], brand: { name: "" } });
  });
  it("throws at what can't be read", () => {
    for (const bad of ["", "{", '{"t":"message"}', '{"t":"history","messages":[{}]}']) expect(() => parseFrame(bad)).toThrow();
  });
});

describe("files", () => {
  it("are of the kinds that are taken", () => {
    const file = { name: "a.PDF", type: "application/pdf" };
    expect([[], ["application/pdf"], [".pdf"], ["application/*"], ["image/*", ".png"]].map((t) => admitted(file, t))).toEqual([true, true, true, true, false]);
  });
  it("have a size in words", () => {
    expect([1, 12_345, 999_400, 1_234_567, 25_000_000].map((n) => bytes(n, "en"))).toEqual(["1 kB", "12 kB", "999 kB", "1.2 MB", "25 MB"]);
  });
});

describe("words", () => {
  it("are in the page's language, or the visitor's, or English", () => {
    expect([["de-AT", "en"], ["fr", "de"], ["fr"], [""]].map((l) => [wordsFor(l).lang, wordsFor(l).words.send])).toEqual([
      ["de-AT", "Senden"],
      ["de", "Senden"],
      ["en", "Send"],
      ["en", "Send"],
    ]);
  });
  it("are there in every language", () => {
    const [en, de] = [wordsFor(["en"]).words, wordsFor(["de"]).words];
    for (const [k, v] of Object.entries(en)) {
      const other = de[k as keyof typeof de];
      expect(other, k).toBeTruthy();
      expect(other.split("$").length, k).toBe(v.split("$").length);
    }
  });
  it("take what is filled in as it is", () => {
    expect(fill("$ is larger than $.", "$&.png", "5 MB")).toBe("$&.png is larger than 5 MB.");
  });
  it("tell days", () => {
    const now = new Date(2026, 4, 4, 12).getTime();
    expect([dayName(now, now, "de"), dayName(now - 864e5, now, "en-GB")]).toEqual(["heute", "Sunday 3 May"]);
    expect(backAt(now + 36e5, now, "en-GB")).toBe("13:00");
    expect(backAt(now + 864e5, now, "en-GB")).toBe("Tuesday 5 May at 12:00");
  });
});

describe("backoff", () => {
  it("grows, is random, and has an end", () => {
    expect([0, 1, 4, 50].map((n) => [backoff(n, () => 0), backoff(n, () => 1)])).toEqual([
      [250, 500],
      [500, 1000],
      [4000, 8000],
      [15_000, 30_000],
    ]);
  });
});
