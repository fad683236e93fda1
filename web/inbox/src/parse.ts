// The boundary: whatever comes from the server, by HTTP or by socket, becomes
// one of the app's types here or is refused. A missing optional field gets its
// empty value; a missing essential one throws ParseError. Unknown fields are
// ignored, so that an old tab survives a newer server.

import {
  channels,
  factKinds,
  foundKinds,
  linkStates,
  messageStates,
  policies,
  sorts,
  statuses,
  type Agent,
  type Attachment,
  type Bounce,
  type AgentDesk,
  type Call,
  type CallAudio,
  type CallLeg,
  type Cart,
  type Claim,
  type Consent,
  type Conversation,
  type ConversationFact,
  type Count,
  type Customer,
  type Fact,
  type Found,
  type Hit,
  type Identity,
  type KeyPolicy,
  type Line,
  type Loyalty,
  type Match,
  type Me,
  type Merge,
  type Message,
  type Order,
  type OrderLink,
  type OrderParty,
  type Page,
  type PageView,
  type Party,
  type Person,
  type Policy,
  type Product,
  type Proof,
  type Related,
  type SavedItem,
  type SentCode,
  type Shipment,
  type ShipmentEvent,
  type StoreGrammar,
  type Task,
  type TimelineEntry,
  type View,
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
    customerVersion: num(o, "customerVersion"),
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
    snoozedUntil: str(o, "snoozedUntil"),
    mergedInto: str(o, "mergedInto"),
    sideOf: str(o, "sideOf"),
    accountId: str(o, "accountId"),
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
    sentAt: str(o, "sentAt"),
    createdAt: str(o, "createdAt"),
    hasRaw: flag(o, "hasRaw"),
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
    version: num(o, "version"),
    name: str(o, "name"),
    createdAt: str(o, "createdAt"),
    identities: list(o, "identities", identity),
    profile: list(o, "profile", fact),
    consents: list(o, "consents", consent),
    mergedInto: str(o, "mergedInto"),
  };
}

function claim(x: unknown): Claim {
  const o = record(x, "claim");
  return { source: str(o, "source"), value: str(o, "value"), proof: proof(o), at: str(o, "at") };
}

function fact(x: unknown): Fact {
  const o = record(x, "fact");
  return { ...claim(x), field: str(o, "field"), others: list(o, "others", claim) };
}

function consent(x: unknown): Consent {
  const o = record(x, "consent");
  return { purpose: str(o, "purpose"), granted: flag(o, "granted"), source: str(o, "source"), at: str(o, "at") };
}

export function match(x: unknown): Match {
  const o = record(x, "match");
  return { customer: customer(o["customer"]), score: num(o, "score"), reasons: list(o, "reasons", text) };
}

/** Who did it, in a word. */
function actor(o: Rec): string {
  const a = sub(o, "actor");
  return str(a, "name") || (a["kind"] === "system" ? "Skein" : "Somebody");
}

export function merge(x: unknown): Merge {
  const o = record(x, "merge");
  return {
    id: need(o, "id", "merge"),
    a: identity(o["a"]),
    b: identity(o["b"]),
    automatic: flag(o, "automatic"),
    text: str(o, "text"),
    actor: actor(o),
    at: str(o, "at"),
  };
}

export function keyPolicy(x: unknown): KeyPolicy {
  const o = record(x, "key");
  return {
    kind: o["kind"] === "phone" ? "phone" : "email",
    key: str(o, "key"),
    policy: oneOf<Policy | "">(o["policy"], policies, ""),
    counted: flag(o, "counted"),
    holders: num(o, "holders"),
    note: str(o, "note"),
  };
}

export function storeGrammar(x: unknown): StoreGrammar {
  const o = record(x, "store");
  const g = sub(o, "grammar");
  return {
    store: str(o, "store"),
    orders: num(o, "orders"),
    text: str(g, "text"),
    examples: list(g, "examples", text),
    newestOrderAt: str(o, "newestOrderAt"),
  };
}

function shipment(x: unknown): Shipment {
  const o = record(x, "shipment");
  return {
    carrier: str(o, "carrier"),
    tracking: str(o, "tracking"),
    status: str(o, "status"),
    url: link(o, "url"),
    shippedAt: str(o, "shippedAt"),
    at: str(o, "at"),
    events: list(o, "events", shipmentEvent),
  };
}

function shipmentEvent(x: unknown): ShipmentEvent {
  const o = record(x, "shipment event");
  return { at: str(o, "at"), status: str(o, "status"), text: str(o, "text"), place: str(o, "place") };
}

// An address of a shop's is somebody else's text: only the web's own leads anywhere.
function link(o: Rec, key: string): string {
  const v = str(o, key);
  return /^https?:\/\//i.test(v) ? v : "";
}

function orderParty(x: unknown): OrderParty {
  const o = record(x, "party of an order");
  const a = sub(o, "address");
  const lines = [...list(a, "lines", text), `${str(a, "postcode")} ${str(a, "city")}`.trim(), str(a, "region"), str(a, "country")];
  return { role: str(o, "role"), name: str(o, "name"), address: lines.filter((l) => l !== "").join(", ") };
}

function line(x: unknown): Line {
  const o = record(x, "line");
  return { id: str(o, "externalId"), sku: str(o, "sku"), title: str(o, "title"), variant: str(o, "variant"), quantity: num(o, "quantity"), price: num(o, "price") };
}

export function order(x: unknown): Order {
  const o = record(x, "order");
  return {
    id: need(o, "id", "order"),
    identityId: str(o, "identityId"),
    version: num(o, "version"),
    store: str(o, "store"),
    number: str(o, "number"),
    status: str(o, "status"),
    financialStatus: str(o, "financialStatus"),
    currency: str(o, "currency"),
    total: num(o, "total"),
    placedAt: str(o, "placedAt"),
    updatedAt: instant(o, "updatedAt"),
    url: link(o, "url"),
    shipping: num(o, "shipping"),
    tax: num(o, "tax"),
    discount: num(o, "discount"),
    refunded: num(o, "refunded"),
    items: list(o, "items", line),
    parties: list(o, "parties", orderParty),
    shipments: list(o, "shipments", shipment),
    refunds: list(o, "refunds", (y) => {
      const r = record(y, "refund");
      return { id: str(r, "externalId"), amount: num(r, "amount"), reason: str(r, "reason"), at: str(r, "at") };
    }),
    returns: list(o, "returns", (y) => {
      const r = record(y, "return");
      return { id: str(r, "externalId"), status: str(r, "status"), reason: str(r, "reason"), at: str(r, "at") };
    }),
  };
}

export function orderLink(x: unknown): OrderLink {
  const o = record(x, "order link");
  const why = sub(o, "reason");
  return {
    orderId: str(o, "orderId"),
    order: o["order"] === undefined || o["order"] === null ? null : order(o["order"]),
    state: oneOf(o["state"], linkStates, "suggested"),
    meant: flag(o, "meant"),
    text: str(why, "text"),
    messageId: str(why, "messageId"),
    mention: str(why, "mention"),
    claimId: str(o, "claimId"),
    code: o["code"] === undefined || o["code"] === null ? null : sentCode(o["code"]),
  };
}

function sentCode(x: unknown): SentCode {
  const o = record(x, "code");
  return { at: str(o, "at"), expiresAt: str(o, "expiresAt"), triesLeft: num(o, "triesLeft") };
}

export function cart(x: unknown): Cart {
  const o = record(x, "cart");
  return {
    id: need(o, "id", "cart"),
    store: str(o, "store"),
    status: str(o, "status"),
    currency: str(o, "currency"),
    total: num(o, "total"),
    items: list(o, "items", line),
    url: link(o, "url"),
    updatedAt: str(o, "updatedAt"),
  };
}

export function savedItem(x: unknown): SavedItem {
  const o = record(x, "saved item");
  return { store: str(o, "store"), sku: str(o, "sku"), title: str(o, "title"), url: link(o, "url"), at: str(o, "at") };
}

export function pageView(x: unknown): PageView {
  const o = record(x, "page view");
  return { id: need(o, "id", "page view"), title: str(o, "title"), url: link(o, "url"), at: str(o, "at") };
}

/** All that stands beside a conversation. */
export function panel(x: unknown): {
  customer: Customer;
  matches: readonly Match[];
  orders: readonly Order[];
  carts: readonly Cart[];
  savedItems: readonly SavedItem[];
  loyalty: Loyalty;
  pages: readonly PageView[];
  conversations: Page<Conversation>;
  timeline: Page<TimelineEntry>;
} {
  const o = record(x, "panel");
  return {
    customer: customer(o["customer"]),
    matches: list(o, "matches", match),
    orders: list(o, "orders", order),
    carts: list(o, "carts", cart),
    savedItems: list(o, "savedItems", savedItem),
    loyalty: loyalty(o["loyalty"]),
    pages: list(o, "pages", pageView),
    conversations: page(o["conversations"], conversation),
    timeline: page(o["timeline"], timelineEntry),
  };
}

export function loyalty(x: unknown): Loyalty {
  const o = record(x, "loyalty");
  return {
    balances: list(o, "balances", (y) => {
      const b = record(y, "balance");
      return { store: str(b, "store"), points: num(b, "points") };
    }),
  };
}

export function product(x: unknown): Product {
  const o = record(x, "product");
  const stock = o["stock"];
  return { store: str(o, "store"), sku: str(o, "sku"), stock: typeof stock === "number" ? stock : null, stockAt: str(o, "stockAt") };
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

export function timelineEntry(x: unknown): TimelineEntry {
  const o = record(x, "timeline entry");
  return {
    id: need(o, "id", "timeline entry"),
    at: str(o, "at"),
    kind: str(o, "kind"),
    conversationId: str(o, "conversationId"),
    title: str(o, "title"),
    detail: str(o, "detail"),
    channel: str(record(o["data"] ?? {}, "timeline entry's data"), "channel"),
  };
}

export function agent(x: unknown): Agent {
  const o = record(x, "agent");
  return { id: need(o, "id", "agent"), name: str(o, "name"), email: str(o, "email") };
}

export function agentDesk(x: unknown): AgentDesk {
  const o = record(x, "agent");
  return { ...agent(o), role: str(o, "role"), active: flag(o, "active"), phone: str(o, "phone"), callPop: flag(o, "callPop"), orderActions: flag(o, "orderActions"), locale: str(o, "locale") };
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
