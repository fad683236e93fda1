// Counts of what no sum tells: saved views and the tags in use, up to a hundred each.

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, body } from "./api/client";
import * as parse from "./parse";

export function useTags(on = true): readonly { readonly tag: string; readonly count: number }[] {
  const q = useQuery({
    queryKey: ["tally", "tags"],
    enabled: on,
    queryFn: async ({ signal }) => parse.list(parse.record(await body(api.GET("/api/v1/tags", { signal })), "tags"), "items", parse.tagCount),
    placeholderData: keepPreviousData,
  });
  return q.data ?? [];
}

/** How many each saved view holds. */
export function useViewCounts(): ReadonlyMap<string, number> {
  const q = useQuery({
    queryKey: ["tally", "views"],
    queryFn: async ({ signal }) => {
      const all = parse.list(parse.record(await body(api.GET("/api/v1/views/counts", { signal })), "counts"), "items", parse.viewCount);
      return new Map(all.map((v) => [v.id, v.count]));
    },
    placeholderData: keepPreviousData,
  });
  return q.data ?? none;
}

const none: ReadonlyMap<string, number> = new Map();
