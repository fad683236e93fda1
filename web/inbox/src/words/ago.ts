// How long ago something was, in a sentence: "3 min. ago", "vor 3 Min.".

import { dates } from "./figures";
import { locale } from "./language";

const minute = 60_000;
const kept = new Map<string, Intl.RelativeTimeFormat>();

/** "now", "3 min. ago", "5 hr. ago", "2 days ago", then the date; "" for what is no instant. */
export function ago(iso: string, now: number, tag = locale()): string {
  const t = Date.parse(iso);
  if (Number.isNaN(t)) return "";
  let f = kept.get(tag);
  if (f === undefined) kept.set(tag, (f = new Intl.RelativeTimeFormat(tag, { style: "short", numeric: "auto" })));
  const minutes = Math.floor(Math.max(0, now - t) / minute);
  if (minutes < 1) return f.format(0, "second");
  if (minutes < 60) return f.format(-minutes, "minute");
  if (minutes < 24 * 60) return f.format(-Math.floor(minutes / 60), "hour");
  if (minutes < 7 * 24 * 60) return f.format(-Math.floor(minutes / 60 / 24), "day");
  const sameYear = new Date(t).getFullYear() === new Date(now).getFullYear();
  return dates({ day: "numeric", month: "short", ...(sameYear ? {} : { year: "numeric" }) }, tag).format(t);
}
