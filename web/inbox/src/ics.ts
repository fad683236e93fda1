// Whole days of an iCalendar file (RFC 5545), such as the lists of public holidays
// that authorities hand out.

export interface Day {
  readonly date: string; // YYYY-MM-DD
  readonly name: string;
}

const most = 1000;

// A line that goes on begins with a space (section 3.1).
const unfold = (text: string): string[] => text.replace(/\r?\n[ \t]/g, "").split(/\r?\n/);

const unescape = (text: string): string => text.replace(/\\([\\;,nN])/g, (_, c: string) => (c === "n" || c === "N" ? " " : c)).trim();

function at(value: string): Date | null {
  const m = /^(\d{4})(\d{2})(\d{2})/.exec(value);
  if (!m) return null;
  const d = new Date(Date.UTC(Number(m[1]), Number(m[2]) - 1, Number(m[3])));
  return d.getUTCMonth() === Number(m[2]) - 1 ? d : null;
}

/**
 * The days of the events of a file, those before `from` left out. What takes several
 * days is each of them; what comes every year comes until the end of the third year
 * from `from`. What has a time of day is no whole day, and no other repetition is
 * followed.
 */
export function daysOf(text: string, from: Date): Day[] {
  const days = new Map<string, string>();
  const begin = from.toISOString().slice(0, 10);
  const last = from.getUTCFullYear() + 2;
  const add = (d: Date, name: string): void => {
    const date = d.toISOString().slice(0, 10);
    if (date >= begin && days.size < most && !days.has(date)) days.set(date, name);
  };
  let event: Record<string, string> | null = null;
  for (const line of unfold(text)) {
    if (/^BEGIN:VEVENT$/i.test(line)) event = {};
    else if (/^END:VEVENT$/i.test(line)) {
      if (event) put(event);
      event = null;
    } else if (event) {
      const m = /^([A-Z-]+)((?:;[^:;]+=(?:"[^"]*"|[^:;]*))*):(.*)$/i.exec(line);
      if (m?.[1] !== undefined && m[3] !== undefined) event[m[1].toUpperCase()] ??= m[3];
    }
  }
  function put(e: Record<string, string>): void {
    const start = e["DTSTART"] ?? "";
    if (!/^\d{8}$/.test(start) || e["STATUS"]?.toUpperCase() === "CANCELLED") return;
    const first = at(start);
    if (!first) return;
    const end = at(e["DTEND"] ?? "");
    const count = end && end > first ? Math.min(60, Math.round((end.getTime() - first.getTime()) / 86_400_000)) : 1;
    const name = unescape(e["SUMMARY"] ?? "").slice(0, 200);
    const yearly = /(^|;)FREQ=YEARLY(;|$)/i.test(e["RRULE"] ?? "") && !/BYDAY|BYMONTHDAY|BYWEEKNO|BYYEARDAY|BYSETPOS/i.test(e["RRULE"] ?? "");
    const until = /UNTIL=(\d{8})/i.exec(e["RRULE"] ?? "")?.[1];
    const stop = until === undefined ? null : at(until);
    for (let year = yearly ? Math.max(first.getUTCFullYear(), from.getUTCFullYear()) : first.getUTCFullYear(); ; year++) {
      if (yearly && year > last) break;
      for (let n = 0; n < count; n++) {
        const d = new Date(Date.UTC(year, first.getUTCMonth(), first.getUTCDate() + n));
        if (n === 0 && d.getUTCMonth() !== first.getUTCMonth()) break; // 29 February of another year
        if (!stop || d <= stop) add(d, name);
      }
      if (!yearly) break;
    }
  }
  return [...days].map(([date, name]) => ({ date, name })).sort((a, b) => (a.date < b.date ? -1 : 1));
}
