// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { blank, draftOf, leavesBy, type Draft } from "./draft";
import { DraftSync, join, storeAfter, type Kept, type Shelf } from "./draftsync";

const says = (text: string, more: Partial<Draft> = {}): Draft => ({ ...blank, text, html: `<p>${text}</p>`, seenSeq: 1, ...more });

/** A server, as far as drafts go. */
class FakeShelf implements Shelf {
  now: Kept = { version: 0, draft: blank, takenBy: "" };
  away = false;
  writes = 0;
  read(): Promise<Kept> {
    return this.away ? Promise.reject(new Error("away")) : Promise.resolve(this.now);
  }
  write(known: number, d: Draft): Promise<{ stored: boolean; kept: Kept }> {
    if (this.away) return Promise.reject(new Error("away"));
    this.writes++;
    const stored = known === this.now.version;
    if (stored) this.now = { version: known + 1, draft: d, takenBy: "" };
    return Promise.resolve({ stored, kept: this.now });
  }
}

let shelf: FakeShelf;
let ends: (() => void)[];

// Devices have storage of their own, which names keep apart here.
function device(name: string): { sync: DraftSync; shown: (Draft | null)[]; taken: () => string; leave: () => void } {
  const sync = new DraftSync(name, "c1", shelf);
  const shown: (Draft | null)[] = [];
  let taken = "";
  const leave = sync.run((d, by) => {
    taken = by;
    if (d) shown.push(d);
  });
  ends.push(leave);
  return { sync, shown, taken: () => taken, leave };
}
const pass = (ms = storeAfter + 100): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const look = (): void => void document.dispatchEvent(new Event("visibilitychange"));

describe("DraftSync", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    localStorage.clear();
    shelf = new FakeShelf();
    ends = [];
  });
  afterEach(() => {
    for (const end of ends) end();
    vi.useRealTimers();
  });

  it("leaves the way that was chosen on the other device", async () => {
    const desk = device("desk");
    desk.sync.edit(says("Hello", { by: "page!" }));
    await pass();
    const phone = device("phone");
    await pass();
    expect(phone.sync.draft.by).toBe("page!");
    phone.sync.edit(says("Hello"));
    await pass();
    look();
    await pass();
    expect(desk.sync.draft.by).toBeUndefined();
    expect(draftOf({ accountId: "page", private: true }, "content").by).toBe("page!");
    expect(leavesBy("page!")).toEqual({ accountId: "page", private: true });
  });

  it("is there on the next device, and stores a burst of keys once", async () => {
    const desk = device("desk");
    await pass();
    for (let i = 1; i <= 20; i++) {
      desk.sync.edit(says("Hello Kim".slice(0, i)));
      await pass(50);
    }
    expect(shelf.writes).toBe(0);
    await pass();
    expect([shelf.writes, shelf.now.draft.text]).toEqual([1, "Hello Kim"]);
    const phone = device("phone");
    await pass();
    expect(phone.sync.draft.text).toBe("Hello Kim");
    phone.sync.edit(says("Hello Kim, it left"));
    await pass();
    look();
    await pass();
    expect(desk.shown.at(-1)?.text).toBe("Hello Kim, it left");
    expect([shelf.now.version, shelf.writes]).toEqual([2, 2]);
  });

  it("loses no word of two devices that write at once", async () => {
    const desk = device("desk");
    const phone = device("phone");
    await pass();
    desk.sync.edit(says("From the desk"));
    phone.sync.edit(says("From the telephone"));
    await pass(10_000);
    for (const d of [desk, phone]) {
      look();
      await pass(10_000);
      expect(d.sync.draft.text).toContain("From the desk");
      expect(d.sync.draft.text).toContain("From the telephone");
    }
    expect(desk.sync.draft.text).toBe(phone.sync.draft.text);
  });

  // What was sent on one device doesn't come back from another that has the old words.
  it("ends everywhere when it is sent", async () => {
    const desk = device("desk");
    await pass();
    desk.sync.edit(says("Sent soon"));
    await pass();
    const phone = device("phone");
    await pass();
    phone.leave();
    desk.sync.edit(blank);
    desk.sync.flush();
    await pass();
    const again = device("phone");
    await pass(10_000);
    expect([again.sync.draft.text, shelf.now.draft.text]).toEqual(["", ""]);
  });

  it("is kept here without a connection, over a reload, and stored when it is back", async () => {
    shelf.away = true;
    const desk = device("desk");
    await pass();
    desk.sync.edit(says("In a tunnel"));
    await pass(400);
    desk.leave();
    const again = device("desk");
    expect(again.sync.draft.text).toBe("In a tunnel");
    await pass();
    shelf.away = false;
    await pass(20_000);
    expect(shelf.now.draft.text).toBe("In a tunnel");
  });

  it("stores what a page had when it goes", async () => {
    const desk = device("desk");
    await pass();
    desk.sync.edit(says("Last words"));
    dispatchEvent(new Event("pagehide"));
    await pass(0);
    expect(shelf.now.draft.text).toBe("Last words");
  });

  it("tells who took it over, until it is written on", async () => {
    shelf.now = { version: 4, draft: says("Begun"), takenBy: "Ben" };
    const desk = device("desk");
    await pass();
    expect([desk.sync.draft.text, desk.taken()]).toEqual(["Begun", "Ben"]);
    desk.sync.edit(says("Begun, and gone on"));
    await pass();
    expect(desk.taken()).toBe("");
  });
});

describe("join", () => {
  it.each([
    ["the same words", "a b", "a b", "a b"],
    ["one goes on", "a b c", "a b", "a b c"],
    ["the other goes on", "a b", "a b c", "a b c"],
    ["nothing here", "", "a", "a"],
    ["nothing there", "a", "", "a"],
    ["both", "mine", "theirs", "theirs\n\nmine"],
  ])("%s", (_, mine, theirs, want) => {
    expect(join(says(mine), says(theirs)).text).toBe(want);
  });
  it("keeps both notes and files, and what was seen first", () => {
    const file = (id: string): Draft["attachments"][number] => ({ id }) as Draft["attachments"][number];
    const got = join(says("a", { note: "n", attachments: [file("1")], seenSeq: 7 }), says("a", { note: "m", attachments: [file("1"), file("2")], seenSeq: 4 }));
    expect([got.note, got.attachments.map((a) => a.id), got.seenSeq]).toEqual(["m\n\nn", ["1", "2"], 4]);
  });
});
