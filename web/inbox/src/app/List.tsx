// The list: virtualised, paged by keyset, still under the pointer.

import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowUp } from "lucide-react";
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { actedOn } from "../actions";
import { calm } from "../calm";
import { prefetch, useListing } from "../data";
import { useGo } from "../navigate";
import { filterOf, href, listed, viewWord, type Place } from "../place";
import { store } from "../runtime";
import { newestFirst, shown } from "../state";
import { statuses, type Conversation, type Me } from "../types";
import { Button, Trouble } from "../ui/controls";
import { useCommand } from "../ui/hooks";
import { statusWord } from "../words";
import { PlaceLink } from "./PlaceLink";
import { Resizer } from "./Resizer";
import { Row, RowSkeleton } from "./Row";
import { SearchField } from "./Search";
import { TaskList } from "./Tasks";

const SearchResults = lazy(() => import("./SearchResults").then((m) => ({ default: m.SearchResults })));

const rowHeight = 64;
const filters = ["open", "pending", "closed", "spam", "all"] as const;

export function ListPane({
  me,
  person,
  place,
  width,
  onWidth,
}: {
  me: string;
  person: Me | undefined;
  place: Place;
  /** Null where it is the only pane. */
  width: number | null;
  onWidth: (n: number) => void;
}): ReactNode {
  const Landmark = width === null ? "main" : "section";
  const inbox = person?.inboxes.find((i) => i.id === place.inbox)?.name;
  const fixed = place.view === "closed" || place.view === "spam" || !listed(place.view);
  return (
    <Landmark
      aria-label={listed(place.view) ? "Conversations" : viewWord[place.view]}
      className={`relative flex min-h-0 min-w-0 flex-col bg-surface ${width === null ? "flex-1" : "shrink-0"}`}
      style={width === null ? {} : { width }}
    >
      <div className="flex h-14 shrink-0 items-center gap-2 px-3">
        <SearchField place={place} person={person} />
      </div>
      {place.view !== "search" && (
        <div className="flex h-9 shrink-0 items-center gap-1 px-3">
          <h1 className="min-w-0 flex-1 truncate text-sm font-semibold">{inbox ?? viewWord[place.view]}</h1>
          {!fixed && (
            <nav aria-label="Status" className="flex">
              {filters.map((s) => (
                <PlaceLink
                  key={s}
                  to={href({ ...place, status: s, open: "" })}
                  current={place.status === s}
                  className={`flex h-7 items-center rounded-md px-1.5 text-xs max-md:h-11 max-md:px-2 ${
                    place.status === s ? "font-medium text-accent-text" : "text-muted data-[hovered]:text-text"
                  }`}
                >
                  {s === "all" ? "All" : statusWord[s]}
                </PlaceLink>
              ))}
            </nav>
          )}
        </div>
      )}
      {place.view === "search" ? (
        <Suspense fallback={<RowSkeleton />}>
          <SearchResults key={place.q} place={place} me={me} person={person} />
        </Suspense>
      ) : place.view === "callbacks" ? (
        <TaskList place={place} me={person} />
      ) : (
        <Conversations key={`${place.view} ${place.status} ${place.inbox}`} me={me} person={person} place={place} />
      )}
      {width !== null && <Resizer label="Width of the list" value={width} min={264} max={520} onChange={onWidth} side="left" />}
    </Landmark>
  );
}

function Conversations({ me, person, place }: { me: string; person: Me | undefined; place: Place }): ReactNode {
  const go = useGo();
  const filter = useMemo(() => filterOf(place), [place]);
  const listing = useListing(filter, me, me !== "");
  const scroller = useRef<HTMLDivElement>(null);
  const [pointed, setPointed] = useState(false);
  const [scrolled, setScrolled] = useState(false);
  const [frozen, setFrozen] = useState<readonly string[] | null>(null);
  const still = pointed || scrolled;

  // What is held is what was shown when the pointer came in or the list was scrolled.
  const { rows, held } = useMemo(
    () =>
      still && frozen
        ? calm(frozen, listing.rows, (id) => shown(store.get(), id), actedOn, newestFirst)
        : { rows: listing.rows, held: 0 },
    [still, frozen, listing.rows],
  );
  const hold = (): void => setFrozen((f) => f ?? rows.map((c) => c.id));
  const release = (): void => {
    setFrozen(null);
    setPointed(false);
    scroller.current?.scrollTo({ top: 0 });
    setScrolled(false);
  };

  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
    getItemKey: (i) => rows[i]?.id ?? i,
  });
  const items = virtual.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? 0;
  const { more, fetchingMore, fetchMore } = listing;
  useEffect(() => {
    if (more && !fetchingMore && lastShown >= rows.length - 15) fetchMore();
  }, [more, fetchingMore, fetchMore, lastShown, rows.length]);

  const openIndex = rows.findIndex((c) => String(c.number) === place.open || c.id === place.open);
  const [cursor, setCursor] = useState("");
  const cursorIndex = Math.max(
    0,
    rows.findIndex((c) => c.id === cursor),
  );
  const active = openIndex >= 0 ? openIndex : cursorIndex;

  const focusRow = useCallback(
    (i: number) => {
      virtual.scrollToIndex(i, { align: "auto" });
      const id = rows[i]?.id;
      // The row may not be drawn yet.
      requestAnimationFrame(() => {
        scroller.current?.querySelector<HTMLElement>(`[data-row="${id ?? ""}"] a`)?.focus({ preventScroll: true });
      });
    },
    [virtual, rows],
  );

  // A row that leaves takes the focus with it: it goes on to the conversation,
  // or to what came into the row's place.
  const focused = useRef<{ el: Element; index: number } | null>(null);
  useEffect(() => {
    const list = scroller.current;
    const onFocus = (): void => {
      const el = document.activeElement;
      const row = el?.closest("[data-row]");
      focused.current = el && row ? { el, index: Number(row.getAttribute("aria-posinset")) - 1 } : null;
    };
    list?.addEventListener("focusin", onFocus);
    return () => list?.removeEventListener("focusin", onFocus);
  }, []);
  useEffect(() => {
    const was = focused.current;
    if (!was || was.el.isConnected || document.activeElement !== document.body) return;
    focused.current = null;
    const conversation = document.querySelector<HTMLElement>("[data-conversation]");
    if (conversation) conversation.focus({ preventScroll: true });
    else if (rows.length > 0) focusRow(Math.min(was.index, rows.length - 1));
  }, [rows, focusRow]);

  const to = (c: Conversation): Place => ({ ...place, open: String(c.number) });
  const step = (by: 1 | -1): void => {
    if (rows.length === 0) return;
    // Off the list (the open one has left it), the next is where the cursor was.
    const inList = place.open === "" ? scroller.current?.contains(document.activeElement) === true : openIndex >= 0;
    const from = place.open !== "" && openIndex < 0 ? cursorIndex - (by === 1 ? 1 : 0) : active;
    const i = inList || place.open !== "" ? Math.min(rows.length - 1, Math.max(0, from + by)) : active;
    const c = rows[i];
    if (!c) return;
    setCursor(c.id);
    if (place.open !== "") go(to(c), { replace: true });
    focusRow(i);
  };
  useCommand("next", () => step(1));
  useCommand("previous", () => step(-1));
  useCommand("open", () => {
    const c = rows[active];
    if (c && place.open === "") go(to(c));
  });

  // The neighbours of the open one are likely next.
  const around = openIndex < 0 ? "" : `${rows[openIndex - 1]?.id ?? ""} ${rows[openIndex + 1]?.id ?? ""}`;
  useEffect(() => {
    if (around === "") return undefined;
    const timer = setTimeout(() => {
      for (const id of around.split(" ")) {
        const c = store.get().conversations.get(id);
        if (c) prefetch(c);
      }
    }, 250);
    return () => clearTimeout(timer);
  }, [around]);

  const longest = useMemo(() => waitsLongest(rows), [rows]);

  if (listing.error) {
    return <Trouble words="The list can't be loaded." kept={listing.error.message} retry={listing.retry} />;
  }
  return (
    <div className="relative min-h-0 flex-1">
      {held > 0 && (
        <div className="absolute inset-x-0 top-1 z-10 flex justify-center">
          <Button look="solid" className="h-7 rounded-full px-3 text-xs shadow-float" onPress={release}>
            <ArrowUp size={14} aria-hidden="true" />
            {held} new
          </Button>
        </div>
      )}
      <div
        ref={scroller}
        className="h-full overflow-y-auto"
        // Chromium makes scrollers focusable by themselves; the rows are the stops here.
        tabIndex={-1}
        onPointerEnter={(e) => {
          if (e.pointerType !== "mouse") return;
          hold();
          setPointed(true);
        }}
        onPointerLeave={() => {
          setPointed(false);
          if (!scrolled) setFrozen(null);
        }}
        onScroll={(e) => {
          const away = e.currentTarget.scrollTop > 8;
          if (away === scrolled) return;
          if (away) hold();
          else if (!pointed) setFrozen(null);
          setScrolled(away);
        }}
      >
        {listing.loading ? (
          <RowSkeleton />
        ) : rows.length === 0 ? (
          <EmptyList place={place} />
        ) : (
          <ul className="relative w-full" style={{ height: virtual.getTotalSize() }}>
            {items.map((v) => {
              const c = rows[v.index];
              if (!c) return null;
              return (
                <li
                  key={v.key}
                  data-row={c.id}
                  aria-setsize={more ? -1 : rows.length}
                  aria-posinset={v.index + 1}
                  className="absolute top-0 left-0 w-full"
                  style={{ height: v.size, transform: `translateY(${v.start}px)` }}
                >
                  <Row
                    conversation={c}
                    to={href(to(c))}
                    current={v.index === openIndex}
                    tabbable={v.index === active}
                    me={me}
                    person={person}
                    longest={longest.has(c.id)}
                    left={place.status !== "all" && c.status !== place.status}
                    showStatus={place.status === "all"}
                    showAssignee={place.view !== "mine" && place.view !== "unassigned"}
                    replace={place.open !== ""}
                  />
                </li>
              );
            })}
          </ul>
        )}
        {fetchingMore && <p className="late py-3 text-center text-xs text-muted">Loading more</p>}
      </div>
    </div>
  );
}

/** Those that have waited longest, a few of them and only after an hour: where everything is marked, nothing is. */
function waitsLongest(rows: readonly Conversation[]): ReadonlySet<string> {
  const waiting = rows
    .filter((c) => c.waitingSince !== "" && c.status === "open")
    .sort((a, b) => Date.parse(a.waitingSince) - Date.parse(b.waitingSince));
  const few = waiting.slice(0, Math.min(5, Math.ceil(waiting.length / 4)));
  const newest = rows[0] ? Date.parse(rows[0].lastAt) : 0;
  return new Set(few.filter((c) => newest - Date.parse(c.waitingSince) > 3600_000).map((c) => c.id));
}

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

function EmptyList({ place }: { place: Place }): ReactNode {
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
