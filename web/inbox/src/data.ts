// What the panes read. TanStack Query fetches and knows how far; the entities
// themselves go into the one state, where live changes meet them.

import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { fetchActivity, type Activity } from "./activity";
import { api, body } from "./api/client";
import * as parse from "./parse";
import * as parseCustomer from "./parsecustomer";
import { beforeFetch, live, queries, store } from "./runtime";
import { asked, countOf, everything, pick, type Filter, type Window } from "./lists";
import { filterOf, listOf, type Place } from "./place";
import { messagesOf, openTasks, putConversations, putMessages, putOrders, putTasks, shown, withoutGone } from "./state";
import { chosenSorts } from "./sorting";
import { useSelect } from "./store";
import type {
  AgentDesk,
  Conversation,
  ConversationFact,
  KeyPolicy,
  Me,
  Merge,
  Message,
  OrderLink,
  Product,
  Related,
  Page,
  StoreGrammar,
  Task,
  View,
} from "./types";
import { useSignal } from "./ui/signals";
import { follow } from "./words/language";

export function useMe(): { me: Me | undefined; error: Error | null } {
  const q = useQuery({
    queryKey: ["me"],
    queryFn: async () => {
      const me = parse.me(await body(api.GET("/api/v1/me")));
      // It may have been chosen on another device.
      void follow(me.agent.locale).catch(() => undefined);
      return me;
    },
  });
  return { me: q.data, error: q.error };
}

export interface Listing {
  readonly rows: readonly Conversation[];
  readonly loading: boolean;
  readonly error: Error | null;
  readonly more: boolean;
  readonly fetchingMore: boolean;
  readonly fetchMore: () => void;
  readonly retry: () => void;
}

const pageSize = 50;
const largePage = 100;

/** One page of a list, put into the state. */
export async function fetchPage(f: Filter, cursor: string, limit: number, signal?: AbortSignal): Promise<Page<Conversation>> {
  await beforeFetch();
  const page = parse.page(
    await body(
      api.GET("/api/v1/conversations", {
        ...(signal ? { signal } : {}),
        params: { query: { ...asked(f), limit, ...(cursor === "" ? {} : { cursor }) } },
      }),
    ),
    parse.conversation,
  );
  store.update((s) => putConversations(s, page.items));
  return page;
}

const emptyList: Filter = { ...everything, text: "-", whole: false };

/** The rows of a list as far as it was fetched; null while it isn't known what it holds. */
export function useListing(list: Filter | null, me: string, enabled: boolean): Listing {
  const f = list ?? emptyList;
  enabled &&= list !== null;
  const key = JSON.stringify(asked(f));
  const q = useInfiniteQuery({
    queryKey: ["list", key],
    enabled,
    initialPageParam: "",
    queryFn: async ({ pageParam, signal }) => {
      const page = await fetchPage(f, pageParam, pageParam === "" ? pageSize : largePage, signal);
      return { next: page.next, end: page.items.at(-1) ?? null, ids: f.whole ? [] : page.items.map((c) => c.id) };
    },
    getNextPageParam: (p) => (p.next === "" ? undefined : p.next),
  });
  // What comes into a list that only the server knows is at the head of it when the
  // newest are first: that is asked for again after changes.
  const head = useQuery({
    queryKey: ["head", key],
    enabled: enabled && !f.whole,
    queryFn: async ({ signal }) => (await fetchPage({ ...f, sort: "newest" }, "", pageSize, signal)).items.map((c) => c.id),
    placeholderData: keepPreviousData,
  });
  const pages = q.data?.pages;
  const ids = useMemo(
    () => (f.whole ? undefined : new Set([...(pages ?? []).flatMap((p) => p.ids), ...(head.data ?? [])])),
    [f.whole, pages, head.data],
  );
  const last = q.data?.pages.at(-1);
  const end = q.data?.pages.findLast((p) => p.end)?.end ?? null;
  const window: Window = last ? (last.next === "" ? "all" : (end ?? "all")) : "nothing";
  const rows = useSelect(
    store,
    useCallback(
      (s) => pick(s, f, me, window, ids),
      // eslint-disable-next-line react-hooks/exhaustive-deps -- key stands for f, its day and names are in the text
      [key, me, window, ids],
    ),
  );
  return {
    rows,
    loading: q.isPending && (enabled || list === null),
    error: q.data ? null : q.error,
    more: q.hasNextPage,
    fetchingMore: q.isFetchingNextPage,
    fetchMore: () => void q.fetchNextPage(),
    retry: () => void q.refetch(),
  };
}

/** How many a list holds, up to a hundred, where the sums don't tell. */
export function useTally(f: Filter | null, on = true): number {
  const { status, assignee, inbox, team, text } = asked(f ?? emptyList);
  const query = { status, ...(assignee === undefined ? {} : { assignee }), ...(inbox === undefined ? {} : { inbox }), ...(team === undefined ? {} : { team }), ...(text === undefined ? {} : { text }) };
  const q = useQuery({
    queryKey: ["tally", "count", JSON.stringify(query)],
    enabled: on && f !== null,
    queryFn: async ({ signal }) => parse.num(parse.record(await body(api.GET("/api/v1/conversations/count", { signal, params: { query } })), "count"), "count"),
    placeholderData: keepPreviousData,
  });
  return q.data ?? 0;
}

export interface Views {
  readonly items: readonly View[];
  /** What a query holds. It comes with the views: the first screen has none. */
  readonly read: (query: string, me: Me) => Filter;
}

/** The saved views, one's own before those that are shared. */
export function useViews(on = true): { views: Views | undefined; error: Error | null } {
  const q = useQuery({
    queryKey: ["views"],
    enabled: on,
    queryFn: async ({ signal }): Promise<Views> => {
      const [{ read }, got] = await Promise.all([import("./reading"), body(api.GET("/api/v1/views", { signal }))]);
      return { items: parse.list(parse.record(got, "views"), "items", parse.view), read };
    },
  });
  return { views: q.data, error: q.data ? null : q.error };
}

/** What the list of a place holds: null while that isn't known, undefined where a saved view is gone. */
export function useFilter(place: Place, me: Me | undefined): Filter | null | undefined {
  const saved = place.view === "saved";
  const { views } = useViews(saved);
  const chosen = useSignal(chosenSorts).get(listOf(place));
  return useMemo(() => {
    if (!saved) return filterOf(place, chosen);
    if (!views || !me) return null;
    const view = views.items.find((v) => v.id === place.saved);
    return view && { ...views.read(view.query, me), sort: chosen ?? view.sort };
  }, [saved, place, views, me, chosen]);
}

export function useCounts(): (f: Filter, me: string) => number {
  const q = useQuery({
    queryKey: ["counts"],
    queryFn: async ({ signal }) => {
      await beforeFetch();
      return parse.counts(await body(api.GET("/api/v1/counts", { signal })));
    },
    placeholderData: keepPreviousData,
  });
  const state = useSelect(store, (s) => s.patches);
  return useMemo(
    () => (f: Filter, me: string) => countOf(store.get(), q.data ?? [], f, me),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the patches are read through the store
    [q.data, state],
  );
}

/** The conversation by its number or id, and where it can be read as what it is now. */
export function useConversation(ref: string): {
  conversation: Conversation | undefined;
  loading: boolean;
  error: Error | null;
  retry: () => void;
} {
  const known = useSelect(
    store,
    useCallback((s) => find(s.conversations, ref), [ref]),
  );
  const q = useQuery({
    queryKey: ["conversation", ref],
    enabled: ref !== "",
    queryFn: async () => {
      await beforeFetch();
      const c = parse.conversation(await body(api.GET("/api/v1/conversations/{id}", { params: { path: { id: ref } } })));
      store.update((s) => putConversations(s, [c]));
      return c.id;
    },
  });
  // A merged conversation answers with its survivor.
  const id = known && known.mergedInto === "" ? known.id : (q.data ?? known?.mergedInto ?? "");
  const conversation = useSelect(
    store,
    useCallback((s) => shown(s, id), [id]),
  );
  const { isPending, error, refetch } = q;
  return useMemo(
    () => ({
      conversation,
      loading: isPending && !conversation,
      error: conversation ? null : error,
      retry: () => void refetch(),
    }),
    [conversation, isPending, error, refetch],
  );
}

function find(all: ReadonlyMap<string, Conversation>, ref: string): Conversation | undefined {
  const byId = all.get(ref);
  if (byId) return byId;
  const n = Number(ref);
  if (!Number.isInteger(n)) return undefined;
  for (const c of all.values()) if (c.number === n) return c;
  return undefined;
}

export interface Messages {
  readonly messages: readonly Message[];
  readonly loading: boolean;
  readonly error: Error | null;
  readonly more: boolean;
  readonly fetchingMore: boolean;
  readonly fetchMore: () => void;
  readonly retry: () => void;
}

const messagesKey = (id: string): readonly string[] => ["messages", id];

const activityKey = (id: string): readonly string[] => ["activity", id];

async function fetchMessages(id: string, before: number, signal?: AbortSignal): Promise<{ next: number; from: number }> {
  await beforeFetch();
  const known = store.get().messages.get(id);
  // It stands between the messages, and is drawn with them; without it they are.
  const happened = before === 0 ? queries.query({ queryKey: activityKey(id), queryFn: () => fetchActivity(id) }).catch(() => undefined) : undefined;
  const page = parse.messagePage(
    await body(
      api.GET("/api/v1/conversations/{id}/messages", {
        ...(signal ? { signal } : {}),
        params: { path: { id }, query: { limit: pageSize, ...(before === 0 ? {} : { before }) } },
      }),
    ),
  );
  await happened;
  const from = page.items[0]?.seq ?? 0;
  const of = { from: page.next === 0 ? 0 : from, to: before === 0 ? Infinity : before - 1 };
  store.update((s) => putMessages(withoutGone(s, id, known, page.items, of.from, of.to), page.items));
  return { next: page.next, from };
}

export function useMessages(id: string): Messages {
  const q = useInfiniteQuery({
    queryKey: messagesKey(id),
    enabled: id !== "",
    initialPageParam: 0,
    queryFn: ({ pageParam, signal }) => fetchMessages(id, pageParam, signal),
    getNextPageParam: (p) => (p.next === 0 ? undefined : p.next),
  });
  const last = q.data?.pages.at(-1);
  const from = !last || last.next === 0 ? 0 : last.from;
  const fetched = q.data !== undefined;
  const messages = useSelect(
    store,
    useCallback((s) => (fetched ? messagesOf(s, id).filter((m) => m.seq >= from) : []), [fetched, id, from]),
  );
  return {
    messages,
    loading: q.isPending && id !== "",
    error: q.data ? null : q.error,
    more: q.hasNextPage,
    fetchingMore: q.isFetchingNextPage,
    fetchMore: () => void q.fetchNextPage(),
    retry: () => void q.refetch(),
  };
}

const nothing: readonly Activity[] = [];

/** What was done to a conversation between its messages, which have it fetched. */
export function useActivity(id: string): readonly Activity[] {
  const q = useQuery({ queryKey: activityKey(id), enabled: id !== "", queryFn: () => fetchActivity(id) });
  return q.data ?? nothing;
}

/** Fetches a neighbour's messages before it is opened. */
export function prefetch(c: Conversation): void {
  if (queries.getQueryData(messagesKey(c.id)) !== undefined || !live.isReady) return;
  queries
    .infiniteQuery({
      queryKey: messagesKey(c.id),
      initialPageParam: 0,
      queryFn: () => fetchMessages(c.id, 0),
      getNextPageParam: (p: { next: number }) => (p.next === 0 ? undefined : p.next),
    })
    .catch(() => undefined); // opening it fetches again and says why
}

/** Something that one part of the page shows and refetches when it is told of a change. */
export interface Shown<T> {
  readonly value: T;
  readonly loading: boolean;
  readonly error: Error | null;
}

function useShown<T>(key: readonly string[], id: string, empty: T, fetch: () => Promise<T>): Shown<T> {
  const q = useQuery({ queryKey: [...key, id], enabled: id !== "", queryFn: fetch });
  return { value: q.data ?? empty, loading: q.isPending && id !== "", error: q.data === undefined ? q.error : null };
}

const none: readonly never[] = [];

/** The orders of a conversation, most relevant first. */
export function useLinks(conversation: string): Shown<readonly OrderLink[]> {
  return useShown(["links"], conversation, none as readonly OrderLink[], async () => {
    const { items } = parse.page(
      await body(api.GET("/api/v1/conversations/{id}/orders", { params: { path: { id: conversation } } })),
      parseCustomer.orderLink,
    );
    store.update((s) => putOrders(s, items.flatMap((l) => l.order ?? [])));
    return items;
  });
}

export function useMerges(customer: string): Shown<readonly Merge[]> {
  return useShown(["merges"], customer, none as readonly Merge[], async () =>
    parse.page(await body(api.GET("/api/v1/customers/{id}/merges", { params: { path: { id: customer } } })), parseCustomer.merge).items,
  );
}

/** What the shop has of an order's items, as of a time. */
export function useStock(of: string, skus: readonly string[]): ReadonlyMap<string, Product> {
  const key = skus.join(" ");
  const { value } = useShown(["stock", key], key === "" ? "" : of, none as readonly Product[], async () =>
    parse.page(await body(api.GET("/api/v1/products", { params: { query: { store: of, sku: [...skus] } } })), parseCustomer.product).items,
  );
  return useMemo(() => new Map(value.map((p) => [p.sku, p])), [value]);
}

export function useFacts(conversation: string): Shown<readonly ConversationFact[]> {
  return useShown(["facts"], conversation, none as readonly ConversationFact[], async () =>
    parse.page(await body(api.GET("/api/v1/conversations/{id}/facts", { params: { path: { id: conversation } } })), parse.conversationFact).items,
  );
}

export function useRelated(conversation: string): Shown<readonly Related[]> {
  return useShown(["related"], conversation, none as readonly Related[], async () => {
    const { items } = parse.page(
      await body(api.GET("/api/v1/conversations/{id}/related", { params: { path: { id: conversation } } })),
      parse.related,
    );
    store.update((s) => putConversations(s, items.map((r) => r.conversation)));
    return items;
  });
}

/** What is to be done, soonest first. */
export function useTasks(): { tasks: readonly Task[]; more: boolean; loading: boolean; error: Error | null; retry: () => void } {
  const q = useQuery({
    queryKey: ["tasks"],
    queryFn: async () => {
      await beforeFetch();
      const page = parse.page(await body(api.GET("/api/v1/tasks", { params: { query: { limit: 100 } } })), parse.task);
      store.update((s) => putTasks(s, page.items));
      return { more: page.next !== "" };
    },
  });
  const tasks = useSelect(
    store,
    useCallback((s) => openTasks(s, () => true), []),
  );
  return { tasks, more: q.data?.more ?? false, loading: q.isPending, error: q.data ? null : q.error, retry: () => void q.refetch() };
}

/** What is to be done for a customer. */
export function useTasksOf(customer: string): readonly Task[] {
  useShown(["tasks-of"], customer, none, async () => {
    const page = parse.page(await body(api.GET("/api/v1/tasks", { params: { query: { customer } } })), parse.task);
    store.update((s) => putTasks(s, page.items));
    return none;
  });
  return useSelect(
    store,
    useCallback((s) => openTasks(s, (t) => t.customer.customerId === customer), [customer]),
  );
}

/** Everybody who works or worked here, for those who run the place. */
export function useAgents(on: boolean): Shown<readonly AgentDesk[]> {
  return useShown(["agents"], on ? "all" : "", none as readonly AgentDesk[], async () =>
    parse.page(await body(api.GET("/api/v1/agents")), parse.agentDesk).items,
  );
}

export function useKeyPolicies(on: boolean): Shown<readonly KeyPolicy[]> {
  return useShown(["keys"], on ? "all" : "", none as readonly KeyPolicy[], async () =>
    parse.page(await body(api.GET("/api/v1/keys")), parseCustomer.keyPolicy).items,
  );
}

export function useStores(on: boolean): Shown<readonly StoreGrammar[]> {
  return useShown(["stores"], on ? "all" : "", none as readonly StoreGrammar[], async () =>
    parse.page(await body(api.GET("/api/v1/stores")), parseCustomer.storeGrammar).items,
  );
}

/** The token that opens attachments and raw sources by their address. */
export function useFileToken(): string {
  const q = useQuery({
    queryKey: ["file-token"],
    refetchInterval: 7 * 60_000,
    refetchOnWindowFocus: true,
    staleTime: 7 * 60_000,
    queryFn: async () => parse.str(parse.record(await body(api.POST("/api/v1/files/token")), "file token"), "token"),
  });
  return q.data ?? "";
}
