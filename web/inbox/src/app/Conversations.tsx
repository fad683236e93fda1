// The rows of a list: virtualised, paged by keyset, still under the pointer, and
// selected to be changed at once.

import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowUp } from "lucide-react";
import { Suspense, useCallback, useEffect, useMemo, useRef, useState, type MouseEvent, type ReactNode } from "react";
import { actedOn } from "../actions";
import { calm } from "../calm";
import { prefetch, useListing } from "../data";
import { asked, everything, order, type Filter } from "../lists";
import { useLongPress } from "../longpress";
import { useGo } from "../navigate";
import { href, type Place } from "../place";
import { store } from "../runtime";
import { bulkShown, has, isEmpty, kept, nothing, ranged, selection, toggled } from "../selection";
import { shown } from "../state";
import type { Conversation, Me } from "../types";
import { Button, Trouble } from "../ui/controls";
import { useCommand } from "../ui/hooks";
import { useSignal } from "../ui/signals";
import { lazy } from "../ui/later";
import { useWords } from "../words/language";
import type { Counts } from "./Nav";
import { Row, RowSkeleton } from "./Row";

const EmptyList = lazy(() => import("./EmptyList"));
const loadBar = (): Promise<typeof import("./BulkBar")> => import("./BulkBar");
const BulkBar = lazy(loadBar);

const rowHeight = 64;

export function Conversations({ me, person, place, filter, counts }: { me: string; person: Me | undefined; place: Place; filter: Filter | null; counts: Counts }): ReactNode {
  const go = useGo();
  const w = useWords().list;
  const list = JSON.stringify(asked(filter ?? everything));
  const by = order[filter?.sort ?? "newest"];
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
        ? calm(frozen, listing.rows, (id) => shown(store.get(), id), actedOn, by)
        : { rows: listing.rows, held: 0 },
    [still, frozen, listing.rows, by],
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
      // The row may not be drawn yet, and who is quick writes by then.
      requestAnimationFrame(() => {
        if (document.activeElement?.closest("[data-answer]")) return;
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
      // The keys go on from where the focus is, however it came there.
      const id = row?.getAttribute("data-row");
      if (id !== null && id !== undefined) setCursor(id);
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

  // What is selected, and what the selection forgets: what has left the list.
  const chosen = useSignal(selection);
  const selecting = chosen.list === list && !isEmpty(chosen);
  const ids = useMemo(() => rows.map((c) => c.id), [rows]);
  useEffect(() => {
    const s = selection.get();
    if (s.list === list && !s.all && !listing.loading) selection.set(kept(s, new Set(ids)));
  }, [ids, list, listing.loading]);
  useEffect(() => () => selection.set(nothing), [list]);
  const extend = (by: 1 | -1): void => {
    const from = ids[active];
    const next = ids[Math.min(ids.length - 1, Math.max(0, active + by))];
    if (from === undefined || next === undefined) return;
    selection.set(ranged(selection.get(), list, ids, from, next));
    setCursor(next);
    if (place.open !== "") {
      const c = rows[ids.indexOf(next)];
      if (c) go(to(c), { replace: true });
    }
    focusRow(ids.indexOf(next));
  };
  const pick = (id: string, range: boolean): void => {
    const s = selection.get();
    selection.set(range ? ranged(s, list, ids, ids[active] ?? id, id) : toggled(s, list, id));
    setCursor(id);
  };
  useCommand("select", () => {
    const id = ids[active];
    if (id !== undefined) pick(id, false);
  });
  useCommand("extend-next", () => extend(1));
  useCommand("extend-previous", () => extend(-1));
  useCommand("select-all", () => {
    if (ids.length > 0) selection.set({ list, all: true, ids: new Set(), anchor: "" });
  });
  const press = useLongPress((id) => pick(id, false));
  const onPick = (e: MouseEvent<HTMLElement>): void => {
    const id = e.target instanceof Element ? e.target.closest("[data-row]")?.getAttribute("data-row") : null;
    if (id === null || id === undefined) return;
    const box = e.target instanceof Element && e.target.closest("[data-pick]") !== null;
    const touch = "pointerType" in e.nativeEvent && e.nativeEvent.pointerType === "touch";
    if (press.took()) {
      // The touch that selected opens nothing when it ends.
      e.preventDefault();
      e.stopPropagation();
      return;
    }
    if (e.metaKey || e.ctrlKey || e.button !== 0) return;
    if (!box && !e.shiftKey && !(selecting && touch)) return;
    e.preventDefault();
    e.stopPropagation();
    pick(id, e.shiftKey);
  };
  const backToList = useCallback(() => {
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>("[data-row] a[tabindex='0']")?.focus({ preventScroll: true }));
  }, []);
  const run = useSignal(bulkShown);
  // Whoever selects has the keys of the bar at once.
  useEffect(() => {
    if (!listing.loading) void loadBar();
  }, [listing.loading]);

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
    return <Trouble words={w.cannotLoad} kept={listing.error.message} retry={listing.retry} />;
  }
  return (
    <div className="relative min-h-0 flex-1">
      {held > 0 && (
        <div className="absolute inset-x-0 top-1 z-10 flex justify-center">
          <Button look="solid" className="h-7 rounded-full px-3 text-xs shadow-float" onPress={release}>
            <ArrowUp size={14} aria-hidden="true" />
            {w.fresh(held)}
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
          <Suspense>
            <EmptyList place={place} />
          </Suspense>
        ) : (
          <ul className="relative w-full select-none" style={{ height: virtual.getTotalSize() }} onClickCapture={onPick} {...press.on}>
            {items.map((v) => {
              const c = rows[v.index];
              if (!c) return null;
              return (
                <li
                  key={v.key}
                  data-row={c.id}
                  aria-setsize={more ? -1 : rows.length}
                  aria-posinset={v.index + 1}
                  className="group absolute top-0 start-0 w-full"
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
                    selected={selecting && has(chosen, c.id)}
                    selecting={selecting}
                  />
                </li>
              );
            })}
          </ul>
        )}
        {(selecting || run) && <div className="h-24" />}
        {fetchingMore && <p className="late py-3 text-center text-xs text-muted">{w.loadingMore}</p>}
      </div>
      {(selecting || run) && filter && (
        <Suspense>
          <BulkBar filter={filter} list={list} rows={rows} more={more} sum={counts(filter, me)} me={me} person={person} onDone={backToList} />
        </Suspense>
      )}
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
