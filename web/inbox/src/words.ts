// Words and figures as people read them. Pure: the clock and the locale are handed in.

import { dates, numbers } from "./words/figures";
import type { Channel, Conversation, Message, Party, Person, Status } from "./types";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Age in the shortest form: "now", "3m", "5h", "2d", then the date. */
export function age(iso: string, now: number, locale?: string): string {
  const t = Date.parse(iso);
  if (Number.isNaN(t)) return "";
  const d = Math.max(0, now - t);
  if (d < minute) return "now";
  if (d < hour) return `${Math.floor(d / minute)}m`;
  if (d < day) return `${Math.floor(d / hour)}h`;
  if (d < 7 * day) return `${Math.floor(d / day)}d`;
  const sameYear = new Date(t).getFullYear() === new Date(now).getFullYear();
  return dates({ day: "numeric", month: "short", ...(sameYear ? {} : { year: "2-digit" }) }, locale).format(t);
}

/** A span in words: "3 minutes". */
export function span(ms: number): string {
  const say = (n: number, unit: string): string => `${n} ${unit}${n === 1 ? "" : "s"}`;
  if (ms < minute) return "under a minute";
  if (ms < hour) return say(Math.floor(ms / minute), "minute");
  if (ms < day) return say(Math.floor(ms / hour), "hour");
  return say(Math.floor(ms / day), "day");
}

/** The time of day, with the date when it isn't today. */
export function when(iso: string, now: number, locale?: string): string {
  const t = Date.parse(iso);
  if (Number.isNaN(t)) return "";
  const time = dates({ timeStyle: "short" }, locale).format(t);
  if (new Date(t).toDateString() === new Date(now).toDateString()) return time;
  const sameYear = new Date(t).getFullYear() === new Date(now).getFullYear();
  return `${dates({ day: "numeric", month: "short", ...(sameYear ? {} : { year: "numeric" }) }, locale).format(t)}, ${time}`;
}

/** The whole instant, for a hover. */
export function priorityWord(n: number): string {
  return n < 0 ? "Low" : n === 0 ? "Normal" : n === 1 ? "High" : "Urgent";
}

export function exactly(iso: string, locale?: string): string {
  const t = Date.parse(iso);
  return Number.isNaN(t) ? "" : dates({ dateStyle: "full", timeStyle: "medium" }, locale).format(t);
}

export function date(iso: string, locale?: string): string {
  const t = Date.parse(iso);
  return Number.isNaN(t)
    ? ""
    : dates({ day: "numeric", month: "short", year: "numeric" }, locale).format(t);
}

export function bytes(n: number): string {
  if (n < 1000) return `${n} B`;
  if (n < 999_500) return `${Math.round(n / 1000)} kB`;
  return `${(n / 1_000_000).toFixed(n < 9_950_000 ? 1 : 0)} MB`;
}

/** An amount in minor units of a currency. */
export function money(minor: number, currency: string, locale?: string): string {
  try {
    const f = numbers({ style: "currency", currency }, locale);
    return f.format(minor / 10 ** (f.resolvedOptions().maximumFractionDigits ?? 2));
  } catch {
    return `${(minor / 100).toFixed(2)} ${currency}`;
  }
}

export function personName(p: Person): string {
  return p.name || p.address || "Unknown sender";
}

export function partyName(p: Party): string {
  return p.name || p.address;
}

export function subjectOf(c: Conversation): string {
  return c.subject || (c.channel === "email" ? "(no subject)" : "");
}

export const statusWord: Record<Status, string> = {
  open: "Open",
  pending: "Pending",
  snoozed: "Snoozed",
  closed: "Closed",
  spam: "Spam",
};

export const channelWord: Record<Channel, string> = {
  email: "mail",
  chat: "chat",
  phone: "phone",
  social: "direct message",
  shop: "shop",
};

/** What a mark on a reason means. Unknown marks are shown as they are. */
export function markWords(mark: string): { short: string; long: string } {
  switch (mark) {
    case "sender-unproven":
      return {
        short: "Sender unproven",
        long: "The address is known, but nothing proves that this mail came from it. Take care with orders and addresses.",
      };
    case "unknown-address":
      return {
        short: "Unknown address",
        long: "It answers a mail of ours from an address that was not part of the conversation.",
      };
    default:
      return { short: mark.replace(/-/g, " "), long: mark.replace(/-/g, " ") };
  }
}

export interface Delivery {
  readonly word: string;
  /** What it means and what to do, where that needs saying. */
  readonly explain: string;
  readonly tone: "quiet" | "wait" | "bad";
  readonly resend: boolean;
}

/** How far a message of ours has come. */
export function delivery(m: Pick<Message, "state" | "stateDetail">): Delivery {
  switch (m.state) {
    case "received":
      return { word: "", explain: "", tone: "quiet", resend: false };
    case "queued":
      return { word: "Waiting to leave", explain: "", tone: "quiet", resend: false };
    case "sending":
      return { word: "Sending", explain: "", tone: "quiet", resend: false };
    case "sent":
      return { word: "Sent", explain: "", tone: "quiet", resend: false };
    case "delivered":
      return { word: "Delivered", explain: "", tone: "quiet", resend: false };
    case "read":
      return { word: "Read", explain: "", tone: "quiet", resend: false };
    case "failed":
      return {
        word: "Not sent",
        explain: "It did not reach the customer. Check the address, then send it again.",
        tone: "bad",
        resend: true,
      };
    case "uncertain":
      return {
        word: "May not have been sent",
        explain:
          "The connection broke while the mail server took it, so nobody can tell whether it left. If the customer must have it, send it again: mail programs hide the second copy.",
        tone: "wait",
        resend: true,
      };
  }
}

export function initials(name: string): string {
  const parts = name.replace(/[^\p{L}\p{N}\s@.-]/gu, "").split(/[\s@.]+/).filter(Boolean);
  const letters = (parts[0]?.charAt(0) ?? "?") + (parts.length > 1 ? (parts[1]?.charAt(0) ?? "") : "");
  return letters.toUpperCase();
}

/** An order's number as people write it: bare figures get their sign. */
export function numberWord(number: string): string {
  return /^\d/.test(number) ? `#${number}` : number;
}

/** What a fact did to a conversation. */
export function factWord(f: { kind: string; messages: readonly string[] }): string {
  switch (f.kind) {
    case "merge":
      return "Two conversations were joined";
    case "split":
      return f.messages.length > 1 ? `${f.messages.length} messages were moved` : "A message was moved";
    case "same-order":
      return "Another thread about the same order came in";
    case "hand-over":
      return "It goes on over another channel";
    default:
      return "A mail that came late ties two threads together";
  }
}
