// Times as an agent says them, in either language of the page: "tomorrow 9am",
// "in 3 hours", "mon", "2026-03-01 14:30", "morgen 9 Uhr", "nächsten Montag", "31.3.".

const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const morning = 9;

const hourMs = 3_600_000;

const german: Readonly<Record<string, string>> = {
  heute: "today",
  morgen: "tomorrow",
  übermorgen: "overmorrow",
  früh: "",
  um: "at",
  am: "on",
  uhr: "",
  einer: "1",
  einem: "1",
  minuten: "minutes",
  stunde: "hour",
  stunden: "hours",
  std: "hours",
  tag: "day",
  tage: "days",
  tagen: "days",
  woche: "week",
  wochen: "weeks",
  monat: "month",
  nächste: "next",
  nächsten: "next",
  nächster: "next",
  kommenden: "next",
  sonntag: "sun",
  so: "sun",
  montag: "mon",
  mo: "mon",
  dienstag: "tue",
  di: "tue",
  mittwoch: "wed",
  mi: "wed",
  donnerstag: "thu",
  do: "thu",
  freitag: "fri",
  fr: "fri",
  samstag: "sat",
  sonnabend: "sat",
  sa: "sat",
};

const two = (n: string): string => n.padStart(2, "0");

/** What German words say, as English ones; English is left as it is. */
function english(text: string, now: Date): string {
  return text
    .replace(/^(\d{1,2})\.(\d{1,2})\.(\d{4})?/u, (_, d: string, m: string, y?: string) => {
      const gone = Number(m) < now.getMonth() + 1 || (Number(m) === now.getMonth() + 1 && Number(d) < now.getDate());
      return `${y ?? now.getFullYear() + (gone ? 1 : 0)}-${two(m)}-${two(d)}`;
    })
    .replace(/(\d{1,2})\.(\d{2})(?= ?uhr)/u, "$1:$2")
    .replace(/(\d{1,2}) ?uhr (\d{2})$/u, "$1:$2")
    .replace(/(\d) ?uhr/u, "$1")
    // "9 am" is English, "am Montag" is not.
    .split(" ")
    .map((w, i, all) => (w === "am" && /\d$/u.test(all[i - 1] ?? "") ? w : (german[w] ?? w)))
    .filter((w) => w !== "")
    .join(" ");
}

function clock(words: string): { h: number; m: number } | null {
  const m = /^(?:at )?(\d{1,2})(?::(\d{2}))?\s*(am|pm)?$/u.exec(words);
  if (!m) return null;
  const minutes = Number(m[2] ?? "0");
  let h = Number(m[1]);
  if (m[3] !== undefined && (h < 1 || h > 12)) return null;
  if (m[3] === "pm" && h < 12) h += 12;
  if (m[3] === "am" && h === 12) h = 0;
  return h > 23 || minutes > 59 ? null : { h, m: minutes };
}

/** The instant that words mean, after now and in the agent's own zone. Null when they mean none. */
export function until(words: string, now: Date): Date | null {
  const text = english(words.trim().toLowerCase().replace(/\s+/gu, " "), now);
  const span = /^(?:in )?(\d{1,3}) ?(m|min|minutes?|h|hours?|d|days?|w|weeks?)$/u.exec(text);
  if (span) {
    const n = Number(span[1]);
    const unit = (span[2] ?? "").charAt(0);
    if (n === 0) return null;
    if (unit === "m") return new Date(now.getTime() + n * 60_000);
    if (unit === "h") return new Date(now.getTime() + n * hourMs);
    const d = new Date(now);
    d.setDate(d.getDate() + n * (unit === "w" ? 7 : 1));
    d.setHours(morning, 0, 0, 0);
    return d;
  }
  const m = /^(?:(today|tomorrow|overmorrow|next week|next month|(?:next |on )?(?:sun|mon|tue|wed|thu|fri|sat)[a-z]*|\d{4}-\d{2}-\d{2})(?: |$))?(.*)$/u.exec(text);
  const [, day = "", rest = ""] = m ?? [];
  const at = rest === "" ? { h: morning, m: 0 } : clock(rest);
  if (!at || (day === "" && rest === "")) return null;
  const d = new Date(now);
  if (day === "tomorrow") d.setDate(d.getDate() + 1);
  else if (day === "overmorrow") d.setDate(d.getDate() + 2);
  else if (day === "next week") d.setDate(d.getDate() + ((8 - d.getDay()) % 7 || 7));
  else if (day === "next month") d.setMonth(d.getMonth() + 1, 1);
  else if (/^\d/u.test(day)) {
    const [y = 0, mo = 0, dd = 0] = day.split("-").map(Number);
    d.setFullYear(y, mo - 1, dd);
    if (d.getMonth() !== mo - 1 || d.getDate() !== dd) return null;
  } else if (day !== "" && day !== "today") {
    const name = day.replace(/^(?:next|on) /u, "").slice(0, 3);
    d.setDate(d.getDate() + ((days.indexOf(name) - d.getDay() + 7) % 7 || 7));
  }
  d.setHours(at.h, at.m, 0, 0);
  if (d <= now && day === "") d.setDate(d.getDate() + 1);
  return d > now ? d : null;
}
