// Inboxes, brands and opening hours, for admins.

import { useQuery } from "@tanstack/react-query";
import { api, body } from "./api/client";
import * as parse from "./parse";
import { queries } from "./runtime";

export interface Inbox {
  readonly id: string;
  readonly version: number;
  readonly brandId: string;
  readonly calendarId: string;
  readonly name: string;
  readonly signature: { readonly text: string; readonly html: string };
  readonly archived: boolean;
}

export interface Brand {
  readonly id: string;
  readonly version: number;
  readonly name: string;
  readonly locale: string;
}

export const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = (typeof weekdays)[number];

export interface Hours {
  readonly day: Weekday;
  readonly from: string;
  readonly to: string;
}

export interface Holiday {
  readonly date: string;
  readonly name: string;
}

export interface Calendar {
  readonly id: string;
  readonly version: number;
  readonly name: string;
  readonly zone: string;
  readonly hours: readonly Hours[];
  readonly holidays: readonly Holiday[];
  readonly open: boolean;
  readonly opens: string;
}

function inbox(x: unknown): Inbox {
  const o = parse.record(x, "inbox");
  const s = parse.record(o["signature"] ?? {}, "signature");
  return {
    id: parse.str(o, "id"),
    version: parse.num(o, "version"),
    brandId: parse.str(o, "brandId"),
    calendarId: parse.str(o, "calendarId"),
    name: parse.str(o, "name"),
    signature: { text: parse.str(s, "text"), html: parse.str(s, "html") },
    archived: parse.str(o, "archivedAt") !== "",
  };
}

function brand(x: unknown): Brand {
  const o = parse.record(x, "brand");
  return { id: parse.str(o, "id"), version: parse.num(o, "version"), name: parse.str(o, "name"), locale: parse.str(o, "locale") };
}

function calendar(x: unknown): Calendar {
  const o = parse.record(x, "calendar");
  return {
    id: parse.str(o, "id"),
    version: parse.num(o, "version"),
    name: parse.str(o, "name"),
    zone: parse.str(o, "zone"),
    hours: parse.list(o, "hours", (y) => {
      const h = parse.record(y, "hours");
      return { day: weekdays.find((d) => d === h["day"]) ?? "mon", from: parse.str(h, "from"), to: parse.str(h, "to") };
    }),
    holidays: parse.list(o, "holidays", (y) => {
      const h = parse.record(y, "holiday");
      return { date: parse.str(h, "date"), name: parse.str(h, "name") };
    }),
    open: o["open"] === true,
    opens: parse.str(o, "opens"),
  };
}

export interface Workspace {
  readonly inboxes: readonly Inbox[];
  readonly brands: readonly Brand[];
  readonly calendars: readonly Calendar[];
}

export function useWorkspace(): { readonly workspace: Workspace | undefined; readonly error: Error | null } {
  const q = useQuery({
    queryKey: ["workspace"],
    staleTime: 0,
    refetchInterval: 60_000, // whether it is open changes by itself
    queryFn: async (): Promise<Workspace> => {
      const [i, b, c] = await Promise.all([body(api.GET("/api/v1/inboxes")), body(api.GET("/api/v1/brands")), body(api.GET("/api/v1/calendars"))]);
      return { inboxes: parse.page(i, inbox).items, brands: parse.page(b, brand).items, calendars: parse.page(c, calendar).items };
    },
  });
  return { workspace: q.data, error: q.data === undefined ? q.error : null };
}

/** Does it and returns "", or what went wrong in words. */
async function attempt(what: () => Promise<unknown>): Promise<string> {
  try {
    await what();
    await Promise.all([queries.invalidateQueries({ queryKey: ["workspace"] }), queries.invalidateQueries({ queryKey: ["me"] })]);
    return "";
  } catch (e) {
    return e instanceof Error ? e.message : String(e);
  }
}

const path = (id: string): { params: { path: { id: string } } } => ({ params: { path: { id } } });

/** Makes an inbox, without an id, or changes one. */
export function saveInbox(i: Omit<Inbox, "archived">): Promise<string> {
  const fields = { name: i.name, brandId: i.brandId, calendarId: i.calendarId, signature: { ...i.signature } };
  return attempt(() =>
    i.id === "" ? body(api.POST("/api/v1/inboxes", { body: fields })) : body(api.PUT("/api/v1/inboxes/{id}", { ...path(i.id), body: { ...fields, version: i.version } })),
  );
}

export function archiveInbox(i: Inbox, archived: boolean, to: string): Promise<string> {
  return attempt(() => body(api.POST("/api/v1/inboxes/{id}/archive", { ...path(i.id), body: { version: i.version, archived, ...(to === "" ? {} : { to }) } })));
}

export function saveBrand(b: Brand): Promise<string> {
  const fields = { name: b.name, locale: b.locale };
  return attempt(() =>
    b.id === "" ? body(api.POST("/api/v1/brands", { body: fields })) : body(api.PUT("/api/v1/brands/{id}", { ...path(b.id), body: { ...fields, version: b.version } })),
  );
}

export function makeCalendar(name: string, zone: string): Promise<string> {
  return attempt(() => body(api.POST("/api/v1/calendars", { body: { name, zone } })));
}

export function saveCalendar(c: Calendar): Promise<string> {
  return attempt(() =>
    body(
      api.PATCH("/api/v1/calendars/{id}", {
        ...path(c.id),
        body: { version: c.version, name: c.name, zone: c.zone, hours: c.hours.map((h) => ({ ...h })), holidays: c.holidays.map((h) => ({ ...h })) },
      }),
    ),
  );
}
