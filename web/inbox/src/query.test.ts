import { describe, expect, it } from "vitest";
import { completions, filterIn, terms, withFilter, wordsOf } from "./query";

const today = new Date(2026, 2, 1);
const me = { agent: undefined, inboxes: [{ id: "1", name: "Returns DE" }], teams: [], agents: [{ id: "2", name: "Ana Berg", email: "" }], demo: false } as never;

describe("queries", () => {
  it("are cut at spaces outside quotes", () => {
    expect(terms('from:Kim "blue kettle" inbox:"Returns DE" http://x').map((t) => `${t.name}=${t.value}`)).toEqual([
      "from=Kim",
      '="blue kettle"',
      "inbox=Returns DE",
      "=http://x",
    ]);
    expect(wordsOf("from:kim kettle status:open blue")).toBe("kettle blue");
  });

  it("take and lose a filter", () => {
    expect(withFilter("kettle", "inbox", "Returns DE")).toBe('kettle inbox:"Returns DE"');
    expect(withFilter('kettle inbox:"Returns DE" blue', "inbox", "")).toBe("kettle blue");
    expect(filterIn('a inbox:"Returns DE"', "inbox")).toBe("Returns DE");
  });

  it("are completed where the caret is", () => {
    expect(completions("", 0, me, today).length).toBeGreaterThan(10);
    expect(completions("st", 2, me, today)).toEqual([{ words: "status:", help: "where it stands", text: "status:", caret: 7 }]);
    expect(completions("kettle status:o", 15, me, today)[0]).toEqual({ words: "status:open", help: "", text: "kettle status:open ", caret: 19 });
    expect(completions("inbox: x", 6, me, today)[0]?.text).toBe('inbox:"Returns DE" x');
    expect(completions("before:", 7, me, today)[1]?.words).toBe("before:2026-02-28");
    expect(completions("assignee:an", 11, me, today)[0]?.words).toBe('assignee:"Ana Berg"');
    expect(completions("status:open", 11, me, today)).toEqual([]);
    expect(completions("kettle ", 7, me, today)).toEqual([]);
    expect(completions("blue", 4, me, today)).toEqual([]);
  });
});
