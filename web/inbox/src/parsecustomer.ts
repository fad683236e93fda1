// The same boundary (parse.ts) for customers and what they bought: who they are,
// orders, carts, stock, points and the timeline.

import { actor, conversation, flag, instant, list, need, num, oneOf, page, proof, record, str, sub, text, type Rec } from "./parse";
import {
  linkStates,
  policies,
  type Cart,
  type Claim,
  type Consent,
  type Conversation,
  type Customer,
  type Fact,
  type Identity,
  type KeyPolicy,
  type Line,
  type Loyalty,
  type Match,
  type Merge,
  type Order,
  type OrderLink,
  type OrderParty,
  type Page,
  type PageView,
  type Policy,
  type Product,
  type SavedItem,
  type SentCode,
  type Shipment,
  type ShipmentEvent,
  type StoreGrammar,
  type TimelineEntry,
} from "./types";

function identity(x: unknown): Identity {
  const o = record(x, "identity");
  return {
    id: need(o, "id", "identity"),
    kind: str(o, "kind"),
    value: str(o, "value"),
    name: str(o, "name"),
    proof: proof(o),
    blocked: flag(o, "blocked"),
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

function match(x: unknown): Match {
  const o = record(x, "match");
  return { customer: customer(o["customer"]), score: num(o, "score"), reasons: list(o, "reasons", text) };
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

function savedItem(x: unknown): SavedItem {
  const o = record(x, "saved item");
  return { store: str(o, "store"), sku: str(o, "sku"), title: str(o, "title"), url: link(o, "url"), at: str(o, "at") };
}

function pageView(x: unknown): PageView {
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

function loyalty(x: unknown): Loyalty {
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

export function timelineEntry(x: unknown): TimelineEntry {
  const o = record(x, "timeline entry");
  const data = record(o["data"] ?? {}, "timeline entry's data");
  return {
    id: need(o, "id", "timeline entry"),
    at: str(o, "at"),
    kind: str(o, "kind"),
    conversationId: str(o, "conversationId"),
    title: str(o, "title"),
    detail: str(o, "detail"),
    channel: str(data, "channel"),
    comment: data["comment"] === true,
    state: str(data, "state"),
  };
}
