// The app's own forms of what the server tells. They are made by parse.ts, at
// the boundary, and nowhere else.

export const statuses = ["open", "pending", "snoozed", "closed", "spam"] as const;
export type Status = (typeof statuses)[number];

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
}

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
  readonly messageSeq: number;
  readonly publicSeq: number;
  readonly createdAt: string;
  readonly lastAt: string;
  readonly waitingSince: string;
  readonly mergedInto: string;
}

export interface Attachment {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly inline: boolean;
  readonly contentId: string;
}

export interface Bounce {
  readonly recipient: string;
  readonly status: string;
  readonly hard: boolean;
  readonly detail: string;
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
  readonly subject: string;
  readonly text: string;
  readonly visibleText: string;
  readonly html: string;
  readonly remoteImages: boolean;
  readonly truncated: boolean;
  readonly attachments: readonly Attachment[];
  readonly state: MessageState;
  readonly stateDetail: string;
  readonly attempt: number;
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
  readonly sentAt: string;
  readonly createdAt: string;
  readonly hasRaw: boolean;
}

export interface Identity {
  readonly id: string;
  readonly kind: string;
  readonly value: string;
  readonly name: string;
  readonly proof: Proof;
}

export interface Customer {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  readonly identities: readonly Identity[];
}

export interface Shipment {
  readonly carrier: string;
  readonly tracking: string;
  readonly status: string;
  readonly shippedAt: string;
  readonly at: string;
}

export interface Order {
  readonly id: string;
  readonly store: string;
  readonly number: string;
  readonly status: string;
  readonly currency: string;
  readonly total: number;
  readonly placedAt: string;
  readonly updatedAt: string;
  readonly items: readonly {
    readonly sku: string;
    readonly title: string;
    readonly variant: string;
    readonly quantity: number;
    readonly price: number;
  }[];
  readonly shipments: readonly Shipment[];
}

export interface TimelineEntry {
  readonly id: string;
  readonly at: string;
  readonly kind: string;
  readonly conversationId: string;
  readonly title: string;
  readonly detail: string;
}

export interface Agent {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

export interface Me {
  readonly agent: Agent & { readonly role: string };
  readonly inboxes: readonly { readonly id: string; readonly name: string }[];
  readonly teams: readonly { readonly id: string; readonly name: string }[];
  readonly agents: readonly Agent[];
  readonly demo: boolean;
}

export interface Count {
  readonly inboxId: string;
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

/** Closes a switch over a union: a case that was forgotten is a type error. */
export function assertNever(x: never): never {
  throw new Error(`unexpected ${JSON.stringify(x)}`);
}
