// Beside the list's name: which status it shows, its order, and the view that it is
// or can become.

import { ArrowDownNarrowWide, Bookmark, Pencil } from "lucide-react";
import { memo, Suspense, useState, type ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import { useViews } from "../data";
import type { Filter } from "../lists";
import { useWords } from "../listwords";
import { useGo } from "../navigate";
import { fixed, listOf, type Place } from "../place";
import { chooseSort } from "../sorting";
import { sorts, statuses, type Me } from "../types";
import { IconButton, MenuButton, Tip } from "../ui/controls";
import { lazy } from "../ui/later";
import { mayChange, queryOf } from "../viewing";

const ViewForm = lazy(() => import("./ViewForm"));

const look = "flex h-7 max-w-32 items-center gap-1 rounded-md px-1.5 text-xs text-secondary data-[hovered]:bg-hover max-md:h-11 max-md:px-2.5";

export default memo(function ListTools({ place, filter, person }: { place: Place; filter: Filter; person: Me }): ReactNode {
  const w = useWords();
  const go = useGo();
  const [form, setForm] = useState(false);
  const { views } = useViews(place.view === "saved");
  const view = views?.items.find((v) => v.id === place.saved);
  const own = view && mayChange(view, person) ? view : undefined;
  return (
    <>
      {!fixed(place.view) && (
        <MenuButton
          label={w.statusLabel(w.status[place.status])}
          choices={[...statuses, "all" as const].map((s) => ({ id: s, words: w.status[s], selected: s === place.status }))}
          onChoose={(id) => {
            const status = [...statuses, "all" as const].find((s) => s === id);
            if (status) go({ ...place, status, open: "" });
          }}
        >
          <AriaButton aria-label={w.statusLabel(w.status[place.status])} className={look}>
            <span className="truncate">{w.status[place.status]}</span>
          </AriaButton>
        </MenuButton>
      )}
      <MenuButton
        label={w.sortLabel(w.sort[filter.sort])}
        choices={sorts.map((s) => ({ id: s, words: w.sort[s], selected: s === filter.sort }))}
        onChoose={(id) => {
          const sort = sorts.find((s) => s === id);
          if (sort) chooseSort(listOf(place), sort);
        }}
      >
        <Tip words={w.sortLabel(w.sort[filter.sort])}>
          <AriaButton aria-label={w.sortLabel(w.sort[filter.sort])} className={look}>
            <ArrowDownNarrowWide size={14} strokeWidth={1.75} aria-hidden="true" className={`shrink-0 ${filter.sort === "newest" ? "text-muted" : "text-accent-text"}`} />
            {filter.sort !== "newest" && <span className="truncate">{w.sort[filter.sort]}</span>}
          </AriaButton>
        </Tip>
      </MenuButton>
      <IconButton icon={own ? Pencil : Bookmark} label={own ? w.changeView : w.saveView} className="size-7! max-md:size-11!" onPress={() => setForm(true)} />
      {form && (
        <Suspense>
          <ViewForm me={person} view={own} query={view?.query ?? queryOf(filter, person)} sort={filter.sort} onClose={() => setForm(false)} />
        </Suspense>
      )}
    </>
  );
});

/** In place of a view that was deleted, or never was. */
export function ViewGone(): ReactNode {
  const w = useWords();
  return (
    <div role="alert" className="px-6 pt-24 text-center">
      <p className="text-sm font-medium">{w.viewGone}</p>
      <p className="text-sm text-muted">{w.viewGoneMore}</p>
    </div>
  );
}
