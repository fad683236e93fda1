// What stands beside a conversation: the customer with all that is known, in one
// fetch, and further pages of what is long.

import { useInfiniteQuery, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { api, body } from "./api/client";
import * as parse from "./parse";
import * as parseCustomer from "./parsecustomer";
import { store } from "./runtime";
import { putConversations, putCustomers, putOrders } from "./state";
import { useSelect } from "./store";
import type { Cart, Conversation, Customer, Loyalty, Match, Order, Page, PageView, SavedItem, TimelineEntry } from "./types";

/** A panel as the page keeps it: entities are in the one state, and named here. */
interface Panel {
  readonly customer: string;
  readonly orders: readonly string[];
  readonly conversations: Page<string>;
  readonly matches: readonly Match[];
  readonly carts: readonly Cart[];
  readonly savedItems: readonly SavedItem[];
  readonly loyalty: Loyalty;
  readonly pages: readonly PageView[];
  readonly timeline: Page<TimelineEntry>;
}

// Whoever shows a part of a panel asks for the whole: it is fetched once.
function usePanel(customer: string): UseQueryResult<Panel> {
  return useQuery({
    queryKey: ["panel", customer],
    enabled: customer !== "",
    queryFn: async (): Promise<Panel> => {
      const p = parseCustomer.panel(await body(api.GET("/api/v1/customers/{id}/panel", { params: { path: { id: customer } } })));
      store.update((s) => putConversations(putOrders(putCustomers(s, [p.customer]), p.orders), p.conversations.items));
      return {
        ...p,
        customer: p.customer.id,
        orders: p.orders.map((o) => o.id),
        conversations: { items: p.conversations.items.map((c) => c.id), next: p.conversations.next },
      };
    },
  });
}

const none: readonly never[] = [];

export function useCustomer(id: string): { customer: Customer | undefined; error: Error | null; retry: () => void } {
  const q = usePanel(id);
  const customer = useSelect(
    store,
    useCallback(
      (s) => {
        const c = s.customers.get(q.data?.customer ?? id);
        return c && c.mergedInto !== "" ? s.customers.get(c.mergedInto) : c;
      },
      [q.data, id],
    ),
  );
  return { customer, error: customer ? null : q.error, retry: () => void q.refetch() };
}

export function useOrders(customer: string): { value: readonly Order[]; loading: boolean; error: Error | null } {
  const q = usePanel(customer);
  const ids = q.data?.orders ?? none;
  const value = useSelect(
    store,
    useCallback((s) => ids.flatMap((id) => s.orders.get(id) ?? []), [ids]),
  );
  return { value, loading: q.isPending && customer !== "", error: q.data ? null : q.error };
}

export function useMatches(customer: string): readonly Match[] {
  return usePanel(customer).data?.matches ?? none;
}

const noLoyalty: Loyalty = { balances: [] };

export interface Feed {
  readonly account: string;
  readonly name: string;
  /** When the shop gave its last word: its orders are as of then. */
  readonly at: string;
}

/** The shops that have been silent for longer than they may. */
export function useStaleFeeds(): readonly Feed[] {
  const q = useQuery({
    queryKey: ["connectors"],
    refetchInterval: 60_000,
    queryFn: async () => parse.list(parse.record(await body(api.GET("/api/v1/connectors")), "connectors"), "items", (x): Feed => {
      const o = parse.record(x, "connector");
      return { account: parse.str(o, "account"), name: parse.str(o, "name"), at: o["channel"] === "shop" ? parse.str(o, "silentAt") : "" };
    }),
  });
  return (q.data ?? none).filter((f) => f.at !== "");
}

/** What somebody has in the shop beside orders. */
export function useShelf(customer: string): {
  carts: readonly Cart[];
  saved: readonly SavedItem[];
  loyalty: Loyalty;
  pages: readonly PageView[];
} {
  const p = usePanel(customer).data;
  return { carts: p?.carts ?? none, saved: p?.savedItems ?? none, loyalty: p?.loyalty ?? noLoyalty, pages: p?.pages ?? none };
}

interface More<T> {
  readonly items: readonly T[];
  readonly more: boolean;
  readonly fetchMore: () => void;
}

// The pages behind the one that came with the panel; nothing is fetched before
// somebody asks.
function useMore<T>(key: string, customer: string, first: Page<T> | undefined, fetch: (cursor: string) => Promise<Page<T>>): More<T> {
  const start = first?.next ?? "";
  const q = useInfiniteQuery({
    queryKey: [key, customer, start],
    enabled: false,
    initialPageParam: start,
    queryFn: ({ pageParam }) => fetch(pageParam),
    getNextPageParam: (p) => (p.next === "" ? undefined : p.next),
  });
  const pages = q.data?.pages;
  const items = useMemo(() => [...(first?.items ?? none), ...(pages ?? []).flatMap((p) => p.items)], [first, pages]);
  return { items, more: pages ? q.hasNextPage : start !== "", fetchMore: () => void q.fetchNextPage() };
}

export function useTimeline(customer: string): More<TimelineEntry> {
  return useMore("timeline", customer, usePanel(customer).data?.timeline, async (cursor) =>
    parse.page(
      await body(api.GET("/api/v1/customers/{id}/timeline", { params: { path: { id: customer }, query: { limit: 15, cursor } } })),
      parseCustomer.timelineEntry,
    ),
  );
}

export function useCustomerConversations(customer: string): More<Conversation> {
  const { items, ...rest } = useMore("customer-conversations", customer, usePanel(customer).data?.conversations, async (cursor) => {
    const page = parse.page(
      await body(api.GET("/api/v1/customers/{id}/conversations", { params: { path: { id: customer }, query: { cursor } } })),
      parse.conversation,
    );
    store.update((s) => putConversations(s, page.items));
    return { items: page.items.map((c) => c.id), next: page.next };
  });
  const fetched = useMemo(() => new Set(items), [items]);
  const conversations = useSelect(
    store,
    useCallback(
      (s) =>
        [...s.conversations.values()]
          .filter((c) => c.mergedInto === "" && (fetched.has(c.id) || (customer !== "" && c.customer.customerId === customer)))
          .sort((a, b) => (a.lastAt < b.lastAt ? 1 : -1)),
      [fetched, customer],
    ),
  );
  return { items: conversations, ...rest };
}
