// Words and figures as people read them, in the page's language. The clock is handed in.

import { dates, numbers } from "./words/figures";
import { words } from "./words/language";
import type { Channel, Conversation, Party, Person, Status } from "./types";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

type Form = "narrow" | "long";

function units(ms: number, form: Form, locale?: string): string {
  const [unit, length] = ms < hour ? (["minute", minute] as const) : ms < day ? (["hour", hour] as const) : (["day", day] as const);
  return numbers({ style: "unit", unit, unitDisplay: form }, locale).format(Math.floor(ms / length));
}

/** Age in the shortest form: "now", "3m", "5h", "2d", then the date. */
export function age(iso: string, now: number, locale?: string): string {
  const t = Date.parse(iso);
  if (Number.isNaN(t)) return "";
  const d = Math.max(0, now - t);
  if (d < minute) return words().terms.now;
  if (d < 7 * day) return units(d, "narrow", locale);
  const sameYear = new Date(t).getFullYear() === new Date(now).getFullYear();
  return dates({ day: "numeric", month: "short", ...(sameYear ? {} : { year: "2-digit" }) }, locale).format(t);
}

/** A span in words: "3 minutes". */
export function span(ms: number): string {
  return ms < minute ? words().terms.underMinute : units(ms, "long");
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

export function priorityWord(n: number): string {
  const w = words().terms;
  return n < 0 ? w.low : n === 0 ? w.normal : n === 1 ? w.high : w.urgent;
}

/** The whole instant, for a hover. */
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
  const digits = n < 9_950_000 ? 1 : 0;
  return `${numbers({ minimumFractionDigits: digits, maximumFractionDigits: digits }).format(n / 1_000_000)} MB`;
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
  return p.name || p.address || words().terms.unknownSender;
}

export function partyName(p: Party): string {
  return p.name || p.address;
}

export function subjectOf(c: Conversation): string {
  return c.subject || (c.channel === "email" ? words().terms.noSubject : "");
}

export function statusWord(s: Status): string {
  return words().terms.status[s];
}

/** What a channel is called within a sentence. */
export function channelWord(c: Channel): string {
  return words().terms.channel[c];
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
