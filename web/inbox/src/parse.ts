// The boundary: whatever comes from the server, by HTTP or by socket, becomes
// one of the app's types here or is refused. A missing optional field gets its
// empty value; a missing essential one throws ParseError. Unknown fields are
// ignored, so that an old tab survives a newer server.

import {
  channels,
  messageStates,
  statuses,
  type Agent,
  type Attachment,
  type Bounce,
  type Conversation,
  type Count,
  type Customer,
  type Hit,
  type Identity,
  type Me,
  type Message,
  type Order,
  type Page,
  type Party,
  type Person,
  type Proof,
  type Shipment,
  type TimelineEntry,
} from "./types";

export class ParseError extends Error {}

type Rec = Readonly<Record<string, unknown>>;

export function record(x: unknown, what: string): Rec {
  if (typeof x !== "object" || x === null || Array.isArray(x)) throw new ParseError(`${what}: not an object`);
  return x as Rec;
}

export function str(o: Rec, key: string): string {
  const v = o[key];
  return typeof v === "string" ? v : "";
}

export function num(o: Rec, key: string): number {
  const v = o[key];
  return typeof v === "number" && Number.isFinite(v) ? v : 0;
}

function flag(o: Rec, key: string): boolean {
  return o[key] === true;
}

function need(o: Rec, key: string, what: string): string {
  const v = o[key];
  if (typeof v !== "string" || v === "") throw new ParseError(`${what}: no ${key}`);
  return v;
}

// Go's nil slices arrive as null.
export function list<T>(o: Rec, key: string, one: (x: unknown) => T): T[] {
  const v = o[key];
  return Array.isArray(v) ? v.map((x: unknown) => one(x)) : [];
}

function oneOf<T extends string>(v: unknown, all: readonly T[], otherwise: T): T {
  return all.find((a) => a === v) ?? otherwise;
}

function proof(o: Rec): Proof {
  const v = num(o, "proof");
  return v === 3 || v === 2 || v === 1 ? v : 0;
}

function sub(o: Rec, key: string): Rec {
  const v = o[key];
  return typeof v === "object" && v !== null && !Array.isArray(v) ? (v as Rec) : {};
}

const text = (x: unknown): string => (typeof x === "string" ? x : "");

export function party(x: unknown): Party {
  const o = record(x, "party");
  return { address: str(o, "address"), name: str(o, "name") };
}

function person(o: Rec): Person {
  return {
    customerId: str(o, "customerId"),
    identityId: str(o, "identityId"),
    name: str(o, "name"),
    address: str(o, "address"),
    proof: proof(o),
  };
}

export function conversation(x: unknown): Conversation {
  const o = record(x, "conversation");
  return {
    id: need(o, "id", "conversation"),
    number: num(o, "number"),
    version: num(o, "version"),
    inboxId: str(o, "inboxId"),
    teamId: str(o, "teamId"),
    assigneeId: str(o, "assigneeId"),
    status: oneOf(o["status"], statuses, "open"),
    channel: oneOf(o["channel"], channels, "email"),
    subject: str(o, "subject"),
    preview: str(o, "preview"),
    customer: person(sub(o, "customer")),
    messageSeq: num(o, "messageSeq"),
    publicSeq: num(o, "publicSeq"),
    createdAt: str(o, "createdAt"),
    lastAt: instant(o, "lastAt"),
    waitingSince: str(o, "waitingSince"),
    mergedInto: str(o, "mergedInto"),
  };
}

// Instants are compared as text by lists, so they take one form: the server's
// own precision differs between a stored and a fresh value.
function instant(o: Rec, key: string): string {
  const t = Date.parse(str(o, key));
  return Number.isNaN(t) ? "" : new Date(t).toISOString();
}

export function attachment(x: unknown): Attachment {
  const o = record(x, "attachment");
  return {
    id: need(o, "id", "attachment"),
    name: str(o, "name"),
    type: str(o, "type"),
    size: num(o, "size"),
    inline: flag(o, "inline"),
    contentId: str(o, "contentId"),
  };
}

function bounce(x: unknown): Bounce {
  const o = record(x, "bounce");
  return { recipient: str(o, "recipient"), status: str(o, "status"), hard: flag(o, "hard"), detail: str(o, "detail") };
}

export function message(x: unknown): Message {
  const o = record(x, "message");
  const author = sub(o, "author");
  const automatic = sub(o, "automatic");
  const reason = sub(o, "reason");
  return {
    id: need(o, "id", "message"),
    conversationId: need(o, "conversationId", "message"),
    seq: num(o, "seq"),
    version: num(o, "version"),
    kind: o["kind"] === "note" ? "note" : "message",
    direction: o["direction"] === "out" ? "out" : "in",
    channel: oneOf(o["channel"], channels, "email"),
    author: {
      kind: oneOf(author["kind"], ["customer", "agent", "system"] as const, "system"),
      agentId: str(author, "agentId"),
      name: str(author, "name"),
      address: str(author, "address"),
    },
    to: list(o, "to", party),
    cc: list(o, "cc", party),
    subject: str(o, "subject"),
    text: str(o, "text"),
    visibleText: str(o, "visibleText"),
    html: str(o, "html"),
    remoteImages: flag(o, "remoteImages"),
    truncated: flag(o, "truncated"),
    attachments: list(o, "attachments", attachment),
    state: oneOf(o["state"], messageStates, "received"),
    stateDetail: str(o, "stateDetail"),
    attempt: num(o, "attempt"),
    automatic: { is: flag(automatic, "is"), reason: str(automatic, "reason") },
    bounces: list(o, "bounces", bounce),
    spam: flag(o, "spam"),
    protection: str(o, "protection"),
    proof: proof(o),
    problems: list(o, "problems", text),
    reason: {
      step: str(reason, "step"),
      text: str(reason, "text"),
      marks: list(reason, "marks", text),
      linked: str(reason, "linked"),
    },
    sentAt: str(o, "sentAt"),
    createdAt: str(o, "createdAt"),
    hasRaw: flag(o, "hasRaw"),
  };
}

function identity(x: unknown): Identity {
  const o = record(x, "identity");
  return {
    id: need(o, "id", "identity"),
    kind: str(o, "kind"),
    value: str(o, "value"),
    name: str(o, "name"),
    proof: proof(o),
  };
}

export function customer(x: unknown): Customer {
  const o = record(x, "customer");
  return {
    id: need(o, "id", "customer"),
    name: str(o, "name"),
    createdAt: str(o, "createdAt"),
    identities: list(o, "identities", identity),
  };
}

function shipment(x: unknown): Shipment {
  const o = record(x, "shipment");
  return {
    carrier: str(o, "carrier"),
    tracking: str(o, "tracking"),
    status: str(o, "status"),
    shippedAt: str(o, "shippedAt"),
    at: str(o, "at"),
  };
}

export function order(x: unknown): Order {
  const o = record(x, "order");
  return {
    id: need(o, "id", "order"),
    store: str(o, "store"),
    number: str(o, "number"),
    status: str(o, "status"),
    currency: str(o, "currency"),
    total: num(o, "total"),
    placedAt: str(o, "placedAt"),
    updatedAt: instant(o, "updatedAt"),
    items: list(o, "items", (y) => {
      const i = record(y, "item");
      return {
        sku: str(i, "sku"),
        title: str(i, "title"),
        variant: str(i, "variant"),
        quantity: num(i, "quantity"),
        price: num(i, "price"),
      };
    }),
    shipments: list(o, "shipments", shipment),
  };
}

export function timelineEntry(x: unknown): TimelineEntry {
  const o = record(x, "timeline entry");
  return {
    id: need(o, "id", "timeline entry"),
    at: str(o, "at"),
    kind: str(o, "kind"),
    conversationId: str(o, "conversationId"),
    title: str(o, "title"),
    detail: str(o, "detail"),
  };
}

export function agent(x: unknown): Agent {
  const o = record(x, "agent");
  return { id: need(o, "id", "agent"), name: str(o, "name"), email: str(o, "email") };
}

export function me(x: unknown): Me {
  const o = record(x, "me");
  const a = record(o["agent"], "me.agent");
  const named = (y: unknown): { id: string; name: string } => {
    const n = record(y, "named");
    return { id: need(n, "id", "named"), name: str(n, "name") };
  };
  return {
    agent: { ...agent(a), role: str(a, "role") },
    inboxes: list(o, "inboxes", named),
    teams: list(o, "teams", named),
    agents: list(o, "agents", agent),
    demo: flag(o, "demo"),
  };
}

function count(x: unknown): Count {
  const o = record(x, "count");
  return {
    inboxId: str(o, "inboxId"),
    assigneeId: str(o, "assigneeId"),
    status: str(o, "status"),
    count: num(o, "count"),
  };
}

export function counts(x: unknown): readonly Count[] {
  return list(record(x, "counts"), "items", count);
}

export function page<T>(x: unknown, one: (y: unknown) => T): Page<T> {
  const o = record(x, "page");
  return { items: list(o, "items", one), next: str(o, "next") };
}

export function hit(x: unknown): Hit {
  const o = record(x, "hit");
  return { conversation: conversation(o["conversation"]), messageId: str(o, "messageId"), snippet: str(o, "snippet") };
}

/** The messages of a page, ascending, and the seq to pass as `before` for the ones above; 0 when there are none. */
export function messagePage(x: unknown): { items: readonly Message[]; next: number } {
  const o = record(x, "messages");
  return { items: list(o, "items", message), next: num(o, "next") };
}
