import { afterEach, describe, expect, it } from "vitest";
import openapi from "./api/openapi.json";
import { whyNot } from "./whynot";
import de from "./words/de";
import en from "./words/en";
import { settle } from "./words/language";

afterEach(() => settle("en-US", en));

describe("why something isn't offered", () => {
  it("is said in German for every code, and else as the server says it", () => {
    const codes = openapi.components.schemas.ActionOffer.properties.code.enum;
    expect(codes.length).toBeGreaterThan(3);
    expect(whyNot("withheld", "it is switched off")).toBe("it is switched off");
    settle("de-DE", de);
    for (const code of codes) expect(whyNot(code, "English")).not.toBe("English");
    expect(whyNot("", "the moon is full")).toBe("the moon is full");
  });
});
