// Keeps a draft on the server while it is written on this device. What is typed
// never waits: it is kept on this machine first, and stored soon after. Where
// another device was first, its words and these are joined, so that none are lost.

import { api, body } from "./api/client";
import { draftOf, isBlank, leavesBy, loadDraft, saveDraft, type Draft, type Standing } from "./draft";
import { num, record, str } from "./parse";

/** A draft as the server has it. */
export interface Kept {
  readonly version: number;
  readonly draft: Draft;
  readonly takenBy: string;
}

export interface Shelf {
  read(): Promise<Kept>;
  /** Replaces a version; `stored` is false when another device was first. `last` is for a page that goes. */
  write(known: number, d: Draft, last: boolean): Promise<{ stored: boolean; kept: Kept }>;
}

/** How long after the last key it is stored. */
export const storeAfter = 1_500;
const keepAfter = 300;
const tryAgain = 10_000;

function kept(x: unknown): Kept {
  const o = record(x, "draft");
  return { version: num(o, "version"), draft: { ...draftOf(o["content"], "content"), at: Date.parse(str(o, "at")) || 0 }, takenBy: str(o, "takenBy") };
}

/** The server's, of a conversation. */
function shelfOf(id: string): Shelf {
  const params = { path: { id } };
  return {
    read: async () => kept(await body(api.GET("/api/v1/conversations/{id}/draft", { params }))),
    write: async (known, d, last) => {
      const content = {
        text: d.text,
        html: d.html,
        note: d.note,
        tab: d.tab,
        seenSeq: d.seenSeq,
        attachments: d.attachments.map((a) => ({ ...a })),
        ...(d.to ? { to: d.to.map((p) => ({ ...p })) } : {}),
        ...(d.cc ? { cc: d.cc.map((p) => ({ ...p })) } : {}),
        ...(d.bcc ? { bcc: d.bcc.map((p) => ({ ...p })) } : {}),
        ...(d.then ? { then: d.then } : {}),
        ...leavesBy(d.by),
      };
      const o = record(await body(api.PUT("/api/v1/conversations/{id}/draft", { params, body: { known, content } as never, keepalive: last })), "saved");
      return { stored: o["stored"] === true, kept: kept(o["draft"]) };
    },
  };
}

// In one order, whichever way it came: "by" and "then" come last.
const says = ({ by, then, ...d }: Draft): string => JSON.stringify([{ ...d, at: 0, seenSeq: 0 }, by ?? "", then ?? null]);

/** Both drafts' words: one of them where it has all that the other says. */
export function join(mine: Draft, theirs: Draft): Draft {
  const words = (a: string, b: string, between: string): string =>
    a.includes(b.trim()) ? a : b.includes(a.trim()) ? b : `${b}${between}${a}`;
  const text = words(mine.text, theirs.text, "\n\n");
  return {
    ...mine,
    text,
    html: text === mine.text ? mine.html : text === theirs.text ? theirs.html : theirs.html + mine.html,
    note: words(mine.note, theirs.note, "\n\n"),
    to: mine.to ?? theirs.to,
    cc: mine.cc ?? theirs.cc,
    ...(mine.bcc ?? theirs.bcc ? { bcc: mine.bcc ?? theirs.bcc } : {}),
    ...(mine.by ?? theirs.by ? { by: mine.by ?? theirs.by } : {}),
    ...(mine.then ?? theirs.then ? { then: mine.then ?? theirs.then } : {}),
    attachments: [...mine.attachments, ...theirs.attachments.filter((a) => !mine.attachments.some((b) => b.id === a.id))],
    seenSeq: Math.min(...[mine.seenSeq, theirs.seenSeq].filter((n) => n > 0), Infinity) || 0,
  };
}

export class DraftSync {
  /** As it is on this device. */
  draft: Draft;
  private standing: Standing;
  private readonly agent: string;
  private readonly conversation: string;
  private readonly shelf: Shelf;
  private told: ((d: Draft | null, takenBy: string) => void) | null = null;
  private busy = false;
  private known = false; // what the server has was looked at
  private keeping: ReturnType<typeof setTimeout> | undefined;
  private storing: ReturnType<typeof setTimeout> | undefined;

  constructor(agent: string, conversation: string, shelf: Shelf = shelfOf(conversation)) {
    this.agent = agent;
    this.conversation = conversation;
    this.shelf = shelf;
    ({ draft: this.draft, standing: this.standing } = loadDraft(agent, conversation));
  }

  /** Follows what other devices write, and stores, until the returned function is called. `onTheirs` gets a draft that is to be shown instead, if any, and who took it over. */
  run(onTheirs: (d: Draft | null, takenBy: string) => void): () => void {
    this.told = onTheirs;
    const look = (): void => {
      if (document.visibilityState === "visible") void this.look();
      else this.flush();
    };
    const leave = (): void => this.flush(true);
    document.addEventListener("visibilitychange", look);
    addEventListener("pagehide", leave);
    void this.look();
    return () => {
      document.removeEventListener("visibilitychange", look);
      removeEventListener("pagehide", leave);
      this.flush();
      this.told = null;
    };
  }

  /** It reads so now. */
  edit(d: Draft): void {
    if (d === this.draft) return;
    const same = says(d) === says(this.draft);
    this.draft = d;
    if (same && !this.standing.lacks) return;
    this.standing = { ...this.standing, lacks: true };
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => this.keep(), keepAfter);
    this.storeIn(storeAfter);
  }

  /** Keeps and stores it at once. */
  flush(last = false): void {
    this.keep();
    if (this.standing.lacks) void this.store(last);
  }

  private keep(): void {
    clearTimeout(this.keeping);
    saveDraft(this.agent, this.conversation, this.draft, this.standing);
  }

  private storeIn(ms: number): void {
    clearTimeout(this.storing);
    this.storing = setTimeout(() => void this.store(false), ms);
  }

  private async look(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      this.meet(await this.shelf.read());
    } catch {
      // no connection: this device's is what there is
    } finally {
      this.busy = false;
    }
    if (this.standing.lacks && this.told) this.storeIn(storeAfter);
  }

  // Takes note of what the server has.
  private meet(k: Kept): void {
    this.known = true;
    let show: Draft | null = null;
    if (k.version === this.standing.version) {
      // as it was left
    } else if (!this.standing.lacks) {
      show = says(k.draft) === says(this.draft) ? null : k.draft;
      this.standing = { version: k.version, lacks: false };
    } else {
      const joined = join(this.draft, k.draft);
      show = says(joined) === says(this.draft) ? null : joined;
      this.standing = { version: k.version, lacks: says(joined) !== says(k.draft) };
    }
    if (show) this.draft = show;
    this.keep();
    this.told?.(show, isBlank(this.draft) ? "" : k.takenBy);
  }

  private async store(last: boolean): Promise<void> {
    clearTimeout(this.storing);
    if (this.busy && !last) {
      this.storeIn(storeAfter);
      return;
    }
    const sent = this.draft;
    if (this.standing.version === 0 && this.known && isBlank(sent)) {
      this.standing = { version: 0, lacks: false };
      this.keep();
      return;
    }
    this.busy = true;
    try {
      const { stored, kept: k } = await this.shelf.write(this.standing.version, sent, last);
      if (!stored) this.meet(k);
      else {
        this.standing = { version: k.version, lacks: says(this.draft) !== says(sent) };
        this.keep();
        this.told?.(null, "");
      }
      if (this.standing.lacks) this.storeIn(storeAfter);
    } catch {
      // Refused or unreachable, it stays here; and is tried again while the page shows it.
      if (this.told) this.storeIn(tryAgain);
    } finally {
      this.busy = false;
    }
  }
}
