// What may be sent to whom, and by which account: as the server tells it.

import { api, body } from "./api/client";
import { flag, list, num, oneOf, page, party, record, str } from "./parse";
import { channels, type Channel, type Party } from "./types";

export interface SendTemplate {
  readonly name: string;
  readonly language: string;
  readonly text: string;
  readonly values: number;
}

/** One account by which something can be sent, and whether just now. */
export interface Way {
  /** With a mark behind it where it is a public comment's writer alone who gets it: see accountOf. */
  readonly accountId: string;
  readonly channel: Channel;
  readonly inboxId: string;
  readonly name: string;
  readonly from: string;
  readonly to: readonly Party[];
  readonly may: boolean;
  readonly why: string;
  /** When it may no longer be answered; "" for never. */
  readonly closesAt: string;
  readonly stopped: boolean;
  readonly byNumber: boolean;
  readonly templates: readonly SendTemplate[];
  /** The language in which the customer is written to, as a BCP 47 tag, or "". */
  readonly locale: string;
  /** Of a mail: what it ends with. */
  readonly signature: Signature | null;
  /** Where an answer to a public comment goes: beside it, or to its writer alone. "" for what is no such answer. */
  readonly beside: "" | "public" | "private";
}

export interface Signature {
  readonly text: string;
  /** The same with its looks, or "". */
  readonly html: string;
}

function signature(x: unknown): Signature | null {
  if (x === undefined || x === null) return null;
  const o = record(x, "signature");
  return { text: str(o, "text"), html: str(o, "html") };
}

// No account has it in its id.
const mark = "!";

function template(x: unknown): SendTemplate {
  const o = record(x, "template");
  return { name: str(o, "name"), language: str(o, "language"), text: str(o, "text"), values: num(o, "values") };
}

function way(x: unknown): Way {
  const o = record(x, "way");
  return {
    accountId: str(o, "accountId"),
    channel: oneOf(o["channel"], channels, "email"),
    inboxId: str(o, "inboxId"),
    name: str(o, "name"),
    from: str(o, "from"),
    to: list(o, "to", party),
    may: flag(o, "may"),
    why: str(o, "why"),
    closesAt: str(o, "closesAt"),
    stopped: flag(o, "stopped"),
    byNumber: flag(o, "byNumber"),
    templates: list(o, "templates", template),
    locale: str(o, "locale"),
    signature: signature(o["signature"]),
    beside: "",
  };
}

/** A public comment is answered in two ways. */
function both(x: unknown): readonly Way[] {
  const w = way(x);
  const said = record(x, "way")["comment"];
  if (said === undefined || said === null) return [w];
  const o = record(said, "comment");
  return [
    { ...w, beside: "public" },
    { ...w, accountId: w.accountId + mark, beside: "private", may: flag(o, "private"), why: str(o, "privateWhy") },
  ];
}

/** Every account that a conversation may be answered by, the one by which the next answer leaves first. */
export async function waysOf(conversation: string): Promise<readonly Way[]> {
  const o = record(await body(api.GET("/api/v1/conversations/{id}/sending", { params: { path: { id: conversation } } })), "sending");
  return list(o, "ways", both).flat();
}

/** The accounts by which a conversation can be begun. */
export async function senders(): Promise<readonly Way[]> {
  return page(await body(api.GET("/api/v1/senders")), way).items;
}

/** A template's text with what is filled in; what is not stays as a gap. */
export function filled(t: SendTemplate, values: readonly string[]): string {
  return t.text.replace(/\{\{(\d+)\}\}/gu, (gap, n: string) => values[Number(n) - 1]?.trim() || gap);
}
