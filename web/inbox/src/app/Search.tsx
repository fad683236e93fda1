import { Search as SearchIcon, X } from "lucide-react";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { useSearch } from "../data";
import { useGo } from "../navigate";
import { at, href, type Place } from "../place";
import type { Me } from "../types";
import { Button, Kbd, Trouble } from "../ui/controls";
import { useCommand } from "../ui/hooks";
import { subjectOf } from "../words";
import { Row, RowSkeleton } from "./Row";

/** The field stands above every list; what is typed is the address of its results. */
export function SearchField({ place }: { place: Place }): ReactNode {
  const go = useGo();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(place.q);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const back = useRef<Place>(at("mine"));
  useEffect(() => {
    if (place.view !== "search") back.current = place;
  }, [place]);

  // Going back, or to another list, changes the field too.
  const [seen, setSeen] = useState(place.q);
  const q = place.view === "search" ? place.q : "";
  if (q !== seen) {
    setSeen(q);
    if (q !== text.trim()) setText(q);
  }

  useCommand("search", () => {
    input.current?.focus();
    input.current?.select();
  });

  const search = (value: string): void => {
    clearTimeout(timer.current);
    const words = value.trim();
    if (words === "") {
      if (place.view === "search") go({ ...back.current, open: place.open });
      return;
    }
    go(at("search", { q: words, open: place.open }), { replace: place.view === "search" });
  };
  return (
    <div role="search" className="relative flex min-w-0 flex-1 items-center">
      <SearchIcon size={15} strokeWidth={1.75} aria-hidden="true" className="pointer-events-none absolute left-2.5 text-muted" />
      <input
        ref={input}
        type="search"
        aria-label="Search"
        placeholder="Search"
        value={text}
        className="h-8 w-full rounded-md bg-hover pr-8 pl-8 text-sm text-text placeholder:text-muted focus-visible:bg-surface max-md:h-11 max-md:text-base [&::-webkit-search-cancel-button]:hidden"
        onChange={(e) => {
          const value = e.target.value;
          setText(value);
          clearTimeout(timer.current);
          timer.current = setTimeout(() => search(value), 200);
        }}
        onKeyDown={(e) => {
          if (e.key === "Enter") {
            search(text);
          } else if (e.key === "Escape") {
            e.preventDefault();
            setText("");
            search("");
            e.currentTarget.blur();
            document.querySelector<HTMLElement>("[data-row] a[tabindex='0'], [data-row] a")?.focus();
          } else if (e.key === "ArrowDown") {
            e.preventDefault();
            document.querySelector<HTMLElement>("[data-row] a")?.focus();
          }
        }}
      />
      {text === "" ? (
        <span className="pointer-events-none absolute right-2 max-md:hidden">
          <Kbd keys="/" />
        </span>
      ) : (
        <Button
          aria-label="Clear the search"
          className="absolute right-0 w-8 justify-center px-0"
          onPress={() => {
            setText("");
            search("");
            input.current?.focus();
          }}
        >
          <X size={15} aria-hidden="true" />
        </Button>
      )}
    </div>
  );
}

export function SearchResults({ place, me, person }: { place: Place; me: string; person: Me | undefined }): ReactNode {
  const go = useGo();
  const found = useSearch(place.q);
  const { hits } = found;
  const openIndex = hits.findIndex((h) => String(h.conversation.number) === place.open);
  const [cursor, setCursor] = useState(0);
  const active = openIndex >= 0 ? openIndex : Math.min(cursor, Math.max(0, hits.length - 1));
  const list = useRef<HTMLUListElement>(null);
  const step = (by: 1 | -1): void => {
    if (hits.length === 0) return;
    const inside = list.current?.contains(document.activeElement) === true || openIndex >= 0;
    const i = inside ? Math.min(hits.length - 1, Math.max(0, active + by)) : active;
    const h = hits[i];
    if (!h) return;
    setCursor(i);
    if (place.open !== "") go({ ...place, open: String(h.conversation.number) }, { replace: true });
    list.current?.querySelectorAll<HTMLElement>("[data-row] a")[i]?.focus();
  };
  useCommand("next", () => step(1));
  useCommand("previous", () => step(-1));
  useCommand("open", () => {
    const h = hits[active];
    if (h && place.open === "") go({ ...place, open: String(h.conversation.number) });
  });

  if (place.q === "") {
    return (
      <div className="px-6 pt-24 text-center">
        <p className="text-sm font-medium">Search everything that was said.</p>
        <p className="text-sm text-muted">Words of a message, a name, an address, a number.</p>
      </div>
    );
  }
  if (found.error) return <Trouble words="The search did not go through." kept={found.error.message} retry={found.retry} />;
  if (found.loading) return <RowSkeleton />;
  if (hits.length === 0) {
    return (
      <div role="status" className="px-6 pt-24 text-center">
        <p className="text-sm font-medium">Nothing found for “{place.q}”.</p>
        <p className="text-sm text-muted">Try fewer words, or part of the address.</p>
      </div>
    );
  }
  return (
    <div className="min-h-0 flex-1 overflow-y-auto" tabIndex={-1}>
      <h1 className="sr-only">Results for {place.q}</h1>
      <ul ref={list} aria-label="Results">
        {hits.map((h, i) => (
          <li key={`${h.conversation.id} ${h.messageId}`} data-row={h.conversation.id}>
            <Row
              conversation={h.conversation}
              to={href({ ...place, open: String(h.conversation.number) })}
              current={i === openIndex}
              tabbable={i === active}
              me={me}
              person={person}
              longest={false}
              left={false}
              showStatus
              showAssignee={false}
              replace={place.open !== ""}
              snippet={<Snippet text={h.snippet || subjectOf(h.conversation)} words={place.q} />}
            />
          </li>
        ))}
      </ul>
      {found.more && (
        <div className="flex justify-center py-3">
          <Button look="outline" onPress={found.fetchMore}>
            Show more
          </Button>
        </div>
      )}
    </div>
  );
}

/** The words that were found, marked. What the server sends is text, never markup. */
function Snippet({ text, words }: { text: string; words: string }): ReactNode {
  const wanted = words
    .split(/\s+/)
    .filter((w) => w.length > 1)
    .map((w) => w.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  if (wanted.length === 0) return text;
  // One line has room for what stands about the first hit.
  const first = text.search(new RegExp(wanted.join("|"), "iu"));
  if (first > 28) {
    const space = text.indexOf(" ", first - 24);
    text = `…${text.slice(space >= 0 && space < first ? space + 1 : first)}`;
  }
  const parts = text.split(new RegExp(`(${wanted.join("|")})`, "giu"));
  return parts.map((p, i) =>
    i % 2 === 1 ? (
      <mark key={i} className="rounded-sm bg-accent-soft font-medium text-accent-text">
        {p}
      </mark>
    ) : (
      p
    ),
  );
}
