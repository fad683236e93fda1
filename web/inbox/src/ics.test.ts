import { describe, expect, it } from "vitest";
import { daysOf } from "./ics";

const from = new Date("2026-06-01T00:00:00Z");
const file = (...events: string[]): string => `BEGIN:VCALENDAR\r\nVERSION:2.0\r\n${events.map((e) => `BEGIN:VEVENT\r\n${e}\r\nEND:VEVENT`).join("\r\n")}\r\nEND:VCALENDAR\r\n`;

describe("days of a calendar file", () => {
  it("takes whole days, in order, with their names", () => {
    expect(daysOf(file("DTSTART;VALUE=DATE:20261225\r\nSUMMARY:Christmas\\, first day", "DTSTART;VALUE=DATE:20260815\r\nSUMMARY;LANGUAGE=de:Mariä Himmel\r\n fahrt"), from)).toEqual([
      { date: "2026-08-15", name: "Mariä Himmelfahrt" },
      { date: "2026-12-25", name: "Christmas, first day" },
    ]);
  });

  it("takes each day of what takes several; the end is not of it", () => {
    expect(daysOf(file("DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261227\r\nSUMMARY:Closed"), from).map((d) => d.date)).toEqual(["2026-12-24", "2026-12-25", "2026-12-26"]);
  });

  it("follows what comes every year, to its end", () => {
    expect(daysOf(file("DTSTART;VALUE=DATE:20100101\r\nRRULE:FREQ=YEARLY\r\nSUMMARY:New Year"), from).map((d) => d.date)).toEqual(["2027-01-01", "2028-01-01"]);
    expect(daysOf(file("DTSTART;VALUE=DATE:20100101\r\nRRULE:FREQ=YEARLY;UNTIL=20270601\r\nSUMMARY:New Year"), from).map((d) => d.date)).toEqual(["2027-01-01"]);
    expect(daysOf(file("DTSTART;VALUE=DATE:20240229\r\nRRULE:FREQ=YEARLY\r\nSUMMARY:Leap day"), from).map((d) => d.date)).toEqual(["2028-02-29"]);
  });

  it("leaves out what has passed, has a time, is cancelled or can't be", () => {
    expect(daysOf(file("DTSTART;VALUE=DATE:20260101\r\nSUMMARY:Passed", "DTSTART:20261225T100000Z\r\nSUMMARY:At ten", "DTSTART;VALUE=DATE:20261226\r\nSTATUS:CANCELLED", "DTSTART;VALUE=DATE:20261340"), from)).toEqual([]);
    expect(daysOf("not a calendar", from)).toEqual([]);
    expect(daysOf("", from)).toEqual([]);
  });
});
