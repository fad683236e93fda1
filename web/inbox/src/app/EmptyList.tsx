// What is said of a list with nothing in it.

import type { ReactNode } from "react";
import type { Place } from "../place";
import { statuses } from "../types";
import { statusWord } from "../words";
import { PlaceLink } from "./PlaceLink";

function emptyMore(place: Place): string {
  switch (place.status) {
    case "closed":
      return "Closed conversations stay here and open again when the customer writes.";
    case "spam":
      return "What the mail provider takes for spam is kept here, for you to check.";
    default:
      return place.view === "mine" ? "Conversations that are assigned to you come here." : "Mail to your inboxes comes here.";
  }
}

export function EmptyList({ place }: { place: Place }): ReactNode {
  const status = statuses.find((s) => s === place.status);
  const [words, more] =
    place.view === "mine" && place.status === "open"
      ? ["Nothing waits for you.", "Conversations that are assigned to you come here."]
      : place.view === "unassigned" && place.status === "open"
        ? ["Everything has somebody.", "New mail comes here until somebody takes it."]
        : place.view === "spam"
          ? ["No spam.", "What the mail provider takes for spam is kept here, for you to check."]
          : place.view === "closed"
            ? ["Nothing closed yet.", "Closed conversations stay here and open again when the customer writes."]
            : status === "pending"
              ? ["Nothing pending.", "What waits for somebody else, such as a carrier, can be kept here."]
              : [status ? `No ${statusWord[status].toLowerCase()} conversations.` : "No conversations yet.", emptyMore(place)];
  const elsewhere = place.view === "mine" && place.status === "open";
  return (
    <div className="flex flex-col items-center gap-1 px-6 pt-24 text-center">
      <p className="text-sm font-medium">{words}</p>
      <p className="text-sm text-muted">{more}</p>
      {elsewhere && (
        <PlaceLink to="/unassigned" className="mt-3 inline-flex h-8 items-center rounded-md px-2.5 text-sm font-medium text-accent-text data-[hovered]:bg-hover">
          Look at Unassigned
        </PlaceLink>
      )}
    </div>
  );
}
