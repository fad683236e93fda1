import { expect, it } from "vitest";
import { until } from "./until";

it("understands when", () => {
  const now = new Date(2026, 1, 25, 14, 0); // a Wednesday
  const at = (...d: [number, number, number, number?]): Date => new Date(2026, ...d);
  for (const [words, want] of [
    ["in 30 minutes", at(1, 25, 14, 30)],
    ["3h", at(1, 25, 17, 0)],
    ["2 days", at(1, 27, 9, 0)],
    ["in 1 week", at(2, 4, 9, 0)],
    ["Tomorrow", at(1, 26, 9, 0)],
    ["tomorrow 9am", at(1, 26, 9, 0)],
    ["tomorrow at 5:30 pm", at(1, 26, 17, 30)],
    ["today 18:00", at(1, 25, 18, 0)],
    ["16:15", at(1, 25, 16, 15)],
    ["8am", at(1, 26, 8, 0)],
    ["12am", at(1, 26, 0, 0)],
    ["fri", at(1, 27, 9, 0)],
    ["wednesday 10", at(2, 4, 10, 0)],
    ["next monday", at(2, 2, 9, 0)],
    ["next week", at(2, 2, 9, 0)],
    ["next month", at(2, 1, 9, 0)],
    ["2026-03-31 14:30", at(2, 31, 14, 30)],
    ["tomorrow 9 am", at(1, 26, 9, 0)],
    ["in 3 Stunden", at(1, 25, 17, 0)],
    ["in einer Stunde", at(1, 25, 15, 0)],
    ["in 2 Tagen", at(1, 27, 9, 0)],
    ["Übermorgen", at(1, 27, 9, 0)],
    ["übermorgen um 14 Uhr", at(1, 27, 14, 0)],
    ["in einer Woche", at(2, 4, 9, 0)],
    ["morgen", at(1, 26, 9, 0)],
    ["morgen früh", at(1, 26, 9, 0)],
    ["morgen 9 Uhr", at(1, 26, 9, 0)],
    ["morgen um 17 Uhr 30", at(1, 26, 17, 30)],
    ["heute 18.15 Uhr", at(1, 25, 18, 15)],
    ["Freitag", at(1, 27, 9, 0)],
    ["am Mittwoch um 10", at(2, 4, 10, 0)],
    ["nächsten Montag", at(2, 2, 9, 0)],
    ["nächste Woche", at(2, 2, 9, 0)],
    ["nächsten Monat", at(2, 1, 9, 0)],
    ["31.3. 14:30", at(2, 31, 14, 30)],
    ["31.03.2026", at(2, 31, 9, 0)],
  ] as const) {
    expect(until(words, now)?.toString(), words).toBe(want.toString());
  }
  for (const words of ["", "soon", "today 9am", "25:00", "13pm", "2026-02-30", "2025-01-01", "0 days", "tomorrow whenever", "31.2.", "24.2.2026", "irgendwann", "heute 9 Uhr"]) {
    expect(until(words, now), words).toBeNull();
  }
});
