// The app's own forms of what the server tells. They are made by parse.ts, at
// the boundary, and nowhere else.

export const statuses = ["open", "pending", "snoozed", "closed", "spam"] as const;
export type Status = (typeof statuses)[number];

/** The orders of a list: by the newest message, from either end; by the longest wait; by priority. */
export const sorts = ["newest", "oldest", "waiting", "priority"] as const;
export type Sort = (typeof sorts)[number];

export const channels = ["email", "chat", "phone", "social", "shop"] as const;
export type Channel = (typeof channels)[number];

export const messageStates = [
  "received",
  "queued",
  "sending",
  "sent",
  "delivered",
  "read",
  "failed",
  "uncertain",
] as const;
export type MessageState = (typeof messageStates)[number];

/** 0 inferred, 1 claimed, 2 proven, 3 signed. */
export type Proof = 0 | 1 | 2 | 3;

export interface Party {
  readonly address: string;
  readonly name: string;
}

export interface Person {
  readonly customerId: string;
  readonly identityId: string;
  readonly name: string;
  readonly address: string;
  readonly proof: Proof;
  /** Rises whenever who this is was told anew; of two, the higher holds. */
  readonly customerVersion: number;
  /** What they write comes in as spam and wakes nobody. */
  readonly blocked: boolean;
}

export interface OrderRef {
  readonly id: string;
  readonly number: string;
}

/** Values of fields, by the field's id: see fields.ts. */
export type Values = Readonly<Record<string, string>>;

export interface Conversation {
  readonly id: string;
  readonly number: number;
  readonly version: number;
  readonly inboxId: string;
  readonly teamId: string;
  readonly assigneeId: string;
  readonly status: Status;
  readonly channel: Channel;
  readonly subject: string;
  readonly preview: string;
  readonly customer: Person;
  /** The order that it is about, where one may be shown. */
  readonly order: OrderRef | null;
  readonly messageSeq: number;
  readonly publicSeq: number;
  readonly createdAt: string;
  readonly lastAt: string;
  readonly waitingSince: string;
  /** -1 low, 0 normal, 1 high, 2 urgent. */
  readonly priority: number;
  readonly tags: readonly string[];
  /** What is noted of it, by the field's id. */
  readonly fields: Values;
  /** While snoozed: when it opens again; "" when the customer writes. */
  readonly snoozedUntil: string;
  readonly mergedInto: string;
  /** The account that a reply leaves by. */
  readonly accountId: string;
  /** The conversation that this one, with others than its customer, is about, and in no list; "" for one of its own. Its status says nothing. */
  readonly sideOf: string;
}

export interface Attachment {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly sha256: string;
  readonly inline: boolean;
  readonly contentId: string;
}

export interface Bounce {
  readonly recipient: string;
  readonly status: string;
  readonly hard: boolean;
  readonly detail: string;
}

export interface Call {
  readonly direction: "in" | "out";
  readonly from: string;
  readonly to: string;
  readonly startedAt: string;
  readonly ringSeconds: number;
  readonly talkSeconds: number;
  readonly disposition: string;
  readonly agent: string;
  readonly extension: string;
  readonly summary: string;
  /** Whose words the summary is, where it is an agent's. */
  readonly summaryBy: string;
  readonly transcript: string;
  readonly audio: readonly CallAudio[];
  readonly legs: readonly CallLeg[];
}

/** A recording or a voicemail; its bytes are an attachment of the message. */
export interface CallAudio {
  readonly id: string;
  readonly kind: "recording" | "voicemail";
  readonly state: "wanted" | "none" | "kept";
  readonly note: string;
  readonly sha256: string;
  readonly seconds: number;
}

/** One telephone's part in a call. */
export interface CallLeg {
  readonly id: string;
  readonly main: boolean;
  readonly agent: string;
  readonly extension: string;
  readonly disposition: string;
  readonly startedAt: string;
  readonly talkSeconds: number;
}

export interface Message {
  readonly id: string;
  readonly conversationId: string;
  readonly seq: number;
  readonly version: number;
  readonly kind: "message" | "note";
  readonly direction: "in" | "out";
  readonly channel: Channel;
  readonly author: {
    readonly kind: "customer" | "agent" | "system";
    readonly agentId: string;
    readonly name: string;
    readonly address: string;
  };
  readonly to: readonly Party[];
  readonly cc: readonly Party[];
  readonly bcc: readonly Party[];
  readonly subject: string;
  readonly text: string;
  readonly visibleText: string;
  readonly html: string;
  /** Of a mail of ours: what it ends with below its text, or "". */
  readonly signature: string;
  readonly remoteImages: boolean;
  readonly truncated: boolean;
  readonly attachments: readonly Attachment[];
  readonly state: MessageState;
  readonly stateDetail: string;
  readonly attempt: number;
  /** While queued: when it leaves, or "". */
  readonly sendAt: string;
  /** It waits for its own time, and without sendAt for an agent. */
  readonly scheduled: boolean;
  readonly automatic: { readonly is: boolean; readonly reason: string };
  readonly bounces: readonly Bounce[];
  readonly spam: boolean;
  readonly protection: string;
  readonly proof: Proof;
  readonly problems: readonly string[];
  readonly reason: {
    readonly step: string;
    readonly text: string;
    readonly marks: readonly string[];
    readonly linked: string;
  };
  readonly call: Call | null;
  /** The delivery that a report is about. */
  readonly aboutId: string;
  /** Of a note: who is named in it, and which teams. */
  readonly names: readonly string[];
  /** Card numbers in it were made unreadable. */
  readonly masked: boolean;
  readonly sentAt: string;
  readonly createdAt: string;
  readonly hasRaw: boolean;
  /** Of a public comment and an answer to one, and signs that were set beside it: parsed where they are shown, see beside.ts. */
  readonly comment?: unknown;
  readonly reactions?: unknown;
  /** When its sender changed it last, and took it back, or "". */
  readonly editedAt?: string;
  readonly deletedAt?: string;
}

export interface Identity {
  readonly blocked: boolean;
  readonly id: string;
  readonly kind: string;
  readonly value: string;
  readonly name: string;
  readonly proof: Proof;
}

export interface Claim {
  readonly source: string;
  readonly value: string;
  readonly proof: Proof;
  readonly at: string;
}

/** A value of the profile that is shown, and what others say of it. */
export interface Fact extends Claim {
  readonly field: string;
  readonly others: readonly Claim[];
}

export interface Consent {
  readonly purpose: string;
  readonly granted: boolean;
  readonly source: string;
  readonly at: string;
}

export interface Customer {
  readonly id: string;
  readonly version: number;
  readonly name: string;
  readonly createdAt: string;
  readonly identities: readonly Identity[];
  readonly profile: readonly Fact[];
  readonly consents: readonly Consent[];
  /** Whose this one is now, when it was merged. */
  readonly mergedInto: string;
}

/** Somebody who may be the same person. */
export interface Match {
  readonly customer: Customer;
  readonly score: number;
  readonly reasons: readonly string[];
}

/** What joined two parts of a customer. */
export interface Merge {
  readonly id: string;
  readonly a: Identity;
  readonly b: Identity;
  readonly automatic: boolean;
  readonly text: string;
  readonly actor: string;
  readonly at: string;
}

export const policies = ["blocked", "shared", "personal"] as const;
export type Policy = (typeof policies)[number];

export interface KeyPolicy {
  readonly kind: "email" | "phone";
  readonly key: string;
  readonly policy: Policy | "";
  /** Whether it is counted, and no operator's word. */
  readonly counted: boolean;
  readonly holders: number;
  readonly note: string;
}

export interface StoreGrammar {
  readonly store: string;
  readonly orders: number;
  readonly text: string;
  readonly examples: readonly string[];
  readonly newestOrderAt: string;
}

export interface ShipmentEvent {
  readonly at: string;
  readonly status: string;
  readonly text: string;
  readonly place: string;
}

export interface Shipment {
  readonly carrier: string;
  readonly tracking: string;
  readonly status: string;
  readonly url: string;
  readonly shippedAt: string;
  readonly at: string;
  readonly events: readonly ShipmentEvent[];
}

export interface OrderParty {
  readonly role: string;
  readonly name: string;
  readonly address: string;
}

export interface Line {
  /** The shop's own id of it; "" where it has none. */
  readonly id: string;
  readonly sku: string;
  readonly title: string;
  readonly variant: string;
  readonly quantity: number;
  readonly price: number;
}

export interface Order {
  readonly id: string;
  /** Whose it is. */
  readonly identityId: string;
  readonly version: number;
  readonly store: string;
  readonly number: string;
  readonly status: string;
  readonly financialStatus: string;
  readonly currency: string;
  readonly total: number;
  readonly placedAt: string;
  readonly updatedAt: string;
  readonly url: string;
  readonly shipping: number;
  readonly tax: number;
  readonly discount: number;
  readonly refunded: number;
  readonly items: readonly Line[];
  readonly parties: readonly OrderParty[];
  readonly shipments: readonly Shipment[];
  readonly refunds: readonly { readonly id: string; readonly amount: number; readonly reason: string; readonly at: string }[];
  readonly returns: readonly { readonly id: string; readonly status: string; readonly reason: string; readonly at: string }[];
}

export const linkStates = ["linked", "unproven", "recipient", "suggested", "claimed", "rejected"] as const;
export type LinkState = (typeof linkStates)[number];

/** One order of a conversation, and why it is there. */
export interface OrderLink {
  readonly orderId: string;
  readonly order: Order | null;
  readonly state: LinkState;
  readonly meant: boolean;
  readonly text: string;
  readonly messageId: string;
  readonly mention: string;
  readonly claimId: string;
  /** Of a claim: the code that was asked for last. */
  readonly code: SentCode | null;
}

export interface SentCode {
  readonly at: string;
  readonly expiresAt: string;
  readonly triesLeft: number;
}

export interface Cart {
  readonly id: string;
  readonly store: string;
  readonly status: string;
  readonly currency: string;
  readonly total: number;
  readonly items: readonly Line[];
  readonly url: string;
  readonly updatedAt: string;
}

export interface SavedItem {
  readonly store: string;
  readonly sku: string;
  readonly title: string;
  readonly url: string;
  readonly at: string;
}

export interface PageView {
  readonly id: string;
  readonly title: string;
  readonly url: string;
  readonly at: string;
}

export interface Loyalty {
  readonly balances: readonly { readonly store: string; readonly points: number }[];
}

export interface Product {
  readonly store: string;
  readonly sku: string;
  /** Null where the shop doesn't count it. */
  readonly stock: number | null;
  readonly stockAt: string;
}

export const factKinds = ["merge", "split", "same-order", "hand-over", "late-parent"] as const;
export type FactKind = (typeof factKinds)[number];

/** Why threads are one conversation, or messages apart from theirs. */
export interface ConversationFact {
  readonly id: string;
  readonly kind: FactKind;
  readonly from: string;
  readonly into: string;
  readonly text: string;
  readonly messages: readonly string[];
  readonly actor: string;
  readonly at: string;
}

export interface Related {
  readonly conversation: Conversation;
  readonly why: string;
  readonly text: string;
}

export interface TimelineEntry {
  readonly id: string;
  readonly at: string;
  readonly kind: string;
  readonly conversationId: string;
  readonly title: string;
  readonly detail: string;
  /** Of a message: where it was said. */
  readonly channel: string;
  /** Of a message: it is a comment, or an answer to one, that everybody can read. */
  readonly comment: boolean;
  /** Of what was asked of a shop: how it went. */
  readonly state: string;
}

/** Something to do for a customer by a time. */
export interface Task {
  readonly id: string;
  readonly version: number;
  readonly kind: "callback" | "follow-up";
  readonly inboxId: string;
  readonly conversationId: string;
  readonly customer: Person;
  readonly text: string;
  readonly dueAt: string;
  readonly assigneeId: string;
  readonly state: "open" | "done";
  /** How many calls were missed, and when the newest came. */
  readonly calls: number;
  readonly lastCallAt: string;
  readonly closedAt: string;
  readonly closedBy: string;
  readonly closedWhy: string;
}

export interface Agent {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

/** What an agent is at: the telephone, and which calls are shown. */
export interface AgentDesk extends Agent {
  readonly role: string;
  readonly active: boolean;
  readonly phone: string;
  readonly callPop: boolean;
  readonly orderActions: boolean;
  /** Of the pages, BCP 47; "" while the browser's is taken. */
  readonly locale: string;
  /** Where the page goes once a conversation is dealt with: next, list or stay. */
  readonly onward: string;
}

export interface Me {
  readonly agent: AgentDesk;
  readonly inboxes: readonly { readonly id: string; readonly name: string; readonly archived: boolean }[];
  readonly teams: readonly { readonly id: string; readonly name: string }[];
  readonly agents: readonly Agent[];
  readonly demo: boolean;
}

/** A list that somebody has put together. */
export interface View {
  readonly id: string;
  readonly agentId: string;
  readonly name: string;
  /** Words and filters, as search takes them. */
  readonly query: string;
  readonly sort: Sort;
  readonly shared: boolean;
}

export interface Count {
  readonly inboxId: string;
  readonly teamId: string;
  readonly assigneeId: string;
  readonly status: string;
  readonly count: number;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string;
}

export interface Hit {
  readonly conversation: Conversation;
  readonly messageId: string;
  readonly snippet: string;
}

/** A customer, an order or a file that a name leads to, and where it is to be seen. */
export interface Found {
  readonly kind: FoundKind;
  readonly ref: string;
  readonly name: string;
  readonly detail: string;
  /** Not what was typed, but one slip away from it. */
  readonly close: boolean;
  readonly conversation: Conversation;
}

export const foundKinds = ["customer", "order", "file"] as const;
export type FoundKind = (typeof foundKinds)[number];

/** Closes a switch over a union: a case that was forgotten is a type error. */
export function assertNever(x: never): never {
  throw new Error(`unexpected ${JSON.stringify(x)}`);
}
