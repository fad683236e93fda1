import { describe, expect, it } from "vitest";
import { aConversation, aMessage, aTask } from "./fixtures";
import { customer, order } from "./parsecustomer";
import {
  apply,
  empty,
  forgetMessages,
  messagesOf,
  openTasks,
  overlay,
  parseChange,
  putConversations,
  putMessages,
  putOrders,
  putTasks,
  settle,
  shown,
  type Change,
  type State,
  withoutGone,
} from "./state";
import { countOf, everything, pick, type Filter } from "./lists";
import type { Message, Order, Status } from "./types";

// A small generator with a seed: a failure can be run again.
function random(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffle<T>(items: readonly T[], next: () => number): T[] {
  const out = [...items];
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [out[i], out[j]] = [out[j] as T, out[i] as T];
  }
  return out;
}

const common = (entity: string, version: number): { entity: string; version: number; history: boolean } => ({ entity, version, history: false });

// What a server may tell of a few conversations and their messages: every
// version once, and some that go out of sight, for good or to come back.
function history(next: () => number): Change[] {
  const statuses: Status[] = ["open", "pending", "closed", "spam"];
  const all: Change[] = [];
  for (let c = 0; c < 5; c++) {
    const id = `c${c}`;
    const versions = 1 + Math.floor(next() * 6);
    for (let v = 1; v <= versions; v++) {
      if (v > 1 && next() < 0.25) {
        all.push({ kind: "gone", entity: id, version: v });
        continue;
      }
      const status = statuses[Math.floor(next() * 4)] ?? "open";
      const lastAt = new Date(Date.UTC(2026, 0, 1, 0, Math.floor(next() * 5))).toISOString();
      all.push({ ...common(id, v), kind: "conversation.changed", conversation: aConversation(id, { version: v, status, lastAt }) });
    }
    for (let m = 1; m <= 3; m++) {
      for (let v = 1; v <= 1 + Math.floor(next() * 3); v++) {
        const truncated = next() < 0.3;
        if (v > 1 && next() < 0.1) {
          all.push({ kind: "gone", entity: `${id}m${m}`, version: v }); // moved where this agent can't see it
          continue;
        }
        const at = v > 1 && next() < 0.3 ? `c${Math.floor(next() * 5)}` : id; // or elsewhere
        const msg = aMessage(`${id}m${m}`, at, { seq: 3 * c + m, version: v, truncated, text: truncated ? "" : `text ${v}` });
        all.push({ ...common(msg.id, v), kind: "message.changed", message: msg, movedFrom: "" });
        if (truncated) {
          all.push({ ...common(msg.id, v), kind: "message.changed", message: { ...msg, truncated: false, text: `text ${v}` }, movedFrom: "" });
        }
      }
    }
  }
  for (let k = 0; k < 4; k++) {
    const id = `t${k}`;
    for (let v = 1; v <= 1 + Math.floor(next() * 5); v++) {
      if (v > 1 && next() < 0.2) {
        all.push({ kind: "gone", entity: id, version: v }); // its newest call was to another inbox
        continue;
      }
      const dueAt = new Date(Date.UTC(2026, 0, 1, 0, Math.floor(next() * 3))).toISOString();
      all.push({ ...common(id, v), kind: "task.changed", task: aTask(id, { version: v, dueAt, calls: v, state: next() < 0.3 ? "done" : "open" }) });
    }
  }
  return all;
}


// What an agent sees of a state.
function seen(s: State): unknown {
  return {
    rows: pick(s, everything, "me", "all"),
    open: pick(s, { ...everything, status: "open" }, "me", "all").map((c) => c.id),
    messages: [...s.messages.keys()].sort().map((id) => messagesOf(s, id)),
    tasks: openTasks(s, () => true),
    gone: [...s.gone].sort(),
  };
}

describe("apply", () => {
  // However changes arrive, and however often, the state is the same.
  it("gives the same state in any order, with duplicates", () => {
    for (let seed = 1; seed <= 300; seed++) {
      const next = random(seed);
      const all = history(next);
      const want = seen(all.reduce(apply, empty));
      const repeated = shuffle([...all, ...all.filter(() => next() < 0.5)], next);
      expect(seen(repeated.reduce(apply, empty)), `seed ${seed}`).toEqual(want);
    }
  });

  // Events that are applied to an old state equal a fresh fetch.
  it("ends where a fetch ends", () => {
    for (let seed = 1; seed <= 100; seed++) {
      const next = random(seed);
      const all = history(next);
      const cut = Math.floor(next() * all.length);
      const full = all.reduce(apply, empty);
      const fetched = putMessages(
        putConversations(
          putTasks(all.slice(0, cut).reduce(apply, empty), [...full.tasks.values()]),
          [...full.conversations.values()],
        ),
        [...full.messages.values()].flatMap((m) => [...m.values()]),
      );
      expect(seen(all.slice(cut).reduce(apply, fetched)), `seed ${seed}`).toEqual(seen(full));
    }
  });

  it("returns the very same state for what it has", () => {
    const c: Change = { ...common("c1", 2), kind: "conversation.changed", conversation: aConversation("c1", { version: 2 }) };
    const s = apply(empty, c);
    expect(apply(s, c)).toBe(s);
    expect(apply(s, { ...c, version: 1, conversation: aConversation("c1", { version: 1 }) })).toBe(s);
  });

  it("takes the whole message for the one whose body was cut", () => {
    const cut = aMessage("m1", "c1", { truncated: true });
    const whole = aMessage("m1", "c1", { text: "all of it" });
    expect(messagesOf(putMessages(putMessages(empty, [cut]), [whole]), "c1")[0]?.text).toBe("all of it");
    expect(messagesOf(putMessages(putMessages(empty, [whole]), [cut]), "c1")[0]?.text).toBe("all of it");
  });
});

describe("parseChange", () => {
  it("ignores kinds that it does not know", () => {
    expect(parseChange({ kind: "galaxy.changed", entity: "x", version: 1, galaxy: {} })).toBeNull();
  });
  it("refuses a known kind without its entity", () => {
    expect(() => parseChange({ kind: "message.changed", entity: "x", version: 1 })).toThrow("message");
  });
});

describe("pick", () => {
  const at = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
  const s = putConversations(empty, [
    aConversation("a", { lastAt: at(5), assigneeId: "me" }),
    aConversation("b", { lastAt: at(4), assigneeId: "you" }),
    aConversation("c", { lastAt: at(3), status: "closed" }),
    aConversation("d", { lastAt: at(2), inboxId: "wholesale" }),
    aConversation("e", { lastAt: at(1), mergedInto: "a" }),
    aConversation("f", { lastAt: at(0) }),
  ]);
  const ids = (f: Partial<Filter>, w: Parameters<typeof pick>[3] = "all"): string => pick(s, { ...everything, ...f }, "me", w).map((c) => c.id).join("");
  it("chooses by status, assignee and inbox, newest first, without what was merged away", () => {
    expect(ids({})).toBe("abcdf");
    expect(ids({ status: "open" })).toBe("abdf");
    expect(ids({ assignee: "me" })).toBe("a");
    expect(ids({ assignee: "none", status: "open" })).toBe("df");
    expect(ids({ inbox: "wholesale" })).toBe("d");
  });
  it("shows nothing below the window", () => {
    expect(ids({}, aConversation("c", { lastAt: at(3) }))).toBe("abc");
    expect(ids({}, "nothing")).toBe("");
  });
});

describe("overlay", () => {
  const s = putConversations(empty, [aConversation("a", { assigneeId: "me" })]);
  const open: Filter = { ...everything, status: "open", assignee: "me" };
  const sums = [{ inboxId: "support", teamId: "", assigneeId: "me", status: "open", count: 3 }];

  it("shows what was asked for at once, counts it, and puts it back", () => {
    const asked = overlay(s, "a", "k1", { status: "closed" });
    expect(shown(asked, "a")?.status).toBe("closed");
    expect(pick(asked, open, "me", "all")).toEqual([]);
    expect(countOf(asked, sums, open, "me")).toBe(2);
    const back = settle(asked, "a", "k1");
    expect(shown(back, "a")?.status).toBe("open");
    expect(countOf(back, sums, open, "me")).toBe(3);
  });

  it("keeps a second patch when the first is settled", () => {
    const two = overlay(overlay(s, "a", "k1", { status: "closed" }), "a", "k2", { assigneeId: "" });
    const one = settle(two, "a", "k1");
    expect(shown(one, "a")).toMatchObject({ status: "open", assigneeId: "" });
  });
});

// A merge tells only of customers: the conversations follow their identities,
// whatever came first and however often.
describe("customers", () => {
  const told = (id: string, version: number, identities: readonly string[], mergedInto = ""): Change => ({
    ...common(id, version),
    kind: "customer.changed",
    customer: customer({ id, version, name: `Name of ${id}`, mergedInto, identities: identities.map((i) => ({ id: i, kind: "email", value: `${i}@mail.test` })) }),
  });
  const said = (id: string, identity: string, of: string, customerVersion: number): Change => ({
    ...common(id, 1),
    kind: "conversation.changed",
    conversation: aConversation(id, {
      customer: { customerId: of, identityId: identity, name: `Name of ${of}`, address: `${identity}@mail.test`, proof: 2, customerVersion, blocked: false },
    }),
  });

  it("move their conversations when they are merged and taken apart, in any order", () => {
    const all = [
      said("k1", "i1", "a", 1),
      said("k2", "i2", "b", 2),
      told("a", 3, ["i1", "i2"]),
      told("b", 4, [], "a"),
      told("a", 5, ["i1"]),
      told("b", 6, ["i2"]),
      told("a", 7, ["i1", "i2"]),
      told("b", 8, [], "a"),
    ];
    for (let seed = 1; seed <= 100; seed++) {
      const next = random(seed);
      const s = shuffle([...all, ...all.filter(() => next() < 0.5)], next).reduce(apply, empty);
      expect([...s.conversations.values()].map((c) => c.customer.customerId), `seed ${seed}`).toEqual(["a", "a"]);
      expect(s.customers.get("b")?.mergedInto).toBe("a");
    }
    const apart = all.slice(0, 6).reduce(apply, empty);
    expect(apart.conversations.get("k2")?.customer).toMatchObject({ customerId: "b", name: "Name of b", customerVersion: 6 });
  });
});

// An order that turns out to be somebody else's leaves, and comes back unchanged
// when its customer may be seen after all.
describe("orders", () => {
  const o = (version: number): Order => order({ id: "o1", version, number: "1001", store: "shop" });

  it("leave when they are gone", () => {
    const s = apply(putOrders(empty, [o(2)]), { kind: "gone", entity: "o1", version: 3 });
    expect(s.orders.size).toBe(0);
    expect(putOrders(s, [o(3)]).orders.get("o1")?.version).toBe(3);
    expect(apply(putOrders(empty, [o(4)]), { kind: "gone", entity: "o1", version: 3 }).orders.size).toBe(1);
  });
});

describe("messages", () => {
  it("are forgotten with what they are of, and none else", () => {
    const s = putMessages(empty, [aMessage("m1", "c1", { version: 1 }), aMessage("m2", "c2", { version: 1 })]);
    const left = forgetMessages(s, "c1");
    expect(messagesOf(left, "c1")).toEqual([]);
    expect(messagesOf(left, "c2")).toHaveLength(1);
    expect(forgetMessages(left, "c1")).toBe(left);
  });

  // A reply that is taken back while the topic isn't followed yet: nobody tells.
  it("leave with a fetch that began after they were known and lacks them", () => {
    const m = (id: string, seq: number, version = 1): Message => aMessage(id, "c", { seq, version });
    const then = putMessages(empty, [m("old", 1), m("stays", 2), m("went", 3), m("changed", 4)]);
    const now = putMessages(then, [m("changed", 4, 2), m("came", 5)]);
    const left = withoutGone(now, "c", then.messages.get("c"), [m("stays", 2)], 2, Infinity);
    expect(messagesOf(left, "c").map((x) => x.id)).toEqual(["old", "stays", "changed", "came"]);
    expect(withoutGone(now, "c", undefined, [], 0, Infinity)).toBe(now);
    expect(withoutGone(now, "c", then.messages.get("c"), [m("old", 1)], 0, 1)).toBe(now);
  });
});
