// Between two messages: what was done, and what happened to the orders meanwhile.

import { memo, type ReactNode } from "react";
import type { Activity } from "../activity";
import { saidOf } from "../activitysaid";
import { useWords } from "../activitywords";
import { useNow } from "../ui/hooks";
import { exactly, when } from "../words";

export const ActivityLines = memo(function ActivityLines({ of }: { of: readonly Activity[] }): ReactNode {
  const w = useWords();
  const now = useNow();
  return (
    <ul data-activity="" className="my-2 ps-14 pe-5 text-xs text-muted max-md:ps-4 max-md:pe-4">
      {of.map((a) => (
        <li key={a.id} className="flex gap-2 py-0.5">
          <span className="min-w-0 flex-1 [overflow-wrap:anywhere]">{saidOf(a, w)}</span>
          <time dateTime={a.at} title={exactly(a.at)} className="figures shrink-0">
            {when(a.at, now)}
          </time>
        </li>
      ))}
    </ul>
  );
});
