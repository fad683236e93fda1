// What is said of a list with nothing in it.

import type { ReactNode } from "react";
import { useWords } from "../listwords";
import type { Place } from "../place";
import { PlaceLink } from "./PlaceLink";

export default function EmptyList({ place }: { place: Place }): ReactNode {
  const w = useWords().empty;
  const own = ["mine", "unassigned", "mentions"] as const;
  const view = place.status === "open" ? own.find((v) => v === place.view) : undefined;
  const [words, more] = place.view === "saved" || place.tag !== "" ? w.other : view ? w[view] : w[place.status];
  return (
    <div className="flex flex-col items-center gap-1 px-6 pt-24 text-center">
      <p className="text-sm font-medium">{words}</p>
      <p className="text-sm text-muted">{more}</p>
      {view === "mine" && (
        <PlaceLink to="/unassigned" className="mt-3 inline-flex h-8 items-center rounded-md px-2.5 text-sm font-medium text-accent-text data-[hovered]:bg-hover">
          {w.elsewhere}
        </PlaceLink>
      )}
    </div>
  );
}
