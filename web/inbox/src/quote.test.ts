import { describe, expect, it } from "vitest";
import { fold, linkify } from "./quote";

const show = (text: string, visible: string): string[] => fold(text, visible).map((s) => (s.folded ? `[${s.text}]` : s.text));

describe("fold", () => {
  const cases: [string, string, string, string[]][] = [
    ["nothing to fold", "Hello\n\nBye", "Hello\n\nBye", ["Hello\n\nBye"]],
    ["no view", "Hello", "", ["Hello"]],
    ["empty", "", "", []],
    ["answer above", "Yes.\n\nOn Monday X wrote:\n> Really?\n> Sure?", "Yes.", ["Yes.", "[On Monday X wrote:\n> Really?\n> Sure?]"]],
    ["answer below", "> Really?\n\nYes.", "Yes.", ["[> Really?]", "Yes."]],
    ["answers between", "> One?\nYes.\n> Two?\nNo.", "Yes.\nNo.", ["[> One?]", "Yes.", "[> Two?]", "No."]],
    ["other white space", "Yes,  it\tis.\r\n> Really?", "Yes, it is.", ["Yes,  it\tis.", "[> Really?]"]],
    ["signature", "Yes.\n-- \nInes", "Yes.", ["Yes.", "[-- \nInes]"]],
    ["a view with other line ends", "one two\nthree", "one two three", ["one two\nthree"]],
    ["a view that isn't in the text", "abc\ndef", "xyz", ["xyz", "[abc\ndef]"]],
  ];
  it.each(cases)("%s", (_, text, visible, want) => {
    expect(show(text, visible)).toEqual(want);
  });

  // Every line of the text is shown or stands behind the fold.
  it("loses nothing", () => {
    const words = ["Yes.", "No.", "> quoted", ">> twice", "", "On Monday X wrote:", "-- ", "Ines"];
    for (let n = 0; n < 500; n++) {
      const text = Array.from({ length: n % 9 }, (_, i) => words[(n * 7 + i * i * 3) % words.length] ?? "").join("\n");
      const visible = text.split("\n").filter((l, i) => !l.startsWith(">") && (n + i) % 3 !== 0).join("\n");
      const all = fold(text, visible).map((s) => s.text).join("\n");
      for (const line of text.split("\n")) if (line.trim() !== "") expect(all).toContain(line.trim());
    }
  });
});

describe("linkify", () => {
  it("finds addresses and leaves the rest", () => {
    expect(linkify("see https://a.test/x?y=1, or mail me@b.test.")).toEqual([
      { text: "see " },
      { text: "https://a.test/x?y=1", href: "https://a.test/x?y=1" },
      { text: ", or mail " },
      { text: "me@b.test", href: "mailto:me@b.test" },
      { text: "." },
    ]);
  });
  it("never makes a link of anything but web and mail addresses", () => {
    for (const s of ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd"]) {
      expect(linkify(s).every((w) => w.href === undefined)).toBe(true);
    }
  });
});
