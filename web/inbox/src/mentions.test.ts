import { describe, expect, it } from "vitest";
import { named } from "./mentions";

const people = [
  { id: "1", name: "Anna" },
  { id: "2", name: "Anna Berg" },
  { id: "3", name: "Jo" },
  { id: "4", name: "" },
];

describe("whom a note names", () => {
  it.each([
    ["@Anna look", ["1"]],
    ["please, @anna berg!", ["2"]],
    ["(@Jo) and @jo, @Anna", ["3", "1"]],
    ["@Joanna", []],
    ["mail jo@anna.example", []],
    ["Anna", []],
    ["@", []],
    ["@@Jo", ["3"]],
  ])("%s", (text, want) => expect(named(text, people)).toEqual(want));
});
