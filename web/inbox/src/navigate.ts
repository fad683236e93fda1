import { useRouter, useRouterState } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { at, home, href, placeOf, type Place } from "./place";

/** Where the agent is. */
export function usePlace(): Place {
  const path = useRouterState({ select: (s) => s.location.pathname });
  const query = useRouterState({ select: (s) => s.location.searchStr });
  return useMemo(() => placeOf(path, query) ?? at(home), [path, query]);
}

/** The list of a place: the same one whatever of it is open. */
export function useList({ view, status, inbox, team, tag, saved, q }: Place): Place {
  return useMemo(() => at(view, { status, inbox, team, tag, saved, q }), [view, status, inbox, team, tag, saved, q]);
}

/** Goes to a place. */
export function useGo(): (p: Place, how?: { replace?: boolean }) => void {
  const router = useRouter();
  return useCallback(
    (p, how) => {
      if (how?.replace === true) router.history.replace(href(p));
      else router.history.push(href(p));
    },
    [router],
  );
}
