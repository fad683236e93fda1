// What was done to a conversation, and what happened to its orders, between what was
// said in it.

import { api, body } from "./api/client";
import { list, num, record, str, sub, text } from "./parse";
import type { Message } from "./types";

interface Named {
  readonly id: string;
  readonly name: string;
}

/** One thing that happened; several of its fields are set when they were changed at once. */
export interface Activity {
  readonly id: string;
  readonly at: string;
  /** The agent who did it; "" for anybody else. */
  readonly by: string;
  readonly byId: string;
  readonly status: string;
  readonly assigned: Named | null;
  readonly team: Named | null;
  readonly inbox: Named | null;
  readonly priority: number | null;
  readonly tagged: readonly string[];
  readonly untagged: readonly string[];
  readonly joined: number;
  readonly order: { readonly number: string; readonly kind: string; readonly status: string; readonly amount: number; readonly currency: string } | null;
}

function named(o: Record<string, unknown>, key: string): Named | null {
  if (!(key in o)) return null;
  const n = sub(o, key);
  return { id: str(n, "id"), name: str(n, "name") };
}

function parse(x: unknown): Activity {
  const o = record(x, "activity");
  const actor = sub(o, "actor");
  const agent = str(actor, "kind") === "agent";
  const order = "order" in o ? sub(o, "order") : null;
  return {
    id: str(o, "id"),
    at: str(o, "at"),
    by: agent ? str(actor, "name") : "",
    byId: agent ? str(actor, "id") : "",
    status: str(o, "status"),
    assigned: named(o, "assigned"),
    team: named(o, "team"),
    inbox: named(o, "inbox"),
    priority: "priority" in o ? num(o, "priority") : null,
    tagged: list(o, "tagged", text),
    untagged: list(o, "untagged", text),
    joined: num(o, "joined"),
    order: order && { number: str(order, "number"), kind: str(order, "kind"), status: str(order, "status"), amount: num(order, "amount"), currency: str(order, "currency") },
  };
}

export async function fetchActivity(id: string): Promise<readonly Activity[]> {
  return list(record(await body(api.GET("/api/v1/conversations/{id}/activity", { params: { path: { id } } })), "activity"), "items", parse);
}

/** What happened before each message, by its id, and after the last, by "". Of what is older than the first message that is here, nothing while there are more before it. */
export function between(messages: readonly Message[], all: readonly Activity[], more: boolean): ReadonlyMap<string, readonly Activity[]> {
  const at = new Map<string, Activity[]>();
  let i = 0;
  for (const [n, m] of messages.entries()) {
    const said = Date.parse(m.sentAt || m.createdAt);
    const before: Activity[] = [];
    for (; i < all.length; i++) {
      const a = all[i];
      if (a === undefined || Date.parse(a.at) >= said) break;
      before.push(a);
    }
    if (before.length > 0 && !(n === 0 && more)) at.set(m.id, before);
  }
  const rest = all.slice(i);
  if (rest.length > 0) at.set("", rest);
  return at;
}
