import { useRouter, useRouterState } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { at, home, href, placeOf, type Place } from "./place";

/** Where the agent is. */
export function usePlace(): Place {
  const path = useRouterState({ select: (s) => s.location.pathname });
  const query = useRouterState({ select: (s) => s.location.searchStr });
  return useMemo(() => placeOf(path, query) ?? at(home), [path, query]);
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
