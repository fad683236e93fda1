// Who did what, for admins: a page of the log at a time, and all of it as a table.

import { useInfiniteQuery } from "@tanstack/react-query";
import { api, authFetch, body, problem } from "./api/client";
import { list, num, page, record, str, need, flag } from "./parse";

export interface Change {
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface Entry {
  readonly id: string;
  readonly at: string;
  readonly kind: string;
  /** Who did it; "" for the system. */
  readonly who: string;
  readonly subject: string;
  /** Of the conversation that it was done to or in; 0 where there is none. */
  readonly number: number;
  readonly isNew: boolean;
  readonly changes: readonly Change[];
}

export interface Filter {
  readonly actor: string;
  readonly kind: readonly string[];
  /** Days, as YYYY-MM-DD in the zone of this machine, both included; "" for no bound. */
  readonly from: string;
  readonly to: string;
}

function change(x: unknown): Change {
  const o = record(x, "change");
  return { field: str(o, "field"), before: o["before"], after: o["after"] };
}

function entry(x: unknown): Entry {
  const o = record(x, "audit entry");
  const who = record(o["actor"], "actor");
  return {
    id: need(o, "id", "audit entry"),
    at: str(o, "at"),
    kind: str(o, "kind"),
    who: str(who, "kind") === "agent" ? str(who, "name") || str(who, "id") : "",
    subject: str(o, "subject"),
    number: num(o, "number"),
    isNew: flag(o, "new"),
    changes: list(o, "changes", change),
  };
}

interface Query {
  actor?: string;
  kind?: string[];
  from?: string;
  to?: string;
}

function query(f: Filter): Query {
  const day = (s: string, more: number): string => {
    const d = new Date(`${s}T00:00:00`);
    d.setDate(d.getDate() + more);
    return d.toISOString();
  };
  return {
    ...(f.actor === "" ? {} : { actor: f.actor }),
    ...(f.kind.length === 0 ? {} : { kind: [...f.kind] }),
    ...(f.from === "" ? {} : { from: day(f.from, 0) }),
    ...(f.to === "" ? {} : { to: day(f.to, 1) }),
  };
}

export function useAudit(f: Filter): { entries: readonly Entry[]; loading: boolean; error: Error | null; more: boolean; fetchMore: () => void; fetchingMore: boolean } {
  const q = useInfiniteQuery({
    queryKey: ["audit", f],
    initialPageParam: "",
    queryFn: async ({ pageParam }) =>
      page(await body(api.GET("/api/v1/audit", { params: { query: { ...query(f), ...(pageParam === "" ? {} : { cursor: pageParam }) } }, querySerializer })), entry),
    getNextPageParam: (p) => (p.next === "" ? undefined : p.next),
    staleTime: 0,
  });
  return {
    entries: q.data?.pages.flatMap((p) => p.items) ?? [],
    loading: q.isPending,
    error: q.data === undefined ? q.error : null,
    more: q.hasNextPage,
    fetchMore: () => void q.fetchNextPage(),
    fetchingMore: q.isFetchingNextPage,
  };
}

// Kinds stand in one parameter, separated by commas.
function querySerializer(o: Readonly<Record<string, unknown>>): string {
  const p = new URLSearchParams();
  for (const [k, v] of Object.entries(o)) {
    if (typeof v === "string" || typeof v === "number") p.set(k, `${v}`);
    else if (Array.isArray(v)) p.set(k, v.join(","));
  }
  return p.toString();
}

/** The table, as a file. Throws ApiError. */
export async function exported(f: Filter): Promise<Blob> {
  const res = await authFetch(new Request(`${location.origin}/api/v1/audit.csv?${querySerializer({ ...query(f) })}`));
  if (!res.ok) throw await problem(res.status, await res.json().catch(() => null));
  return await res.blob();
}
