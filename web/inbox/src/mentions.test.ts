import { describe, expect, it } from "vitest";
import { named, namingAt, offered, spans, type Nameable } from "./mentions";

const people: Nameable[] = [
  { kind: "agent", id: "1", name: "Anna" },
  { kind: "agent", id: "2", name: "Anna Berg" },
  { kind: "agent", id: "3", name: "Jo" },
  { kind: "agent", id: "4", name: "" },
  { kind: "team", id: "5", name: "Returns" },
  { kind: "team", id: "6", name: "Jo" },
];

describe("whom a note names", () => {
  it.each([
    ["@Anna look", ["1"], []],
    ["please, @anna berg!", ["2"], []],
    ["(@Jo) and @jo, @Anna", ["3", "1"], ["6"]],
    ["@Joanna", [], []],
    ["mail jo@anna.example", [], []],
    ["Anna", [], []],
    ["@", [], []],
    ["@@Jo", ["3"], ["6"]],
    ["@returns: where is it?", [], ["5"]],
  ])("%s", (text, mentions, teams) => expect(named(text, people)).toEqual({ mentions, teams }));

  it("tells where", () => {
    expect(spans("Hi @Anna Berg, @Jo", people).map((s) => [s.from, s.to])).toEqual([
      [3, 13],
      [15, 18],
    ]);
  });
});

describe("what is being named", () => {
  it.each([
    ["@", 1, { from: 0, part: "" }],
    ["ask @an", 7, { from: 4, part: "an" }],
    ["ask @an", 4, null],
    ["@Anna Be", 8, { from: 0, part: "Anna Be" }],
    ["jo@anna", 7, null],
    ["@an\nx", 5, null],
  ])("%s at %i", (text, caret, want) => expect(namingAt(text, caret)).toEqual(want));

  it.each([
    ["", ["Anna", "Anna Berg", "Jo", "", "Returns", "Jo"]],
    ["an", ["Anna", "Anna Berg"]],
    ["anna", ["Anna", "Anna Berg"]],
    ["anna b", ["Anna Berg"]],
    ["anna berg", []],
    ["ber", ["Anna Berg"]],
    ["jo", ["Jo", "Jo"]],
    ["anna berg look", []],
  ])("offers for %s", (part, want) => expect(offered(part, people).map((p) => p.name)).toEqual(want));
});
