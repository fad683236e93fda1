// What a search finds, fetched page by page.

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { api, body } from "./api/client";
import * as parse from "./parse";
import { wordsOf } from "./query";
import { store } from "./runtime";
import { putConversations } from "./state";
import type { Found, FoundKind, Hit, Page } from "./types";

export function useSearch(text: string): {
  hits: readonly Hit[];
  loading: boolean;
  error: Error | null;
  more: boolean;
  fetchMore: () => void;
  retry: () => void;
} {
  const q = useInfiniteQuery({
    queryKey: ["search", text],
    enabled: text.trim() !== "",
    initialPageParam: "",
    staleTime: 10_000,
    placeholderData: keepPreviousData,
    queryFn: async ({ pageParam, signal }): Promise<Page<Hit>> => {
      const page = parse.page(
        await body(
          api.GET("/api/v1/search", {
            signal,
            params: { query: { q: text, limit: 30, ...(pageParam === "" ? {} : { cursor: pageParam }) } },
          }),
        ),
        parse.hit,
      );
      store.update((s) => putConversations(s, page.items.map((h) => h.conversation)));
      return page;
    },
    getNextPageParam: (p) => (p.next === "" ? undefined : p.next),
  });
  return {
    hits: q.data?.pages.flatMap((p) => p.items) ?? [],
    loading: q.isPending && text.trim() !== "",
    error: q.data ? null : q.error,
    more: q.hasNextPage,
    fetchMore: () => void q.fetchNextPage(),
    retry: () => void q.refetch(),
  };
}

/** Customers, orders or files whose names are what was typed, a few at a time. */
export function useFound(kind: FoundKind, text: string): { found: readonly Found[]; more: boolean; fetchMore: () => void } {
  const words = wordsOf(text);
  const q = useInfiniteQuery({
    queryKey: ["find", kind, words],
    enabled: words.length > 1,
    initialPageParam: "",
    staleTime: 10_000,
    placeholderData: keepPreviousData,
    queryFn: async ({ pageParam, signal }): Promise<Page<Found>> => {
      const page = parse.page(
        await body(
          api.GET("/api/v1/find", {
            signal,
            params: { query: { kind, q: words, limit: pageParam === "" ? 3 : 20, ...(pageParam === "" ? {} : { cursor: pageParam }) } },
          }),
        ),
        parse.found,
      );
      store.update((s) => putConversations(s, page.items.map((f) => f.conversation)));
      return page;
    },
    getNextPageParam: (p) => (p.next === "" ? undefined : p.next),
  });
  return {
    found: words.length > 1 ? (q.data?.pages.flatMap((p) => p.items) ?? []) : [],
    more: q.hasNextPage,
    fetchMore: () => void q.fetchNextPage(),
  };
}
