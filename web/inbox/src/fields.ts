// What is noted of conversations: contact reasons and other fields, as admins define
// them.

import { useQuery } from "@tanstack/react-query";
import { api, body } from "./api/client";
import { gate } from "./closing";
import { fieldWords } from "./fieldwords";
import { flag, list, need, num, page, record, str, text, type Rec } from "./parse";
import { queries } from "./runtime";
import type { Conversation, Values } from "./types";
import { dates } from "./words/figures";

export const fieldKinds = ["reason", "choice", "text", "number", "date", "yes-no"] as const;
export type FieldKind = (typeof fieldKinds)[number];

export interface Option {
  /** "" for one that is not saved yet. */
  readonly id: string;
  readonly name: string;
  /** Chosen no more. */
  readonly retired: boolean;
}

export interface FieldOption extends Option {
  /** Of a contact reason: its second level. */
  readonly below: readonly Option[];
}

export interface Field {
  readonly id: string;
  readonly version: number;
  readonly name: string;
  readonly kind: FieldKind;
  readonly options: readonly FieldOption[];
  /** Whose conversations have it; none: all. */
  readonly inboxes: readonly string[];
  /** A conversation is closed with it alone. */
  readonly required: boolean;
  readonly place: number;
  readonly archived: boolean;
}

const option = (o: Rec): Option => ({ id: str(o, "id"), name: str(o, "name"), retired: flag(o, "retired") });

function field(x: unknown): Field {
  const o = record(x, "field");
  return {
    id: need(o, "id", "field"),
    version: num(o, "version"),
    name: str(o, "name"),
    kind: fieldKinds.find((k) => k === o["kind"]) ?? "text",
    options: list(o, "options", (y) => {
      const of = record(y, "option");
      return { ...option(of), below: list(of, "below", (z) => option(record(z, "option"))) };
    }),
    inboxes: list(o, "inboxes", text),
    required: flag(o, "required"),
    place: num(o, "place"),
    archived: flag(o, "archived"),
  };
}

const key = ["fields"] as const;
const ask = {
  queryKey: key,
  queryFn: async (): Promise<readonly Field[]> => {
    const { items } = page(await body(api.GET("/api/v1/fields")), field);
    gate.known = true;
    return items;
  },
};
const none: readonly Field[] = [];

export function useFields(): { fields: readonly Field[]; loading: boolean; error: Error | null } {
  const q = useQuery(ask);
  return { fields: q.data ?? none, loading: q.isPending, error: q.data ? null : q.error };
}

/** The fields as far as they are known, fetched where they aren't; none when they can't be had. */
export async function knownFields(): Promise<readonly Field[]> {
  try {
    return await queries.query(ask);
  } catch {
    return none; // the server says what is lacking
  }
}

/** What a conversation has to be told of, in the order of the list. */
export const fieldsOf = (all: readonly Field[], c: Conversation): Field[] => all.filter((f) => !f.archived && (f.inboxes.length === 0 || f.inboxes.includes(c.inboxId)));

/** What is required and has no value. */
export const missing = (all: readonly Field[], c: Conversation, has: Values): Field[] => fieldsOf(all, c).filter((f) => f.required && (has[f.id] ?? "") === "");

/** What any of several conversations lacks. */
export function missingOf(all: readonly Field[], of: readonly Conversation[]): Field[] {
  const lacking = new Set(of.filter((c) => c.status !== "closed").flatMap((c) => missing(all, c, c.fields)));
  return all.filter((f) => lacking.has(f));
}

gate.lacks = (c, has) => missing(queries.getQueryData<readonly Field[]>(key) ?? none, c, has).length > 0;

/** A value as people read it, "" where the field doesn't know it. */
export function shownValue(f: Field, value: string): string {
  switch (f.kind) {
    case "yes-no":
      return value === "yes" ? fieldWords().yes : value === "no" ? fieldWords().no : "";
    case "date":
      return Number.isNaN(Date.parse(value)) ? "" : dates({ dateStyle: "medium", timeZone: "UTC" }).format(Date.parse(value));
    case "reason":
    case "choice":
      for (const o of f.options) {
        if (o.id === value) return o.name;
        const below = o.below.find((b) => b.id === value);
        if (below) return `${o.name} / ${below.name}`;
      }
      return "";
    default:
      return value;
  }
}

/** What values say, one each. */
export const noted = (all: readonly Field[], values: Values): string[] =>
  all.flatMap((f) => {
    const value = shownValue(f, values[f.id] ?? "");
    return value === "" ? [] : [`${f.name}: ${value}`];
  });

/** The contact reasons by the names that a filter takes. */
export const reasonNames = (all: readonly Field[]): string[] => [
  ...new Set(
    all
      .filter((f) => f.kind === "reason" && !f.archived)
      .flatMap((f) => f.options.filter((o) => !o.retired).flatMap((o) => [o.name, ...o.below.filter((b) => !b.retired).map((b) => `${o.name}/${b.name}`)])),
  ),
];

export type FieldDraft = Pick<Field, "name" | "kind" | "options" | "inboxes" | "required" | "place" | "archived">;

/** Makes or changes a field. Rejects with the reason. */
export async function saveField(was: Field | undefined, d: FieldDraft): Promise<void> {
  const lists = d.kind === "reason" || d.kind === "choice";
  const wire = (o: Option): { id?: string; name: string; retired?: boolean } => ({ ...(o.id === "" ? {} : { id: o.id }), name: o.name, ...(o.retired ? { retired: true } : {}) });
  const fields = {
    name: d.name,
    kind: d.kind,
    inboxes: [...d.inboxes],
    required: d.required,
    place: d.place,
    ...(lists ? { options: d.options.map((o) => ({ ...wire(o), ...(d.kind === "reason" ? { below: o.below.map(wire) } : {}) })) } : {}),
  };
  if (was) await body(api.PUT("/api/v1/fields/{id}", { params: { path: { id: was.id } }, body: { ...fields, version: was.version, archived: d.archived } }));
  else await body(api.POST("/api/v1/fields", { body: fields }));
  await queries.invalidateQueries({ queryKey: key });
}
