// What the app knows, and the pure fold of changes into it.
//
// Every change carries its entity's whole new state and that state's version;
// what is not newer is ignored. So applying changes in any order, any number of
// times, mixed with fetched pages, gives the same state. Nothing here touches
// the DOM, the clock or the network.
//
// Lists aren't stored: they are chosen from the entities, see lists.ts.

import { conversation, message, num, record, str, task } from "./parse";
import { cart, customer, order } from "./parsecustomer";
import { assertNever, type Cart, type Conversation, type Customer, type Message, type Order, type Person, type Proof, type Status, type Task, type Values } from "./types";

/** What an agent asked for and the server has not confirmed yet. */
export interface Patch {
  readonly status?: Status;
  readonly assigneeId?: string;
  readonly teamId?: string;
  readonly priority?: number;
  readonly tags?: readonly string[];
  readonly snoozedUntil?: string;
  readonly fields?: Values;
}

export interface State {
  readonly conversations: ReadonlyMap<string, Conversation>;
  /** By conversation, then by message. */
  readonly messages: ReadonlyMap<string, ReadonlyMap<string, Message>>;
  readonly customers: ReadonlyMap<string, Customer>;
  /** Whose an identity is, as last told: conversations follow it. */
  readonly people: ReadonlyMap<string, { readonly customerId: string; readonly name: string; readonly proof: Proof; readonly blocked: boolean; readonly version: number }>;
  readonly orders: ReadonlyMap<string, Order>;
  readonly tasks: ReadonlyMap<string, Task>;
  /** Entities that left our sight, and the version at which they did. */
  readonly gone: ReadonlyMap<string, number>;
  /** Laid over `conversations`, in order, until the server answers. */
  readonly patches: ReadonlyMap<string, readonly { readonly key: string; readonly patch: Patch }[]>;
}

export const empty: State = {
  conversations: new Map(),
  messages: new Map(),
  customers: new Map(),
  people: new Map(),
  orders: new Map(),
  tasks: new Map(),
  gone: new Map(),
  patches: new Map(),
};

interface Common {
  readonly entity: string;
  readonly version: number;
  readonly history: boolean;
}

interface Owned extends Common {
  /** The identity whose it is. */
  readonly who: string;
}

/** A change as the server pushes it. `agent.changed` and `inbox.changed` ask for fresh rights and names. */
export type Change =
  | (Common & { readonly kind: "conversation.changed"; readonly conversation: Conversation })
  | (Common & { readonly kind: "message.changed"; readonly message: Message; readonly movedFrom: string })
  | (Common & { readonly kind: "customer.changed"; readonly customer: Customer })
  | (Owned & { readonly kind: "order.changed"; readonly order: Order })
  | (Owned & { readonly kind: "cart.changed"; readonly cart: Cart })
  | (Owned & { readonly kind: "timeline.added" })
  | (Owned & { readonly kind: "action.changed" })
  | (Common & { readonly kind: "task.changed"; readonly task: Task })
  | (Common & { readonly kind: "agent.changed" | "inbox.changed" | "product.changed" })
  | (Common & { readonly kind: "saved-reply.changed" | "field.changed" | "view.changed" | "watch.changed" })
  | { readonly kind: "gone"; readonly entity: string; readonly version: number };

/** Reads an event of the socket. Null for kinds that this app does not know: an old tab outlives a deploy. */
export function parseChange(x: unknown): Change | null {
  const o = record(x, "event");
  const common = { entity: str(o, "entity"), version: num(o, "version"), history: o["history"] === true };
  const owned = { ...common, who: str(o, "identityId") };
  switch (o["kind"]) {
    case "conversation.changed":
      return { ...common, kind: "conversation.changed", conversation: conversation(o["conversation"]) };
    case "message.changed":
      return { ...common, kind: "message.changed", message: message(o["message"]), movedFrom: str(o, "movedFrom") };
    case "customer.changed":
      return { ...common, kind: "customer.changed", customer: customer(o["customer"]) };
    case "order.changed":
      return { ...owned, kind: "order.changed", order: order(o["order"]) };
    case "cart.changed":
      return { ...owned, kind: "cart.changed", cart: cart(o["cart"]) };
    case "task.changed":
      return { ...common, kind: "task.changed", task: task(o["task"]) };
    case "timeline.added":
    case "action.changed":
      return { ...owned, kind: o["kind"] };
    case "agent.changed":
    case "inbox.changed":
    case "product.changed":
      return { ...common, kind: o["kind"] };
    case "saved-reply.changed":
    case "field.changed":
    case "view.changed":
    case "watch.changed":
      return { ...common, kind: o["kind"] };
    default:
      return null;
  }
}

/** Folds one change into s. Returns s itself when it changes nothing. */
export function apply(s: State, c: Change): State {
  switch (c.kind) {
    case "conversation.changed":
      return putConversations(s, [c.conversation]);
    case "message.changed":
      return putMessages(s, [c.message]);
    case "customer.changed":
      return putCustomers(s, [c.customer]);
    case "order.changed":
      return putOrders(s, [c.order]);
    case "task.changed":
      return putTasks(s, [c.task]);
    // Told to those who show them: see runtime.ts.
    case "cart.changed":
    case "timeline.added":
    case "action.changed":
    case "agent.changed":
    case "inbox.changed":
    case "product.changed":
    case "saved-reply.changed":
    case "field.changed":
    case "view.changed":
    case "watch.changed":
      return s;
    case "gone":
      return putGone(s, c.entity, c.version);
    default:
      return assertNever(c);
  }
}

export function putConversations(s: State, fresh: readonly Conversation[]): State {
  let next: Map<string, Conversation> | undefined;
  for (const c of fresh) {
    const known = (next ?? s.conversations).get(c.id);
    if (known && known.version >= c.version) continue;
    if ((s.gone.get(c.id) ?? -1) >= c.version) continue;
    next ??= new Map(s.conversations);
    next.set(c.id, { ...c, customer: whose(s, c.customer) });
  }
  return next ? { ...s, conversations: next } : s;
}

/** Who p is by the newest word: merging people changes no conversation, only whose it is. */
function whose(s: State, p: Person): Person {
  const told = s.people.get(p.identityId);
  if (!told || told.version <= p.customerVersion) return p;
  return { ...p, customerId: told.customerId, name: told.name || p.name, proof: told.proof, blocked: told.blocked, customerVersion: told.version };
}

// A frame may carry a message without its body; the fetched one of the same
// version is the fuller.
function fuller(a: Message, b: Message | undefined): boolean {
  if (!b) return true;
  return a.version > b.version || (a.version === b.version && b.truncated && !a.truncated);
}

export function putMessages(s: State, fresh: readonly Message[]): State {
  let next: Map<string, ReadonlyMap<string, Message>> | undefined;
  for (const m of fresh) {
    const before = placeOf(next ?? s.messages, m.id);
    if (before !== undefined && !fuller(m, (next ?? s.messages).get(before)?.get(m.id))) continue;
    next ??= new Map(s.messages);
    if (before !== undefined && before !== m.conversationId) {
      const left = new Map(next.get(before));
      left.delete(m.id);
      if (left.size > 0) next.set(before, left);
      else next.delete(before);
    }
    next.set(m.conversationId, new Map(next.get(m.conversationId)).set(m.id, m));
  }
  return next ? { ...s, messages: next } : s;
}

/**
 * Leaves out what was known when a fetch began and is not in what it brought, of
 * seq `from` to `to`: it went while nobody told us. What was told since stays.
 */
export function withoutGone(
  s: State,
  id: string,
  known: ReadonlyMap<string, Message> | undefined,
  fetched: readonly Message[],
  from: number,
  to: number,
): State {
  const of = s.messages.get(id);
  if (!known || !of) return s;
  const there = new Set(fetched.map((m) => m.id));
  const left = new Map([...of].filter(([k, m]) => there.has(k) || m.seq < from || m.seq > to || known.get(k)?.version !== m.version));
  return left.size === of.size ? s : { ...s, messages: new Map(s.messages).set(id, left) };
}

/** Forgets the messages of a conversation that is out of sight: what becomes of them is not told. */
export function forgetMessages(s: State, id: string): State {
  if (!s.messages.has(id)) return s;
  const messages = new Map(s.messages);
  messages.delete(id);
  return { ...s, messages };
}

/** The conversation in which a message is known: agents move them. */
function placeOf(all: State["messages"], id: string): string | undefined {
  for (const [conversation, of] of all) if (of.has(id)) return conversation;
  return undefined;
}

/** Takes what is told of customers, and whose each conversation is now. */
export function putCustomers(s: State, fresh: readonly Customer[]): State {
  const news = fresh.filter((c) => (s.customers.get(c.id)?.version ?? -1) < c.version);
  if (news.length === 0) return s;
  const customers = new Map(s.customers);
  const people = new Map(s.people);
  for (const c of news) {
    customers.set(c.id, c);
    for (const i of c.identities) {
      if ((people.get(i.id)?.version ?? -1) < c.version) people.set(i.id, { customerId: c.id, name: c.name, proof: i.proof, blocked: i.blocked, version: c.version });
    }
  }
  const told: State = { ...s, customers, people };
  let tasks: Map<string, Task> | undefined;
  for (const t of s.tasks.values()) {
    const customer = whose(told, t.customer);
    if (customer !== t.customer) tasks = (tasks ?? new Map(s.tasks)).set(t.id, { ...t, customer });
  }
  const next = tasks ? { ...told, tasks } : told;
  let conversations: Map<string, Conversation> | undefined;
  for (const c of s.conversations.values()) {
    const customer = whose(next, c.customer);
    if (customer === c.customer) continue;
    conversations ??= new Map(s.conversations);
    conversations.set(c.id, { ...c, customer });
  }
  return conversations ? { ...next, conversations } : next;
}

export function putTasks(s: State, fresh: readonly Task[]): State {
  let next: Map<string, Task> | undefined;
  for (const t of fresh) {
    if (((next ?? s.tasks).get(t.id)?.version ?? -1) >= t.version || (s.gone.get(t.id) ?? -1) >= t.version) continue;
    next ??= new Map(s.tasks);
    next.set(t.id, { ...t, customer: whose(s, t.customer) });
  }
  return next ? { ...s, tasks: next } : s;
}

export function putOrders(s: State, fresh: readonly Order[]): State {
  const news = fresh.filter((o) => (s.orders.get(o.id)?.version ?? -1) < o.version);
  if (news.length === 0) return s;
  const orders = new Map(s.orders);
  for (const o of news) orders.set(o.id, o);
  return { ...s, orders };
}

// An order that is gone may be seen again without having changed, once its customer
// writes to another inbox: what is fetched then is taken.
// Messages of what is gone stay in the map, unread, until the next reload:
// taking them out here would make the fold depend on the order of arrival.
function putGone(s: State, id: string, version: number): State {
  if ((s.gone.get(id) ?? -1) >= version) return s;
  const gone = new Map(s.gone).set(id, version);
  const order = s.orders.get(id);
  if (order && order.version <= version) {
    const orders = new Map(s.orders);
    orders.delete(id);
    return { ...s, gone, orders };
  }
  const task = s.tasks.get(id);
  if (task && task.version <= version) {
    const tasks = new Map(s.tasks);
    tasks.delete(id);
    return { ...s, gone, tasks };
  }
  const known = s.conversations.get(id);
  if (!known || known.version > version) return { ...s, gone };
  const conversations = new Map(s.conversations);
  conversations.delete(id);
  return { ...s, gone, conversations };
}

/** Lays a patch over a conversation until `settle` is called with the same key. */
export function overlay(s: State, id: string, key: string, patch: Patch): State {
  return { ...s, patches: new Map(s.patches).set(id, [...(s.patches.get(id) ?? []), { key, patch }]) };
}

/** The same for many at once, each with a patch of its own. */
export function overlayAll(s: State, key: string, of: ReadonlyMap<string, Patch>): State {
  const patches = new Map(s.patches);
  for (const [id, patch] of of) patches.set(id, [...(patches.get(id) ?? []), { key, patch }]);
  return { ...s, patches };
}

export function settle(s: State, id: string, key: string): State {
  const left = (s.patches.get(id) ?? []).filter((p) => p.key !== key);
  const patches = new Map(s.patches);
  if (left.length > 0) patches.set(id, left);
  else patches.delete(id);
  return { ...s, patches };
}

/** Takes away all that was laid with the key. */
export function settleAll(s: State, key: string): State {
  const patches = new Map<string, readonly { readonly key: string; readonly patch: Patch }[]>();
  for (const [id, laid] of s.patches) {
    const left = laid.filter((p) => p.key !== key);
    if (left.length > 0) patches.set(id, left);
  }
  return { ...s, patches };
}

/** The conversation as the agent should see it: what is known, with what was just asked for. */
export function shown(s: State, id: string): Conversation | undefined {
  const c = s.conversations.get(id);
  const patches = s.patches.get(id);
  if (!c || !patches) return c;
  return patches.reduce<Conversation>((acc, p) => ({ ...acc, ...p.patch }), c);
}

/** Whether a reply can still be taken back. */
export const waits = (m: Message): boolean => m.state === "queued" && (m.scheduled || Date.parse(m.sendAt) > Date.parse(m.createdAt));

/** What is to be done, soonest first. */
export function openTasks(s: State, admits: (t: Task) => boolean): Task[] {
  return [...s.tasks.values()]
    .filter((t) => t.state === "open" && admits(t))
    .sort((a, b) => (a.dueAt === b.dueAt ? (a.id < b.id ? -1 : 1) : a.dueAt < b.dueAt ? -1 : 1));
}

/** The messages of a conversation in the order in which they are shown, without those that were moved out of sight. */
export function messagesOf(s: State, id: string): Message[] {
  const of = s.messages.get(id);
  return of ? [...of.values()].filter((m) => (s.gone.get(m.id) ?? -1) < m.version).sort((a, b) => a.seq - b.seq) : [];
}
