// What was found: customers, orders and files by their names, and what was said.

import { Bookmark, Paperclip, ShoppingBag, UserRound, type LucideIcon } from "lucide-react";
import { Suspense, useRef, useState, type ReactNode } from "react";
import { useWords as useListWords } from "../listwords";
import { useGo } from "../navigate";
import { href, type Place } from "../place";
import { wordsOf } from "../query";
import { store } from "../runtime";
import { useFound, useSearch } from "../searching";
import { useWords } from "../searchwords";
import { useSelect } from "../store";
import type { Conversation, Found, FoundKind, Hit, Me } from "../types";
import { Button, Trouble } from "../ui/controls";
import { useCommand } from "../ui/hooks";
import { lazy } from "../ui/later";
import { numberWord, subjectOf } from "../words";
import { PlaceLink } from "./PlaceLink";
import { Row, RowSkeleton } from "./Row";

const ViewForm = lazy(() => import("./ViewForm"));

const icons: Record<FoundKind, LucideIcon> = { customer: UserRound, order: ShoppingBag, file: Paperclip };

export function SearchResults({ place, me, person }: { place: Place; me: string; person: Me | undefined }): ReactNode {
  const go = useGo();
  const found = useSearch(place.q);
  const { hits } = found;
  const customers = useFound("customer", place.q);
  const orders = useFound("order", place.q);
  const files = useFound("file", place.q);
  const named = [customers, orders, files];
  const conversations = [...named.flatMap((n) => n.found), ...hits].map((h) => String(h.conversation.number));
  const rows = conversations.length;
  const before = rows - hits.length;
  const openIndex = conversations.lastIndexOf(place.open);
  // What was found is as it is now, not as it was when it was found.
  const now = useSelect(store, (s) => s.conversations);
  const w = useWords();
  const { saveView } = useListWords();
  const [form, setForm] = useState(false);
  const [cursor, setCursor] = useState(0);
  const active = openIndex >= 0 ? openIndex : Math.min(cursor, Math.max(0, rows - 1));
  const list = useRef<HTMLDivElement>(null);
  const step = (by: 1 | -1): void => {
    if (rows === 0) return;
    const inside = list.current?.contains(document.activeElement) === true || openIndex >= 0;
    const i = inside ? Math.min(rows - 1, Math.max(0, active + by)) : active;
    const open = conversations[i];
    if (open === undefined) return;
    setCursor(i);
    if (place.open !== "") go({ ...place, open }, { replace: true });
    list.current?.querySelectorAll<HTMLElement>("[data-row] a")[i]?.focus();
  };
  useCommand("next", () => step(1));
  useCommand("previous", () => step(-1));
  useCommand("open", () => {
    const open = conversations[active];
    if (open !== undefined && place.open === "") go({ ...place, open });
  });

  if (place.q === "") {
    return (
      <div className="px-6 pt-24 text-center">
        <p className="text-sm font-medium">{w.begin}</p>
        <p className="text-sm text-muted">{w.beginMore}</p>
      </div>
    );
  }
  if (found.error) return <Trouble words={w.failed} kept={found.error.message} retry={found.retry} />;
  if (found.loading) return <RowSkeleton />;
  if (rows === 0) {
    return (
      <div role="status" className="px-6 pt-24 text-center">
        <p className="text-sm font-medium">{w.nothing(place.q)}</p>
        <p className="text-sm text-muted">{w.nothingMore}</p>
      </div>
    );
  }
  return (
    <div ref={list} className="min-h-0 flex-1 overflow-y-auto" tabIndex={-1}>
      <h1 className="sr-only">{w.resultsFor(place.q)}</h1>
      <div className="flex justify-end px-3">
        {person && (
          <Button className="h-7! text-xs" onPress={() => setForm(true)}>
            <Bookmark size={14} strokeWidth={1.75} aria-hidden="true" />
            {saveView}
          </Button>
        )}
        {form && person && (
          <Suspense>
            <ViewForm me={person} view={undefined} query={place.q} sort="newest" onClose={() => setForm(false)} />
          </Suspense>
        )}
      </div>
      {named.map((n, i) => {
        const first = named[i]?.found[0];
        if (!first) return null;
        const from = named.slice(0, i).reduce((sum, o) => sum + o.found.length, 0);
        return (
          <section key={first.kind} aria-label={w.kinds[first.kind]} className="border-b border-line pb-2">
            <h2 className="px-5 pt-3 pb-1 text-xs text-muted">{w.kinds[first.kind]}</h2>
            <ul>
              {n.found.map((f, at) => (
                <Name key={f.ref} found={f} place={place} current={from + at === openIndex} tabbable={from + at === active} />
              ))}
            </ul>
            {n.more && (
              <Button className="ms-3 h-7 text-xs" onPress={n.fetchMore}>
                {w.moreOf[first.kind]}
              </Button>
            )}
          </section>
        );
      })}
      {before > 0 && hits.length > 0 && <h2 className="px-5 pt-3 pb-1 text-xs text-muted">{w.messages}</h2>}
      <ul aria-label={w.results}>
        {hits.map((h, i) => (
          <li key={`${h.conversation.id} ${h.messageId}`} data-row={h.conversation.id}>
            <Row
              conversation={now.get(h.conversation.id) ?? h.conversation}
              to={href({ ...place, open: String(h.conversation.number) })}
              current={before + i === openIndex}
              tabbable={before + i === active}
              me={me}
              person={person}
              longest={false}
              left={false}
              showStatus
              showAssignee={false}
              replace={place.open !== ""}
              found={linesOf(h, now.get(h.conversation.id) ?? h.conversation).map((text) => (
                <Snippet key={text} text={text} words={wordsOf(place.q)} />
              ))}
            />
          </li>
        ))}
      </ul>
      {found.more && (
        <div className="flex justify-center py-3">
          <Button look="outline" onPress={found.fetchMore}>
            {w.more}
          </Button>
        </div>
      )}
    </div>
  );
}

function Name({ found: f, place, current, tabbable }: { found: Found; place: Place; current: boolean; tabbable: boolean }): ReactNode {
  const w = useWords();
  const Icon = icons[f.kind];
  return (
    <li data-row={f.ref}>
      <PlaceLink
        to={href({ ...place, open: String(f.conversation.number) })}
        current={current}
        tabbable={tabbable}
        className={`flex h-9 items-center gap-2 px-5 text-sm max-md:h-11 ${current ? "bg-selected" : "data-[hovered]:bg-hover"}`}
      >
        <Icon size={14} strokeWidth={1.75} aria-hidden="true" className="shrink-0 text-muted" />
        <span className="min-w-0 shrink-0 truncate font-medium max-w-[60%]">
          {f.close ? f.kind === "order" ? numberWord(f.name) : f.name : <Snippet text={f.kind === "order" ? numberWord(f.name) : f.name} words={wordsOf(place.q)} />}
        </span>
        {f.close && <span className="shrink-0 text-xs text-muted">{w.similar}</span>}
        <span className="ms-auto min-w-0 truncate text-xs text-muted">{f.kind === "order" ? f.conversation.customer.name : f.detail}</span>
      </PlaceLink>
    </li>
  );
}

/** The subject, and what was said where that isn't the subject itself. */
function linesOf(h: Hit, c: Conversation): string[] {
  return [...new Set([subjectOf(c), h.snippet])].filter((line) => line !== "");
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
