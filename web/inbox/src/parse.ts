// The boundary: whatever comes from the server, by HTTP or by socket, becomes
// one of the app's types here or is refused. A missing optional field gets its
// empty value; a missing essential one throws ParseError. Unknown fields are
// ignored, so that an old tab survives a newer server.

import {
  channels,
  factKinds,
  foundKinds,
  messageStates,
  sorts,
  statuses,
  type Agent,
  type Attachment,
  type Bounce,
  type AgentDesk,
  type Call,
  type CallAudio,
  type CallLeg,
  type Conversation,
  type ConversationFact,
  type Count,
  type Found,
  type Hit,
  type Me,
  type Message,
  type Page,
  type Party,
  type Person,
  type Proof,
  type Related,
  type Task,
  type Values,
  type View,
} from "./types";

export class ParseError extends Error {}

export type Rec = Readonly<Record<string, unknown>>;

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

export function flag(o: Rec, key: string): boolean {
  return o[key] === true;
}

export function need(o: Rec, key: string, what: string): string {
  const v = o[key];
  if (typeof v !== "string" || v === "") throw new ParseError(`${what}: no ${key}`);
  return v;
}

// Go's nil slices arrive as null.
export function list<T>(o: Rec, key: string, one: (x: unknown) => T): T[] {
  const v = o[key];
  return Array.isArray(v) ? v.map((x: unknown) => one(x)) : [];
}

export function oneOf<T extends string>(v: unknown, all: readonly T[], otherwise: T): T {
  return all.find((a) => a === v) ?? otherwise;
}

export function proof(o: Rec): Proof {
  const v = num(o, "proof");
  return v === 3 || v === 2 || v === 1 ? v : 0;
}

export function sub(o: Rec, key: string): Rec {
  const v = o[key];
  return typeof v === "object" && v !== null && !Array.isArray(v) ? (v as Rec) : {};
}

export const text = (x: unknown): string => (typeof x === "string" ? x : "");

export function party(x: unknown): Party {
  const o = record(x, "party");
  return { address: str(o, "address"), name: str(o, "name") };
}

export function values(o: Rec, key: string): Values {
  return Object.fromEntries(Object.entries(sub(o, key)).map(([k, v]) => [k, text(v)]));
}

function person(o: Rec): Person {
  return {
    customerId: str(o, "customerId"),
    identityId: str(o, "identityId"),
    name: str(o, "name"),
    address: str(o, "address"),
    proof: proof(o),
    customerVersion: num(o, "customerVersion"),
    blocked: flag(o, "blocked"),
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
    order: str(sub(o, "order"), "id") === "" ? null : { id: str(sub(o, "order"), "id"), number: str(sub(o, "order"), "number") },
    messageSeq: num(o, "messageSeq"),
    publicSeq: num(o, "publicSeq"),
    createdAt: instant(o, "createdAt"),
    lastAt: instant(o, "lastAt"),
    waitingSince: instant(o, "waitingSince"),
    priority: num(o, "priority"),
    tags: list(o, "tags", text),
    fields: values(o, "fields"),
    snoozedUntil: str(o, "snoozedUntil"),
    mergedInto: str(o, "mergedInto"),
    sideOf: str(o, "sideOf"),
    accountId: str(o, "accountId"),
  };
}

// Instants are compared as text by lists, so they take one form: the server's
// own precision differs between a stored and a fresh value.
export function instant(o: Rec, key: string): string {
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
    sha256: str(o, "sha256"),
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
    bcc: list(o, "bcc", party),
    subject: str(o, "subject"),
    text: str(o, "text"),
    visibleText: str(o, "visibleText"),
    html: str(o, "html"),
    signature: str(sub(o, "signature"), "text"),
    remoteImages: flag(o, "remoteImages"),
    truncated: flag(o, "truncated"),
    attachments: list(o, "attachments", attachment),
    state: oneOf(o["state"], messageStates, "received"),
    stateDetail: str(o, "stateDetail"),
    attempt: num(o, "attempt"),
    sendAt: str(o, "sendAt"),
    scheduled: o["scheduled"] === true,
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
    call: call(o["call"]),
    aboutId: str(o, "aboutId"),
    masked: flag(o, "masked"),
    names: ["mentions", "mentionedTeams"].flatMap((key) => list(o, key, (x) => str(record(x, key), "name"))),
    sentAt: str(o, "sentAt"),
    createdAt: str(o, "createdAt"),
    hasRaw: flag(o, "hasRaw"),
    comment: o["comment"],
    reactions: o["reactions"],
    editedAt: str(o, "editedAt"),
    deletedAt: str(o, "deletedAt"),
  };
}

function call(x: unknown): Call | null {
  if (x === undefined || x === null) return null;
  const o = record(x, "call");
  return {
    direction: o["direction"] === "out" ? "out" : "in",
    from: str(o, "from"),
    to: str(o, "to"),
    startedAt: str(o, "startedAt"),
    ringSeconds: num(o, "ringSeconds"),
    talkSeconds: num(o, "talkSeconds"),
    disposition: str(o, "disposition"),
    agent: str(o, "agent"),
    extension: str(o, "extension"),
    summary: str(o, "summary"),
    summaryBy: str(o, "summaryBy"),
    transcript: str(o, "transcript"),
    audio: list(o, "audio", callAudio),
    legs: list(o, "legs", callLeg),
  };
}

function callAudio(x: unknown): CallAudio {
  const o = record(x, "audio");
  return {
    id: str(o, "id"),
    kind: o["kind"] === "voicemail" ? "voicemail" : "recording",
    state: oneOf(o["state"], ["wanted", "none", "kept"] as const, "none"),
    note: str(o, "note"),
    sha256: str(o, "sha256"),
    seconds: num(o, "seconds"),
  };
}

function callLeg(x: unknown): CallLeg {
  const o = record(x, "leg");
  return {
    id: str(o, "id"),
    main: flag(o, "main"),
    agent: str(o, "agent"),
    extension: str(o, "extension"),
    disposition: str(o, "disposition"),
    startedAt: str(o, "startedAt"),
    talkSeconds: num(o, "talkSeconds"),
  };
}

export function task(x: unknown): Task {
  const o = record(x, "task");
  return {
    id: need(o, "id", "task"),
    version: num(o, "version"),
    kind: o["kind"] === "callback" ? "callback" : "follow-up",
    inboxId: str(o, "inboxId"),
    conversationId: str(o, "conversationId"),
    customer: person(sub(o, "customer")),
    text: str(o, "text"),
    dueAt: instant(o, "dueAt"),
    assigneeId: str(o, "assigneeId"),
    state: o["state"] === "done" ? "done" : "open",
    calls: num(o, "calls"),
    lastCallAt: str(o, "lastCallAt"),
    closedAt: str(o, "closedAt"),
    closedBy: str(o, "closedBy"),
    closedWhy: str(o, "closedWhy"),
  };
}

/** Who did it, in a word. */
export function actor(o: Rec): string {
  const a = sub(o, "actor");
  return str(a, "name") || (a["kind"] === "system" ? "Skein" : "Somebody");
}

export function conversationFact(x: unknown): ConversationFact {
  const o = record(x, "fact");
  return {
    id: need(o, "id", "fact"),
    kind: oneOf(o["kind"], factKinds, "merge"),
    from: str(o, "from"),
    into: str(o, "into"),
    text: str(o, "text"),
    messages: list(o, "messages", text),
    actor: actor(o),
    at: str(o, "at"),
  };
}

export function related(x: unknown): Related {
  const o = record(x, "related");
  return { conversation: conversation(o["conversation"]), why: str(o, "why"), text: str(o, "text") };
}

function agent(x: unknown): Agent {
  const o = record(x, "agent");
  return { id: need(o, "id", "agent"), name: str(o, "name"), email: str(o, "email") };
}

export function agentDesk(x: unknown): AgentDesk {
  const o = record(x, "agent");
  return { ...agent(o), role: str(o, "role"), active: flag(o, "active"), phone: str(o, "phone"), callPop: flag(o, "callPop"), orderActions: flag(o, "orderActions"), locale: str(o, "locale"), onward: str(o, "onward") };
}

export function me(x: unknown): Me {
  const o = record(x, "me");
  const named = (y: unknown): { id: string; name: string } => {
    const n = record(y, "named");
    return { id: need(n, "id", "named"), name: str(n, "name") };
  };
  return {
    agent: agentDesk(o["agent"]),
    inboxes: list(o, "inboxes", (y) => ({ ...named(y), archived: str(record(y, "inbox"), "archivedAt") !== "" })),
    teams: list(o, "teams", named),
    agents: list(o, "agents", agent),
    demo: flag(o, "demo"),
  };
}

function count(x: unknown): Count {
  const o = record(x, "count");
  return {
    inboxId: str(o, "inboxId"),
    teamId: str(o, "teamId"),
    assigneeId: str(o, "assigneeId"),
    status: str(o, "status"),
    count: num(o, "count"),
  };
}

export const tagCount = (x: unknown): { tag: string; count: number } => {
  const o = record(x, "tag");
  return { tag: str(o, "tag"), count: num(o, "count") };
};

export const viewCount = (x: unknown): { id: string; count: number } => {
  const o = record(x, "count");
  return { id: str(o, "id"), count: num(o, "count") };
};

export function view(x: unknown): View {
  const o = record(x, "view");
  return {
    id: need(o, "id", "view"),
    agentId: str(o, "agentId"),
    name: str(o, "name"),
    query: str(o, "query"),
    sort: oneOf(o["sort"], sorts, "newest"),
    shared: flag(o, "shared"),
  };
}

export function counts(x: unknown): readonly Count[] {
  return list(record(x, "counts"), "items", count);
}

export function page<T>(x: unknown, one: (y: unknown) => T): Page<T> {
  const o = record(x, "page");
  return { items: list(o, "items", one), next: str(o, "next") };
}

export function found(x: unknown): Found {
  const o = record(x, "found");
  return {
    kind: oneOf(o["kind"], foundKinds, "customer"),
    ref: need(o, "ref", "found"),
    name: str(o, "name"),
    detail: str(o, "detail"),
    close: o["close"] === true,
    conversation: conversation(o["conversation"]),
  };
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
