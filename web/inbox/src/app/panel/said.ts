// What the server tells of a customer and their orders, as people read it.

import type { LinkState } from "../../types";
import { words } from "./panelwords";

/** A status of a shop's in words: "In transit". */
export function orderWord(status: string): string {
  const known = words().statuses[status];
  if (known !== undefined) return known;
  const s = status.replace(/_/g, " ");
  return s.charAt(0).toUpperCase() + s.slice(1);
}

const shipmentSteps = ["label", "in_transit", "out_for_delivery", "delivered"] as const;

export interface Step {
  readonly word: string;
  readonly done: boolean;
  readonly current: boolean;
}

/** A shipment as a line of steps. A problem keeps the step that it happened on. */
export function steps(status: string): { steps: readonly Step[]; trouble: boolean } {
  const trouble = status === "exception";
  const at = trouble ? 1 : shipmentSteps.findIndex((s) => s === status);
  return {
    trouble,
    steps: words().steps.map((word, i) => ({ word, done: i <= at, current: i === at })),
  };
}

/** A line of the timeline: what happened, and the rest. */
export function timelineWords(e: { kind: string; title: string; detail: string; channel?: string; comment?: boolean; state?: string }): { title: string; detail: string } {
  const w = words();
  switch (e.kind) {
    case "message":
      return { title: e.title || (e.comment === true ? w.comment : e.channel === "chat" ? w.inChat : e.channel === "social" ? w.direct : w.noSubject), detail: e.detail };
    case "note":
      return { title: e.title || w.note, detail: e.detail };
    case "order":
      return { title: /^order/i.test(e.title) ? e.title : w.order(e.title), detail: orderWord(e.detail) };
    case "shipment": {
      const i = shipmentSteps.findIndex((s) => s === e.detail);
      const word = e.detail === "exception" ? w.trouble : (w.steps[i] ?? orderWord(e.detail));
      return { title: /^(shipment|order)/i.test(e.title) ? e.title : w.shipmentOf(e.title), detail: word };
    }
    case "call":
      return { title: e.title || w.call, detail: e.detail };
    case "refund":
      return { title: w.refundOn(e.title), detail: e.detail };
    case "return":
      return { title: w.returnOf(e.title), detail: orderWord(e.detail) };
    case "cart":
      return { title: e.title || w.cart, detail: orderWord(e.detail) };
    case "page":
      return { title: e.title || e.detail || w.page, detail: e.title === "" ? "" : e.detail };
    case "action": {
      const detail = w.actionStates[e.state ?? ""] ?? "";
      return { title: w.ofCart[e.detail] ?? w.askedFor(w.asked[e.detail] ?? w.asked["resend"] ?? e.detail, e.title), detail };
    }
    case "merge":
      return { title: e.title === "unmerged" ? w.unmerged : w.merged, detail: e.detail };
    case "status":
      return { title: e.title, detail: w.conversationStatuses[e.detail] ?? orderWord(e.detail) };
    case "rating":
    case "loyalty":
      return { title: e.title, detail: e.detail };
    default:
      return { title: e.title || w.noSubject, detail: e.detail };
  }
}

/** Whose word a value is. */
export function sourceWord(source: string): string {
  return words().sources[source] ?? source;
}

export function fieldWord(field: string): string {
  return words().fields[field] ?? orderWord(field);
}

/** What an order is to a conversation, in a word and a tone. */
export function linkWords(l: { state: LinkState; meant: boolean }): { lead: string; tone: "quiet" | "amber" } {
  const w = words();
  if (l.state === "linked") return { lead: l.meant ? w.meant : w.alsoNamed, tone: "quiet" };
  return { lead: w.leads[l.state], tone: l.state === "unproven" || l.state === "recipient" ? "amber" : "quiet" };
}
