// All lists at once, found by their names: where there is no room for the
// navigation, and for whoever doesn't leave the keyboard.

import { useState, type ReactNode } from "react";
import { useWords } from "../listwords";
import { useGo } from "../navigate";
import { at, href, listOf, viewWord, type Place } from "../place";
import type { Me } from "../types";
import { countAt, navViews, type Counts, type Looked } from "./Nav";
import { NavItem } from "./NavItem";
import { useSections, type Entry } from "./NavMore";
import { Sheet } from "./Together";

export default function ListsDialog({
  me,
  counts,
  looked,
  place,
  onClose,
}: {
  me: Me;
  counts: Counts;
  looked: Looked;
  place: Place;
  onClose: () => void;
}): ReactNode {
  const w = useWords();
  const go = useGo();
  const [text, setText] = useState("");
  const fixed: Entry[] = navViews.map((v) => ({
    place: at(v.view),
    words: viewWord(v.view),
    count: countAt(v.view, counts, looked, me),
    capped: v.view === "mentions",
    icon: v.icon,
  }));
  const wanted = text.trim().toLowerCase();
  const sections = [{ id: "fixed", title: "", entries: fixed }, ...useSections(me, counts, place)]
    .map((s) => ({ ...s, entries: s.entries.filter((e) => e.words.toLowerCase().includes(wanted)) }))
    .filter((s) => s.entries.length > 0);
  const first = sections[0]?.entries[0];
  return (
    <Sheet title={w.lists} onClose={onClose}>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          if (!first || wanted === "") return;
          go(first.place);
          onClose();
        }}
      >
        <input
          type="search"
          aria-label={w.findList}
          placeholder={w.findList}
          value={text}
          // eslint-disable-next-line jsx-a11y/no-autofocus -- the dialog was opened to find a list
          autoFocus
          onChange={(e) => setText(e.target.value)}
          className="h-9 w-full rounded-md border border-line-strong bg-surface px-3 text-sm max-md:h-11"
        />
      </form>
      <nav aria-label={w.lists} className="mt-2 max-h-[60vh] overflow-y-auto max-md:max-h-none">
        {sections.map((s) => (
          <section key={s.id} {...(s.title === "" ? {} : { "aria-label": s.title })}>
            {s.title !== "" && <h3 className="mt-3 mb-1 px-2 text-xs text-muted">{s.title}</h3>}
            <ul>
              {s.entries.map((e) => (
                <li key={listOf(e.place)}>
                  <NavItem to={href(e.place)} words={e.words} icon={e.icon} expanded current={listOf(place) === listOf(e.place)} count={e.count} capped={e.capped} onPress={onClose} />
                </li>
              ))}
            </ul>
          </section>
        ))}
        {sections.length === 0 && <p className="px-2 py-3 text-sm text-muted">{w.noList(text.trim())}</p>}
      </nav>
    </Sheet>
  );
}
