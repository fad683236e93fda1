// The lists below the first few: inboxes, teams, saved views and tags.

import { Bookmark, ChevronRight, Hash, Inbox, UsersRound, type LucideIcon } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import { useViews } from "../data";
import { useWords } from "../listwords";
import { at, filterOf, href, listOf, type Place } from "../place";
import { useTags, useViewCounts } from "../tallies";
import type { Me } from "../types";
import { useRemembered } from "../ui/hooks";
import type { Counts } from "./Nav";
import { NavItem } from "./NavItem";

/** A list that can be gone to. */
export interface Entry {
  readonly place: Place;
  readonly words: string;
  readonly count: number;
  readonly capped: boolean;
  readonly icon: LucideIcon;
}

export interface Section {
  readonly id: "inboxes" | "teams" | "views" | "shared" | "tags";
  readonly title: string;
  readonly entries: readonly Entry[];
}

/** How many tags are shown before the rest is asked for. */
const fewTags = 12;

/** All lists beside the fixed ones, by section; empty sections are left out. */
export function useSections(me: Me, counts: Counts, place: Place): readonly Section[] {
  const w = useWords();
  const { views } = useViews();
  const viewCounts = useViewCounts();
  const tags = useTags();
  const summed = (p: Place, name: string, icon: LucideIcon): Entry => ({ place: p, words: name, count: counts(filterOf(p), me.agent.id), capped: false, icon });
  const view = (shared: boolean): Entry[] =>
    (views?.items ?? [])
      .filter((v) => v.shared === shared)
      .map((v) => ({ place: at("saved", { saved: v.id }), words: v.name, count: viewCounts.get(v.id) ?? 0, capped: true, icon: Bookmark }));
  // The tag of the list that is open stays, though nothing open has it any more.
  const inUse = place.tag === "" || tags.some((t) => t.tag === place.tag) ? tags : [...tags, { tag: place.tag, count: 0 }];
  const all: Section[] = [
    { id: "views", title: w.views, entries: view(false) },
    { id: "shared", title: w.sharedViews, entries: view(true) },
    { id: "inboxes", title: w.inboxes, entries: me.inboxes.length > 1 ? me.inboxes.filter((i) => !i.archived).map((i) => summed(at("all", { inbox: i.id }), i.name, Inbox)) : [] },
    { id: "teams", title: w.teams, entries: me.teams.map((t) => summed(at("all", { team: t.id }), t.name, UsersRound)) },
    { id: "tags", title: w.tags, entries: inUse.map((t) => ({ place: at("all", { tag: t.tag }), words: t.tag, count: t.count, capped: true, icon: Hash })) },
  ];
  return all.filter((s) => s.entries.length > 0);
}

export default function NavMore({ me, counts, place }: { me: Me; counts: Counts; place: Place }): ReactNode {
  return useSections(me, counts, place).map((s) => <Group key={s.id} section={s} place={place} />);
}

function Group({ section: s, place }: { section: Section; place: Place }): ReactNode {
  const [folded, setFolded] = useRemembered(`skein.nav.${s.id}`, 2);
  const [all, setAll] = useState(false);
  const w = useWords();
  const shown = s.id === "tags" && !all ? s.entries.filter((e, i) => i < fewTags || e.place.tag === place.tag) : s.entries;
  const open = folded !== 1;
  return (
    <section aria-label={s.title}>
      <h2 className="mt-3 mb-0.5">
        <AriaButton
          aria-expanded={open}
          onPress={() => setFolded(open ? 1 : 2)}
          className="flex h-7 w-full items-center gap-1 rounded-md px-2 text-xs text-muted data-[hovered]:text-text"
        >
          {s.title}
          <ChevronRight size={12} aria-hidden="true" className={open ? "rotate-90" : ""} />
        </AriaButton>
      </h2>
      {open && (
        <ul className="flex flex-col gap-0.5">
          {shown.map((e) => (
            <li key={listOf(e.place)}>
              <NavItem to={href(e.place)} words={e.words} expanded current={listOf(place) === listOf(e.place)} count={e.count} capped={e.capped} />
            </li>
          ))}
          {shown.length < s.entries.length && (
            <li>
              <AriaButton onPress={() => setAll(true)} className="flex h-8 w-full items-center rounded-md px-2 text-xs text-muted data-[hovered]:bg-hover">
                {w.moreTags(s.entries.length - shown.length)}
              </AriaButton>
            </li>
          )}
        </ul>
      )}
    </section>
  );
}
