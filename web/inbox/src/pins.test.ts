import { describe, expect, it } from "vitest";
import { sentences } from "./pins";

describe("sentences to pin", () => {
  it.each([
    ["Send it to Wien. It is a gift! No?", ["Send it to Wien.", "It is a gift!", "No?"]],
    ["One line\nanother  line\n\n", ["One line", "another line"]],
    ["Same. Same.", ["Same."]],
    ["", []],
    ["x".repeat(400), []],
  ])("of %j", (text, want) => expect(sentences(text)).toEqual(want));
});
