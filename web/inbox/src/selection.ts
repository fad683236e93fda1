// What is selected in the list, to be changed at once. Pure, but for the signal.

import { Signal } from "./ui/signals";

export interface Selection {
  /** The list that it is in: see asked in lists.ts. */
  readonly list: string;
  /** Everything in the list, also what isn't loaded, but for `ids`; else `ids` alone. */
  readonly all: boolean;
  readonly ids: ReadonlySet<string>;
  /** Where a range begins. */
  readonly anchor: string;
}

export const nothing: Selection = { list: "", all: false, ids: new Set(), anchor: "" };

export const selection = new Signal<Selection>(nothing);

/** Whether a change of many runs, or tells what it left undone: see bulk.ts. */
export const bulkShown = new Signal(false);

export function has(s: Selection, id: string): boolean {
  return s.all !== s.ids.has(id);
}

export function isEmpty(s: Selection): boolean {
  return !s.all && s.ids.size === 0;
}

/** Takes one in or out. */
export function toggled(s: Selection, list: string, id: string): Selection {
  const from = s.list === list ? s : { ...nothing, list };
  const ids = new Set(from.ids);
  if (!ids.delete(id)) ids.add(id);
  return { ...from, ids, anchor: id };
}

/**
 * Takes in all from the anchor to `to`, of the rows in their order; without an
 * anchor among them, from `from`.
 */
export function ranged(s: Selection, list: string, rows: readonly string[], from: string, to: string): Selection {
  const base = s.list === list ? s : { ...nothing, list };
  const anchor = rows.includes(base.anchor) ? base.anchor : from;
  const [a, b] = [rows.indexOf(anchor), rows.indexOf(to)].sort((x, y) => x - y);
  if (a === undefined || b === undefined || a < 0) return toggled(s, list, to);
  const ids = new Set(base.ids);
  for (const id of rows.slice(a, b + 1)) {
    if (base.all) ids.delete(id);
    else ids.add(id);
  }
  return { ...base, ids, anchor };
}

/** Without what isn't in the list any more. */
export function kept(s: Selection, rows: ReadonlySet<string>): Selection {
  if ([...s.ids].every((id) => rows.has(id))) return s;
  return { ...s, ids: new Set([...s.ids].filter((id) => rows.has(id))) };
}
