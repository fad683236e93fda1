import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import de from "./de";
import en from "./en";
import { figure, listed, plural } from "./figures";
import { languageOf, settle, words } from "./language";

describe("plural", () => {
  it("takes the form and the figure of the language", () => {
    const forms = { one: "# Auftrag", few: "# (wenige)", other: "# Aufträge" };
    expect([0, 1, 2, 1234].map((n) => plural(n, forms, "de"))).toEqual(["0 Aufträge", "1 Auftrag", "2 Aufträge", "1.234 Aufträge"]);
    expect(plural(3, forms, "pl")).toBe("3 (wenige)");
    expect(plural(5, forms, "pl")).toBe("5 Aufträge"); // "many" isn't there: the other form it is
  });
});

describe("the page's language", () => {
  it("is one that it has words in", () => {
    expect(["de", "DE-at", "en-GB", "fr", ""].map(languageOf)).toEqual(["de", "de", "en", undefined, undefined]);
  });

  it("holds for words and figures alike, from one moment to the next", () => {
    expect([words().login.signIn, figure(1234.5), listed(["Ana", "Ben"])]).toEqual(["Sign in", "1,234.5", "Ana and Ben"]);
    settle("de-DE", de);
    expect([words().login.signIn, figure(1234.5), listed(["Ana", "Ben"])]).toEqual(["Anmelden", "1.234,5", "Ana und Ben"]);
    settle("en-US", en);
  });
});

describe("every catalogue", () => {
  const leaves = (o: object, at = ""): string[] =>
    Object.entries(o).flatMap(([k, v]: [string, unknown]) => (v !== null && typeof v === "object" ? leaves(v, `${at}${k}.`) : v === "" ? [at + k] : []));
  // A word that is empty in English is a sentence's end that another language may need.
  it("leaves no word empty that English has", () => {
    expect(leaves(de).filter((k) => !leaves(en).includes(k))).toEqual([]);
  });
});

describe("the style sheets", () => {
  const folder = fileURLToPath(new URL("../styles/", import.meta.url));
  it("say neither left nor right", () => {
    const physical = /(?:(?:^|[\s;{])(?:left|right)\s*:|(?:margin|padding|border)-(?:left|right)|border-(?:top|bottom)-(?:left|right)-radius|(?:text-align|float|clear)\s*:\s*(?:left|right))/u;
    const found = readdirSync(folder).flatMap((f) =>
      readFileSync(folder + f, "utf8")
        .split("\n")
        .filter((line) => physical.test(line)),
    );
    expect(found).toEqual([]);
  });
});
