// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { calm } from "./calm";
import { parseDraft, blank, isBlank } from "./draft";
import { aConversation, aMessage } from "./fixtures";
import { mailDocument, worthShowing } from "./mailhtml";
import { at, href, placeOf } from "./place";
import { plainText } from "./plaintext";
import { parseParties, showParties, suggest } from "./recipients";
import { newestFirst } from "./lists";
import { delivery } from "./messagewords";
import { bytes, money } from "./words";

describe("plainText", () => {
  const t = (text: string, ...marks: { type: string; attrs?: Record<string, unknown> }[]): object => ({ type: "text", text, marks });
  const p = (...content: object[]): object => ({ type: "paragraph", content });
  const li = (...content: object[]): object => ({ type: "listItem", content });
  const cases: [string, object[], string][] = [
    ["paragraphs", [p(t("One")), p(t("Two"), { type: "hardBreak" }, t("three"))], "One\n\nTwo\nthree"],
    ["list", [{ type: "bulletList", content: [li(p(t("a"))), li(p(t("b")))] }], "- a\n- b"],
    ["numbers", [{ type: "orderedList", content: [li(p(t("a"))), li(p(t("b")))] }], "1. a\n2. b"],
    ["nested", [{ type: "bulletList", content: [li(p(t("a")), { type: "bulletList", content: [li(p(t("b")))] })] }], "- a\n  - b"],
    ["quote", [{ type: "blockquote", content: [p(t("a")), p(t("b"))] }], "> a\n>\n> b"],
    ["link", [p(t("here", { type: "link", attrs: { href: "https://a.test" } }))], "here (https://a.test)"],
    ["bare link", [p(t("https://a.test", { type: "link", attrs: { href: "https://a.test" } }))], "https://a.test"],
    ["nothing", [p()], ""],
  ];
  it.each(cases)("%s", (_, content, want) => {
    expect(plainText({ type: "doc", content: content })).toBe(want);
  });
});

describe("recipients", () => {
  it("suggests the customer and the others of the newest mail, never ourselves", () => {
    const c = aConversation("c1");
    const got = suggest(c, [
      aMessage("m1", "c1", { direction: "out", author: { kind: "agent", agentId: "a", name: "", address: "help@shop.test" } }),
      aMessage("m2", "c1", {
        cc: [
          { address: "HELP@shop.test", name: "" },
          { address: "joana@mail.test", name: "Joana" },
          { address: "Ines@mail.test", name: "" },
        ],
      }),
    ]);
    expect(got.to.map((p) => p.address)).toEqual(["ines@mail.test"]);
    expect(got.cc.map((p) => p.address)).toEqual(["joana@mail.test"]);
  });
  it("names nobody in a chat", () => {
    expect(suggest(aConversation("c1", { channel: "chat" }), [])).toEqual({ to: [], cc: [] });
  });
  it("reads what was typed", () => {
    expect(parseParties('Ines <ines@mail.test>, "B, C" ; x@y.test, x@y.test, nobody')).toEqual({
      parties: [
        { address: "ines@mail.test", name: "Ines" },
        { address: "x@y.test", name: "" },
      ],
      bad: ['"B', 'C"', "nobody"],
    });
  });
  it("shows what it can read again", () => {
    const parties = [
      { address: "ines@mail.test", name: "Duarte, Ines <x>" },
      { address: "b@c.test", name: "" },
    ];
    const again = parseParties(showParties(parties));
    expect(again.bad).toEqual([]);
    expect(again.parties.map((p) => p.address)).toEqual(["ines@mail.test", "b@c.test"]);
  });
});

describe("place", () => {
  it("survives a reload", () => {
    for (const p of [
      at("mine"),
      at("unassigned", { status: "pending" }),
      at("all", { status: "all", inbox: "i1" }),
      at("closed"),
      at("search", { q: "wo ist & mein ?paket" }),
      at("mine", { open: "4821", status: "pending" }),
      at("search", { open: "7", q: "lid" }),
    ]) {
      const url = new URL(href(p), "http://x");
      expect(placeOf(url.pathname, url.search), href(p)).toEqual(p);
    }
  });
  it("has the addresses that people pass on", () => {
    expect(href(at("mine"))).toBe("/mine");
    expect(href(at("search", { q: "lid" }))).toBe("/search?q=lid");
    expect(placeOf("/c/4821", "")).toEqual(at("all", { open: "4821" }));
    expect(placeOf("/nowhere", "")).toBeNull();
    expect(placeOf("/c/1/2", "")).toBeNull();
  });
});

describe("calm", () => {
  const c = (id: string, minute: number): ReturnType<typeof aConversation> =>
    aConversation(id, { lastAt: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString() });
  const held = (ids: string[], fresh: ReturnType<typeof c>[], acted: string[] = []): { rows: string; held: number } => {
    const got = calm(ids, fresh, (id) => c(id, 0), (id) => acted.includes(id), newestFirst);
    return { rows: got.rows.map((x) => x.id).join(""), held: got.held };
  };
  it("holds back what would push rows down, and lets pages come in below", () => {
    expect(held(["a", "b"], [c("n", 9), c("a", 5), c("b", 4), c("z", 1)])).toEqual({ rows: "abz", held: 1 });
  });
  it("keeps the place of what moved up and of what others took away", () => {
    expect(held(["a", "b", "x"], [c("b", 9), c("a", 5)])).toEqual({ rows: "abx", held: 0 });
  });
  it("lets go of what this agent sent away", () => {
    expect(held(["a", "x", "b"], [c("a", 5), c("b", 4)], ["x"])).toEqual({ rows: "ab", held: 0 });
  });
});

describe("mailDocument", () => {
  const parse = (html: string): Document => new DOMParser().parseFromString(html, "text/html");
  const ink = { text: "#111", link: "#066", dark: true, fonts: "@font-face { font-family: X }" };
  const make = (html: string, images = false): ReturnType<typeof mailDocument> =>
    mailDocument(html, parse, images, (id) => (id === "pic" ? "https://skein.test/a1" : ""), ink);

  it("loads nothing of other servers until asked", () => {
    const html = '<img data-remote-src="http://t.test/p.gif"><img data-cid="pic">';
    expect(make(html).html).not.toContain(' src="http://');
    expect(make(html).html).not.toContain(' src="https://t.test');
    expect(make(html).html).not.toContain(" https:;");
    expect(make(html).html).toContain("skein.test/a1");
    const asked = make(html, true).html;
    expect(asked).toContain('src="https://t.test/p.gif"');
    expect(asked).toContain("img-src 'self' data: blob: https:");
    const named = '<img data-remote-src="https://t.test/p.gif" alt="A <b>pier">';
    expect(make(named).html).toContain('<span class="skein-image">A &lt;b&gt;pier</span>');
    expect(make(named, true).html).toContain('src="https://t.test/p.gif"');
  });
  it("has the page's font", () => expect(make("<p>x</p>").html).toContain(ink.fonts));
  // The server has taken these out; the frame would not run them; here they go a third time.
  it("lets no script, form or odd link through", () => {
    const { html } = make(
      '<script>x()</script><form action="//e.test"></form><a href="javascript:x()">a</a><base href="//e.test"><meta http-equiv="refresh" content="0">' +
        '<a href="https://ok.test">b</a>',
    );
    expect(html).not.toMatch(/<script|<form|javascript:|e\.test|refresh/);
    expect(html).toContain('rel="noopener noreferrer"');
    expect(html).toContain('target="_blank"');
  });
  it("folds the quotes of common mail programs, the outermost once", () => {
    const { html } = make('<p>Yes</p><blockquote type="cite">a<blockquote type="cite">b</blockquote></blockquote>');
    expect(html.match(/<details/g)).toHaveLength(1);
    expect(html).toContain("b</blockquote>");
  });
  it("puts a mail with colours of its own on paper", () => {
    expect(make('<p style="font-size: 12px; color: red">x</p>').paper).toBe(true);
    expect(make('<p style="font-size: 12px">x</p>').paper).toBe(false);
    expect(make("<table><tr><td bgcolor='#eee'>x</td></tr></table>").paper).toBe(true);
    expect(make("<p>x</p>").paper).toBe(false);
  });
  it("shows text where the HTML says no more", () => {
    expect(worthShowing("<div>Hello<br>there</div>", parse)).toBe(false);
    expect(worthShowing("<div>Hello <b>there</b></div>", parse)).toBe(true);
    expect(worthShowing("", parse)).toBe(false);
  });
});

describe("draft", () => {
  it("reads what it can and is blank otherwise", () => {
    expect(parseDraft(null)).toEqual(blank);
    expect(parseDraft("{")).toEqual(blank);
    expect(parseDraft("[]")).toEqual(blank);
    const d = { ...blank, html: "<p>x</p>", text: "x", to: [{ address: "a@b.test", name: "" }], seenSeq: 4, at: 9 };
    expect(parseDraft(JSON.stringify(d))).toEqual(d);
    expect(isBlank(d)).toBe(false);
    expect(isBlank({ ...blank, text: "  " })).toBe(true);
  });
});

describe("words", () => {
  it("says what to do where something is to be done", () => {
    for (const state of ["failed", "uncertain"] as const) {
      const d = delivery({ state, stateDetail: "" });
      expect(d.resend).toBe(true);
      expect(d.explain).not.toBe("");
    }
    expect(delivery({ state: "sent", stateDetail: "" }).resend).toBe(false);
  });
  it("writes amounts and sizes", () => {
    expect(money(12890, "EUR", "en")).toBe("€128.90");
    expect(money(500, "JPY", "en")).toBe("¥500");
    expect(money(100, "??", "en")).toBe("1.00 ??");
    expect([bytes(12), bytes(184_223), bytes(2_411_223), bytes(24_000_000)]).toEqual(["12 B", "184 kB", "2.4 MB", "24 MB"]);
  });
});
