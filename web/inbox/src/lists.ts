// What a list holds and in which order, told from the state: the same rules as
// the server's. Pure.

import { shown, type State } from "./state";
import type { Channel, Conversation, Count, Sort, Status } from "./types";

/** What a list shows. An empty field admits everything. */
export interface Filter {
  readonly status: Status | "all";
  /** me, none, or an agent's id. */
  readonly assignee: string;
  readonly inbox: string;
  readonly team: string;
  readonly tags: readonly string[];
  readonly channel: Channel | "";
  readonly priority: number | null;
  readonly waiting: boolean;
  /** Something was said since then, or it began before then. */
  readonly after: string;
  readonly before: string;
  readonly sort: Sort;
  /** The query that the server is asked, with all of the above that is in it. */
  readonly text: string;
  /** Whether the fields say all that the query asks: if not, only the server knows what it holds. */
  readonly whole: boolean;
}

export const everything: Filter = {
  status: "all",
  assignee: "",
  inbox: "",
  team: "",
  tags: [],
  channel: "",
  priority: null,
  waiting: false,
  after: "",
  before: "",
  sort: "newest",
  text: "",
  whole: true,
};

/** What the server is asked for a list, apart from its pages. */
export interface Asked {
  readonly status: Status | "all";
  readonly sort: Sort;
  readonly assignee?: string;
  readonly inbox?: string;
  readonly team?: string;
  readonly text?: string;
}

export function asked(f: Filter): Asked {
  return {
    status: f.status,
    sort: f.sort,
    ...(f.assignee === "" ? {} : { assignee: f.assignee }),
    ...(f.inbox === "" ? {} : { inbox: f.inbox }),
    ...(f.team === "" ? {} : { team: f.team }),
    ...(f.text === "" ? {} : { text: f.text }),
  };
}

function matches(c: Conversation, f: Filter, me: string): boolean {
  if (c.mergedInto !== "" || c.sideOf !== "") return false;
  if (f.status !== "all" && c.status !== f.status) return false;
  if (f.inbox !== "" && c.inboxId !== f.inbox) return false;
  if (f.team !== "" && c.teamId !== f.team) return false;
  if (f.channel !== "" && c.channel !== f.channel) return false;
  if (f.priority !== null && c.priority !== f.priority) return false;
  if ((f.waiting || f.sort === "waiting") && c.waitingSince === "") return false;
  if (f.after !== "" && c.lastAt < f.after) return false;
  if (f.before !== "" && c.createdAt >= f.before) return false;
  if (f.assignee !== "" && c.assigneeId !== whose(f.assignee, me)) return false;
  return f.tags.every((t) => c.tags.includes(t));
}

const whose = (assignee: string, me: string): string => (assignee === "me" ? me : assignee === "none" ? "" : assignee);

/** What the order of lists is made of. */
export type Placed = Pick<Conversation, "id" | "lastAt" | "waitingSince" | "priority">;

/** Newest first; ids break ties as the server's keyset does. */
export function newestFirst(a: Pick<Placed, "id" | "lastAt">, b: Pick<Placed, "id" | "lastAt">): number {
  if (a.lastAt !== b.lastAt) return a.lastAt < b.lastAt ? 1 : -1;
  if (a.id === b.id) return 0;
  return a.id < b.id ? 1 : -1;
}

export const order: Record<Sort, (a: Placed, b: Placed) => number> = {
  newest: newestFirst,
  oldest: (a, b) => newestFirst(b, a),
  waiting: (a, b) => newestFirst({ id: b.id, lastAt: b.waitingSince }, { id: a.id, lastAt: a.waitingSince }),
  priority: (a, b) => b.priority - a.priority || newestFirst(a, b),
};

/** How far down a list has been fetched: the last row of its last page, or everything. */
export type Window = Placed | "all" | "nothing";

/**
 * The rows of a list: every known conversation that belongs to it, within the
 * window. Of a list that only the server knows, those that it told: ids.
 */
export function pick(s: State, f: Filter, me: string, w: Window, ids?: Iterable<string>): Conversation[] {
  if (w === "nothing") return [];
  const by = order[f.sort];
  const rows: Conversation[] = [];
  for (const id of ids ?? s.conversations.keys()) {
    const c = shown(s, id);
    if (!c || !matches(c, f, me)) continue;
    if (w !== "all" && by(c, w) > 0) continue;
    rows.push(c);
  }
  return rows.sort(by);
}

/** Whether the server's sums tell how many conversations a list holds. */
export function summed(f: Filter): boolean {
  return f.text === "" && f.sort !== "waiting";
}

/** The number of conversations that f admits, from the server's sums and what was just asked for. */
export function countOf(s: State, sums: readonly Count[], f: Filter, me: string): number {
  const admits = (c: Pick<Count, "status" | "assigneeId" | "inboxId" | "teamId">): boolean =>
    (f.status === "all" || c.status === f.status) &&
    (f.inbox === "" || c.inboxId === f.inbox) &&
    (f.team === "" || c.teamId === f.team) &&
    (f.assignee === "" || c.assigneeId === whose(f.assignee, me));
  let n = 0;
  for (const c of sums) if (admits(c)) n += c.count;
  for (const id of s.patches.keys()) {
    const before = s.conversations.get(id);
    const after = shown(s, id);
    if (before && after) n += Number(admits(after)) - Number(admits(before));
  }
  return Math.max(0, n);
}
