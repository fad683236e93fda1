import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { why } from "./whywords";
import de from "./words/de";
import en from "./words/en";
import { settle } from "./words/language";

const server = (file: string): string => readFileSync(fileURLToPath(new URL(`../../../inbox/${file}`, import.meta.url)), "utf8");

describe("why", () => {
  afterEach(() => settle("en-US", en));

  it("leaves English as it came", () => {
    expect(why("Answers a message here")).toBe("Answers a message here");
  });

  it("keeps what is named, and what it doesn't know", () => {
    settle("de-DE", de);
    expect(why("The same customer wrote of order HP-7 here")).toBe("Derselbe Kunde schrieb hier über Bestellung HP-7");
    expect(why("Something new")).toBe("Something new");
  });

  // The sentences are the server's: one that it says otherwise would come in English.
  it("knows every reason that the rules and the store give", () => {
    settle("de-DE", de);
    const said = [
      ...server("thread/decide.go").matchAll(/Text: "([^"]+)"/gu),
      ...server("thread/edges.go").matchAll(/Text: "([^"]+)"|byToken\(\S.*, "([^"]+)"\)|inbox\.By\w+: +"([^"]+)"/gu),
      ...server("thread/join.go").matchAll(/Text: "([^"]+)"/gu),
      ...server("thread/matter.go").matchAll(/Text: "([^"]+)",/gu),
      ...server("evidence.go").matchAll(/QuotesAnother = "([^"]+)"/gu),
      ...server("store/related.go").matchAll(/inbox\.Related\w+, "([^"]+)"/gu),
    ].map((m) => m.slice(1).join(""));
    expect(said.length).toBeGreaterThanOrEqual(15);
    expect(said.filter((s) => why(s.endsWith(" ") ? `${s}7` : s) === (s.endsWith(" ") ? `${s}7` : s))).toEqual([]);
  });
});
