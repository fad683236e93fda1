// What is said of a list with nothing in it.

import type { ReactNode } from "react";
import { useMe } from "../data";
import { useWords } from "../emptywords";
import { at, href, type Place } from "../place";
import { useSetup } from "../setup";
import { PlaceLink } from "./PlaceLink";

const own = ["mine", "unassigned", "mentions"] as const;

export default function EmptyList({ place }: { place: Place }): ReactNode {
  const w = useWords();
  const { me } = useMe();
  const admin = me?.agent.role === "admin";
  const { setup } = useSetup(admin, false);
  const view = place.status === "open" ? own.find((v) => v === place.view) : undefined;
  const kind = place.view === "saved" ? "saved" : place.tag !== "" ? "tag" : (view ?? place.status);
  const shut = setup !== undefined && setup.mailbox === "" && setup.chat === "" && setup.first === null;
  const [words, more] = me?.inboxes.length === 0 && !admin ? w.noInbox : shut ? w.noChannel : w.of[kind];
  const way = shut
    ? { to: "/setup", words: w.toSetup }
    : kind === "mine" || kind === "mentions"
      ? { to: href(at("unassigned")), words: w.toUnassigned }
      : kind === "unassigned" || kind === "tag"
        ? { to: href(at("all")), words: w.toAll }
        : null;
  return (
    <div className="flex flex-col items-center gap-1 px-6 pt-24 text-center">
      <p className="text-sm font-medium">{words}</p>
      <p className="text-sm text-muted">{more}</p>
      {way && (
        <PlaceLink to={way.to} className="mt-3 inline-flex h-8 items-center rounded-md px-2.5 text-sm font-medium text-accent-text data-[hovered]:bg-hover max-md:h-11">
          {way.words}
        </PlaceLink>
      )}
    </div>
  );
}
