// The list's pane: the search field, what list it is and how it is sorted, its rows.

import { Suspense, type ReactNode } from "react";
import { useFilter, useViews } from "../data";
import { useList } from "../navigate";
import { listed, listOf, viewWord, type Place } from "../place";
import type { Me } from "../types";
import { useWords } from "../words/language";
import { Conversations } from "./Conversations";
import type { Counts } from "./Nav";
import { Resizer } from "./Resizer";
import { RowSkeleton } from "./Row";
import { SearchField } from "./Search";
import { lazy } from "../ui/later";

const SearchResults = lazy(() => import("./SearchResults").then((m) => ({ default: m.SearchResults })));
const TaskList = lazy(() => import("./Tasks").then((m) => ({ default: m.TaskList })));
const ListTools = lazy(() => import("./ListTools"));
const ViewGone = lazy(() => import("./ListTools").then((m) => ({ default: m.ViewGone })));

export function ListPane({
  me,
  person,
  place,
  counts,
  width,
  onWidth,
}: {
  me: string;
  person: Me | undefined;
  place: Place;
  counts: Counts;
  /** Null where it is the only pane. */
  width: number | null;
  onWidth: (n: number) => void;
}): ReactNode {
  const Landmark = width === null ? "main" : "section";
  const w = useWords().list;
  const list = useList(place);
  const filter = useFilter(list, person);
  const { views } = useViews(place.view === "saved");
  const title =
    place.tag ||
    (views?.items.find((v) => v.id === place.saved)?.name ??
      person?.inboxes.find((i) => i.id === place.inbox)?.name ??
      person?.teams.find((t) => t.id === place.team)?.name ??
      viewWord(place.view));
  return (
    <Landmark
      aria-label={listed(place.view) ? w.conversations : viewWord(place.view)}
      className={`relative flex min-h-0 min-w-0 flex-col bg-surface ${width === null ? "flex-1" : "shrink-0"}`}
      style={width === null ? {} : { width }}
    >
      <div className="flex h-14 shrink-0 items-center gap-2 px-3">
        <SearchField place={place} person={person} />
      </div>
      {place.view !== "search" && (
        <div className="flex h-9 shrink-0 items-center gap-1 pe-2 ps-3">
          <h1 className="min-w-0 flex-1 truncate text-sm font-semibold">{title}</h1>
          {listed(place.view) && filter && person && (
            <Suspense>
              <ListTools place={list} filter={filter} person={person} />
            </Suspense>
          )}
        </div>
      )}
      {place.view === "search" ? (
        <Suspense fallback={<RowSkeleton />}>
          <SearchResults key={place.q} place={place} me={me} person={person} />
        </Suspense>
      ) : place.view === "callbacks" ? (
        <Suspense fallback={<RowSkeleton />}>
          <TaskList place={place} me={person} />
        </Suspense>
      ) : filter === undefined ? (
        <Suspense>
          <ViewGone />
        </Suspense>
      ) : (
        <Conversations key={`${listOf(place)} ${place.status} ${filter?.sort ?? ""}`} me={me} person={person} place={place} filter={filter} counts={counts} />
      )}
      {width !== null && <Resizer label={w.width} value={width} min={264} max={520} onChange={onWidth} side="left" />}
    </Landmark>
  );
}

