import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, problem } from "./api/client";
import { aMessage } from "./fixtures";
import { judge, Outbox, type Entry } from "./outbox";
import type { Message } from "./types";

const reply = {
  conversationId: "c1",
  kind: "reply" as const,
  text: "It leaves today.",
  html: "<p>It leaves today.</p>",
  to: [{ address: "ines@mail.test", name: "Ines" }],
  cc: [],
  attachments: [],
  seenSeq: 4,
  close: false,
  at: 0,
};

function rig(answers: (Message | Error)[]): { outbox: Outbox; posted: Entry[]; sent: string[]; kept: { text: string } } {
  const posted: Entry[] = [];
  const sent: string[] = [];
  const kept = { text: "[]" };
  let n = 0;
  const outbox = new Outbox({
    post: (e) => {
      posted.push(e);
      const a = answers.shift() ?? new Error("no answer left");
      return a instanceof Error ? Promise.reject(a) : Promise.resolve(a);
    },
    newKey: () => `key${++n}`,
    onSent: (_, m) => sent.push(m.id),
    keep: {
      load: () => kept.text,
      save: (t) => {
        kept.text = t;
      },
    },
  });
  return { outbox, posted, sent, kept };
}

const away = new ApiError(0, "unavailable", "away");
const ok = aMessage("m9", "c1", { direction: "out" });
const customer = aMessage("m5", "c1", { seq: 5, text: "One more thing" });
const colleague = aMessage("m6", "c1", { seq: 6, direction: "out" });

describe("Outbox", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const settled = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

  it("sends and forgets", async () => {
    const r = rig([ok]);
    r.outbox.send(reply);
    expect(r.outbox.all()[0]?.phase.is).toBe("sending");
    await settled();
    expect(r.outbox.all()).toEqual([]);
    expect(r.sent).toEqual(["m9"]);
    expect(r.kept.text).toBe("[]");
  });

  // The server may have taken a request whose answer was lost: the same key again makes it one message.
  it("keeps the key over every try, without a connection and over a reload", async () => {
    const r = rig([away, new ApiError(503, "unavailable", ""), away]);
    r.outbox.send(reply);
    await settled();
    expect(r.outbox.all()[0]?.phase.is).toBe("waiting");
    r.outbox.flush();
    await vi.advanceTimersByTimeAsync(5_000);
    const later = rig([ok]);
    later.kept.text = r.kept.text;
    later.outbox.resume();
    expect(later.outbox.all()[0]?.phase.is).toBe("sending"); // it isn't shown beside its own message
    await settled();
    expect([...r.posted, ...later.posted].map((e) => e.key)).toEqual(["key1", "key1", "key1", "key1"]);
    expect(later.sent).toEqual(["m9"]);
  });

  it("keeps what came between, and sends anyway as one who has seen it", async () => {
    const r = rig([new ApiError(409, "conflict", "newer", [customer]), ok]);
    r.outbox.send(reply);
    await settled();
    const e = r.outbox.all()[0];
    expect(e?.phase).toEqual({ is: "newer", newer: [customer] });
    expect(r.posted).toHaveLength(1);
    r.outbox.flush(); // a connection that comes back decides nothing
    await settled();
    expect(r.posted).toHaveLength(1);
    r.outbox.anyway("key1");
    await settled();
    expect(r.posted[1]).toMatchObject({ key: "key2", seenSeq: 5, text: reply.text });
    expect(r.sent).toEqual(["m9"]);
  });

  it("hands a refused reply back for writing on", async () => {
    const r = rig([new ApiError(422, "invalid", "The address is wrong.")]);
    r.outbox.send(reply);
    await settled();
    expect(r.outbox.all()[0]?.phase).toEqual({ is: "refused", words: "The address is wrong." });
    expect(r.outbox.take("key1")).toMatchObject({ html: reply.html, to: reply.to });
    expect(r.outbox.all()).toEqual([]);
  });

  it("starts empty from storage that it can't read", () => {
    for (const text of ["", "{", "null", '[{"key":1}]', '"x"']) {
      const r = rig([]);
      r.kept.text = text;
      r.outbox.resume();
      expect(r.outbox.all()).toEqual([]);
    }
  });
});

describe("judge", () => {
  it("tells a customer's words from a colleague's answer", () => {
    expect(judge([customer])).toBe("customer");
    expect(judge([customer, colleague])).toBe("colleague");
  });
});

describe("problem", () => {
  it("reads what came between out of a 409", async () => {
    const e = await problem(409, { status: 409, code: "conflict", detail: "newer", newer: [{ id: "m5", conversationId: "c1", seq: 5 }] });
    expect(e.newer.map((m) => m.seq)).toEqual([5]);
    expect(e.passing).toBe(false);
  });
  it("says something for any body", async () => {
    for (const b of [undefined, null, "", "<html>", 7, []]) expect((await problem(400, b)).message).not.toBe("");
    expect((await problem(500, { detail: "pgx: connection refused" })).message).not.toContain("pgx");
  });
});
