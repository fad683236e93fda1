// Drafts: one for each conversation and agent. What is typed is kept on this
// machine at once and on the server soon after, so that it is there on the next
// device; see draftsync.ts.

import { list, num, party, attachment, record, str } from "./parse";
import type { Then } from "./outbox";
import type { Attachment, Message, Party } from "./types";
import { Signal } from "./ui/signals";

export interface Draft {
  readonly html: string;
  readonly text: string;
  readonly note: string;
  readonly tab: "reply" | "note";
  /** Null while the recipients are the ones that the conversation suggests. */
  readonly to: readonly Party[] | null;
  readonly cc: readonly Party[] | null;
  readonly bcc?: readonly Party[] | undefined;
  readonly attachments: readonly Attachment[];
  /** The newest public message when it was begun; 0 before the first word. */
  readonly seenSeq: number;
  readonly at: number;
  /** What is done with the conversation when it is sent, of the saved replies in it. */
  readonly then?: Then | undefined;
  /** The account that it is to leave by, see `byOf`; absent: the conversation's. */
  readonly by?: string | undefined;
}

/** What the server says of the account that something leaves by, in one word: with a "!" behind it where a public comment's writer alone gets it. */
export function byOf(o: Readonly<Record<string, unknown>>): string | undefined {
  const account = str(o, "accountId");
  return account === "" ? undefined : o["private"] === true ? `${account}!` : account;
}

/** The same as the server takes it. */
export function leavesBy(by: string | undefined): { accountId?: string; private?: boolean } {
  return by === undefined ? {} : { accountId: by.replace("!", ""), private: by.endsWith("!") };
}

export const blank: Draft = {
  html: "",
  text: "",
  note: "",
  tab: "reply",
  to: null,
  cc: null,
  attachments: [],
  seenSeq: 0,
  at: 0,
};

const month = 30 * 24 * 3600 * 1000;
const prefix = "skein.draft.";

const name = (agent: string, conversation: string): string => `${prefix}${agent}.${conversation}`;

export function isBlank(d: Draft): boolean {
  return (
    d.text.trim() === "" && d.note.trim() === "" && d.attachments.length === 0 && d.to === null && d.cc === null && !d.bcc
  );
}

export function parseDraft(text: string | null): Draft {
  if (text === null) return blank;
  try {
    return draftOf(JSON.parse(text) as unknown, "draft");
  } catch {
    return blank;
  }
}

/** Reads what a draft says, from here or from the server. */
export function draftOf(x: unknown, name: string): Draft {
  const o = record(x, name);
  const by = str(o, "by") || byOf(o);
  return {
    html: str(o, "html"),
    text: str(o, "text"),
    note: str(o, "note"),
    tab: o["tab"] === "note" ? "note" : "reply",
    to: Array.isArray(o["to"]) ? list(o, "to", party) : null,
    cc: Array.isArray(o["cc"]) ? list(o, "cc", party) : null,
    attachments: list(o, "attachments", attachment),
    seenSeq: num(o, "seenSeq"),
    at: num(o, "at"),
    ...(Array.isArray(o["bcc"]) ? { bcc: list(o, "bcc", party) } : {}),
    ...(by === undefined ? {} : { by }),
    ...(typeof o["then"] === "object" && o["then"] !== null ? { then: o["then"] } : {}),
  };
}

/** What the server has of a draft: the version that this one follows, and whether it lacks anything. */
export interface Standing {
  readonly version: number;
  readonly lacks: boolean;
}

function standingOf(text: string | null, d: Draft): Standing {
  try {
    const o = record(JSON.parse(text ?? "") as unknown, "draft");
    return { version: num(o, "version"), lacks: o["lacks"] === true };
  } catch {
    return { version: 0, lacks: !isBlank(d) };
  }
}

export function loadDraft(agent: string, conversation: string): { draft: Draft; standing: Standing } {
  let text: string | null = null;
  try {
    text = localStorage.getItem(name(agent, conversation));
  } catch {
    // storage is forbidden here: the draft lives as long as the page, and on the server
  }
  const draft = parseDraft(text);
  return { draft, standing: standingOf(text, draft) };
}

export function saveDraft(agent: string, conversation: string, d: Draft, standing: Standing): void {
  try {
    if (isBlank(d) && !standing.lacks) localStorage.removeItem(name(agent, conversation));
    else localStorage.setItem(name(agent, conversation), JSON.stringify({ ...d, ...standing }));
  } catch {
    // storage is full or forbidden: as above
  }
}

/** Removes the drafts that nobody touched for a month. */
export function sweepDrafts(now: number): void {
  try {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(prefix) && now - parseDraft(localStorage.getItem(key)).at > month) localStorage.removeItem(key);
    }
  } catch {
    // nothing to sweep
  }
}

/** A reply that was taken back, for the composer of its conversation to go on with. */
export const takenBack = new Signal<{ readonly conversationId: string; readonly draft: Draft } | null>(null);

/** A conversation that is to be begun: with whom, "" for nobody yet. Null for none. */
export const beginning = new Signal<{ readonly address: string; readonly name: string } | null>(null);

/** The side conversations that are looked at: of which conversation, and which one is open, "" for none, or the message that is to be forwarded. */
export const aside = new Signal<{ readonly of: string; readonly open: string; readonly forward?: Message } | null>(null);

/** The customer's other conversations that are watched for what colleagues do there: ids with spaces between. */
export const elsewhere = new Signal("");

/** What is put into the reply of a conversation from elsewhere on the page. */
export const putIn = new Signal<{ readonly conversationId: string; readonly html: string } | null>(null);
