import { afterEach, describe, expect, it } from "vitest";
import { problem } from "./api/client";
import de from "./words/de";
import en from "./words/en";
import { settle } from "./words/language";

afterEach(() => settle("en-US", en));

describe("a problem in another language", () => {
  const said = async (code: string, detail: string): Promise<string> => (await problem(409, { status: 409, code, detail })).message;
  it("is said by its sentence, else by its code with what the server said", async () => {
    settle("de-DE", de);
    expect(await said("conflict", "the conversation is closed: open it first")).toBe("Das Gespräch ist geschlossen. Öffne es erst wieder.");
    expect(await said("conflict", "what they write there is in #12: go on there, or join the two")).toBe("Dort läuft das Gespräch #12. Mach dort weiter, oder verbinde die beiden.");
    expect(await said("conflict", "the moon is full")).toBe("Das geht gerade nicht: the moon is full");
    expect(await said("not_found", "there is no such moon")).toBe("Das gibt es nicht, oder nicht mehr.");
    expect(await said("teapot", "the moon is full")).toBe("the moon is full");
  });
  it("is a sentence in English, and what a program calls a field stays as it is", async () => {
    expect(await said("conflict", "the conversation is closed: open it first")).toBe("The conversation is closed: open it first.");
    expect(await said("invalid", "body.sendAt has passed")).toBe("body.sendAt has passed");
  });
});
