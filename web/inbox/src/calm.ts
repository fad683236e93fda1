// Keeps a list still while somebody points at it: what would move it is held
// back and counted. Pure.

import type { Conversation } from "./types";

export interface Calm {
  readonly rows: readonly Conversation[];
  /** How many rows would come in or move up if it were let go. */
  readonly held: number;
}

/**
 * The rows to show while the list is held at the ids `held`. Rows keep their
 * place and show their newest state; what left the list stays where it is,
 * unless `acted` says that this agent sent it away; what belongs below is
 * added; what belongs above waits.
 */
export function calm(
  ids: readonly string[],
  fresh: readonly Conversation[],
  known: (id: string) => Conversation | undefined,
  acted: (id: string) => boolean,
  before: (a: Conversation, b: Conversation) => number,
): Calm {
  const byId = new Map(fresh.map((c) => [c.id, c]));
  const rows: Conversation[] = [];
  const kept = new Set<string>();
  for (const id of ids) {
    const c = byId.get(id) ?? (acted(id) ? undefined : known(id));
    if (!c) continue;
    rows.push(c);
    kept.add(id);
  }
  const last = rows.findLast((c) => byId.has(c.id));
  let held = 0;
  for (const c of fresh) {
    if (kept.has(c.id)) continue;
    if (!last || before(c, last) > 0) rows.push(c);
    else held++;
  }
  return { rows, held };
}
