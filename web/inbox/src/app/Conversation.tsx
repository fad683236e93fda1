// The conversation: what was said, what waits to be said, and the composer.

import { ArrowLeft, Check, Ellipsis, Inbox, OctagonAlert, PanelRight, RotateCcw, UserRound, Clock3 } from "lucide-react";
import { useCallback, useEffect, useLayoutEffect, useRef, useState, type ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import { assign, setStatus } from "../actions";
import { prefetch, useFileToken, useListing, useMessages } from "../data";
import { keyOf } from "../keys";
import { useGo } from "../navigate";
import { filterOf, type Place } from "../place";
import { matches } from "../state";
import type { Conversation, Me } from "../types";
import { Button, Chip, IconButton, MenuButton, Tip, Trouble, type Choice } from "../ui/controls";
import { useCommand, useNow } from "../ui/hooks";
import { forgive, refusals, useSignal } from "../ui/signals";
import { personName, span, statusWord, subjectOf } from "../words";
import { Composer, type ComposerHandle } from "./Composer";
import { MessageView } from "./MessageView";
import { Outgoing, SeenLine } from "./Outgoing";

interface Opened {
  readonly conversation: Conversation | undefined;
  readonly loading: boolean;
  readonly error: Error | null;
  readonly retry: () => void;
}

export function ConversationPane({
  place,
  opened,
  me,
  agentId,
  narrow,
  panelShown,
  onPanel,
}: {
  place: Place;
  opened: Opened;
  me: Me | undefined;
  agentId: string;
  narrow: boolean;
  panelShown: boolean;
  onPanel: () => void;
}): ReactNode {
  const go = useGo();
  const c = opened.conversation;
  // A merged conversation's address leads to the one that it became.
  useEffect(() => {
    if (c && place.open !== "" && place.open !== String(c.number)) go({ ...place, open: String(c.number) }, { replace: true });
  }, [c, place, go]);

  const back = (
    <IconButton icon={ArrowLeft} label="Back to the list" className="-ml-1.5 md:hidden" onPress={() => go({ ...place, open: "" })} />
  );
  if (place.open === "") {
    return (
      <main className="flex min-w-0 flex-1 flex-col items-center justify-center bg-surface px-6 text-center">
        <Inbox size={28} strokeWidth={1.25} aria-hidden="true" className="mb-3 text-line-strong" />
        <p className="text-sm text-muted">Open a conversation from the list, or press {keyOf("next")} and Enter.</p>
      </main>
    );
  }
  if (!c) {
    return (
      <main className="flex min-w-0 flex-1 flex-col bg-surface">
        <div className="flex h-14 items-center px-5">{back}</div>
        {opened.error ? (
          <Trouble
            words="This conversation can't be shown."
            kept="It may be in an inbox that you don't see, or the number is wrong."
            retry={opened.retry}
          />
        ) : (
          <MessagesSkeleton />
        )}
      </main>
    );
  }
  return (
    <Opened key={c.id} c={c} place={place} me={me} agentId={agentId} narrow={narrow} panelShown={panelShown} onPanel={onPanel} back={back} />
  );
}

function Opened({
  c,
  place,
  me,
  agentId,
  narrow,
  panelShown,
  onPanel,
  back,
}: {
  c: Conversation;
  place: Place;
  me: Me | undefined;
  agentId: string;
  narrow: boolean;
  panelShown: boolean;
  onPanel: () => void;
  back: ReactNode;
}): ReactNode {
  const go = useGo();
  const said = useMessages(c.id);
  const token = useFileToken();
  const refusal = useSignal(refusals).get(c.id) ?? "";
  const composer = useRef<ComposerHandle | null>(null);
  const setComposer = useCallback((h: ComposerHandle | null) => {
    composer.current = h;
  }, []);
  const [seenSeq, setSeenSeq] = useState(0);
  const [sent, setSent] = useState(0);
  const main = useRef<HTMLElement>(null);

  useEffect(() => () => forgive(c.id), [c.id]);
  useEffect(() => {
    if (narrow) main.current?.focus({ preventScroll: true });
  }, [narrow]);

  // After "close", the next one of the list.
  const listing = useListing(filterOf(place), agentId, place.view !== "search");
  const next = (): void => {
    if (place.view === "search") return;
    const rows = listing.rows;
    const i = rows.findIndex((r) => r.id === c.id);
    const n = rows[i + 1] ?? rows[i - 1];
    if (place.status !== "all" && matches(c, filterOf(place), agentId)) {
      if (n && n.id !== c.id) {
        prefetch(n);
        go({ ...place, open: String(n.number) }, { replace: true });
        requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-row="${n.id}"] a`)?.focus());
      } else go({ ...place, open: "" });
    }
  };
  const close = (): void => {
    next();
    setStatus(c, "closed");
  };
  useCommand("close", close, c.status !== "closed");
  useCommand("assign-me", () => assign(c, agentId, "you"));

  const reply = useCallback(() => composer.current?.reply(), []);
  const newer = seenSeq === 0 ? [] : said.messages.filter((m) => m.kind === "message" && m.seq > seenSeq && m.author.agentId !== agentId);

  return (
    <main ref={main} data-conversation="" tabIndex={-1} aria-label={`Conversation ${c.number}`} className="flex min-w-0 flex-1 flex-col bg-surface outline-none!">
      <Header c={c} me={me} agentId={agentId} back={back} panelShown={panelShown} onPanel={onPanel} onClose={close} narrow={narrow} />
      {refusal !== "" && (
        <div role="alert" className="flex items-center justify-center gap-3 bg-red-soft px-4 py-1.5 text-sm text-red-text">
          {refusal}
          <Button className="h-7! text-red-text" onPress={() => forgive(c.id)}>
            Dismiss
          </Button>
        </div>
      )}
      <Scroll
        count={said.messages.length}
        newest={said.messages.at(-1)?.id ?? ""}
        more={said.more}
        fetchingMore={said.fetchingMore}
        onMore={said.fetchMore}
        loading={said.loading}
        sent={sent}
      >
        {said.error ? (
          <Trouble words="The messages can't be loaded." kept={said.error.message} retry={said.retry} />
        ) : said.loading && said.messages.length === 0 ? (
          <MessagesSkeleton />
        ) : (
          said.messages.map((m) => (
            <MessageView key={m.id} message={m} token={token} fresh={newer.some((n) => n.id === m.id)} onReply={reply} />
          ))
        )}
        <Outgoing
          conversation={c}
          messages={said.messages}
          agentId={agentId}
          onEdit={(d) => composer.current?.restore(d)}
        />
      </Scroll>
      <SeenLine newer={newer} onSeen={(seq) => composer.current?.restore({ seenSeq: seq })} />
      <Composer
        conversation={c}
        messages={said.messages}
        agentId={agentId}
        narrow={narrow}
        onSeen={setSeenSeq}
        onSent={() => setSent((n) => n + 1)}
       
        onClosed={next}
        handle={setComposer}
      />
    </main>
  );
}

function Header({
  c,
  me,
  agentId,
  back,
  panelShown,
  onPanel,
  onClose,
  narrow,
}: {
  c: Conversation;
  me: Me | undefined;
  agentId: string;
  back: ReactNode;
  panelShown: boolean;
  onPanel: () => void;
  onClose: () => void;
  narrow: boolean;
}): ReactNode {
  const now = useNow();
  const [assigning, setAssigning] = useState(false);
  useCommand("assign", () => setAssigning(true));
  const agents = me?.agents ?? [];
  const assignee = c.assigneeId === "" ? "" : c.assigneeId === agentId ? "You" : (agents.find((a) => a.id === c.assigneeId)?.name ?? "Somebody");
  const people: Choice[] = [
    { id: agentId, words: "Me", icon: UserRound, keys: keyOf("assign-me"), selected: c.assigneeId === agentId },
    ...agents
      .filter((a) => a.id !== agentId)
      .map((a) => ({ id: a.id, words: a.name, detail: a.email, selected: c.assigneeId === a.id })),
    { id: "nobody", words: "Nobody", selected: c.assigneeId === "" },
  ];
  const moves: Choice[] = [
    ...(narrow
      ? [
          { id: "me", words: "Assign to me", icon: UserRound, keys: undefined },
          { id: "assign", words: assignee === "" ? "Assign to somebody" : `Assigned to ${assignee}. Change`, icon: UserRound },
        ]
      : []),
    ...(c.status === "open" ? [] : [{ id: "open", words: c.status === "spam" ? "Not spam" : "Open again", icon: RotateCcw }]),
    ...(c.status === "pending" || c.status === "spam" ? [] : [{ id: "pending", words: "Pending: waits for somebody else", icon: Clock3 }]),
    ...(c.status === "closed" ? [] : [{ id: "closed", words: "Close", icon: Check, keys: keyOf("close") }]),
    ...(c.status === "spam" ? [] : [{ id: "spam", words: "Spam", icon: OctagonAlert }]),
  ];
  const inbox = me?.inboxes.find((i) => i.id === c.inboxId)?.name;
  const waits = c.waitingSince !== "" && c.status === "open";
  return (
    <header className="flex min-h-14 shrink-0 items-center gap-2 border-b border-line px-5 py-1.5 max-md:px-3">
      {back}
      <div className="min-w-0 flex-1">
        <h1 className="flex min-w-0 items-baseline gap-2">
          <span className="truncate text-base font-semibold">{subjectOf(c) || personName(c.customer)}</span>
          <span className="figures shrink-0 text-xs font-normal text-muted">#{c.number}</span>
        </h1>
        <p className="flex min-w-0 items-center gap-1.5 text-xs text-muted">
          <span className="truncate">
            {personName(c.customer)}
            {inbox !== undefined && me && me.inboxes.length > 1 && ` · ${inbox}`}
          </span>
          {waits && <span className="shrink-0 text-amber-text">· waiting {span(now - Date.parse(c.waitingSince))}</span>}
          {c.status !== "open" && <Chip>{statusWord[c.status]}</Chip>}
        </p>
      </div>
      <MenuButton
        label="Assign to"
        choices={people}
        isOpen={assigning}
        onOpenChange={setAssigning}
        onChoose={(id) => {
          if (id === "nobody") assign(c, "", "");
          else assign(c, id, id === agentId ? "you" : (agents.find((a) => a.id === id)?.name ?? ""));
        }}
      >
        <AriaButton
          aria-label={assignee === "" ? "Assign" : `Assigned to ${assignee}. Change`}
          className="flex h-8 max-w-40 shrink-0 items-center gap-1.5 rounded-md px-2 text-sm text-secondary data-[hovered]:bg-hover max-md:w-0 max-md:overflow-hidden max-md:px-0"
          {...(narrow ? { excludeFromTabOrder: true } : {})}
        >
          <UserRound size={15} strokeWidth={1.75} aria-hidden="true" className={assignee === "" ? "text-muted" : "text-accent-text"} />
          <span className="truncate max-md:sr-only">{assignee === "" ? "Assign" : assignee}</span>
        </AriaButton>
      </MenuButton>
      {c.status === "closed" || c.status === "spam" ? (
        <Button look="outline" className="max-md:px-3" onPress={() => setStatus(c, "open")}>
          {c.status === "spam" ? "Not spam" : "Open again"}
        </Button>
      ) : (
        <Tip words="Close and go to the next" keys={keyOf("close")}>
          <Button look="outline" onPress={onClose} aria-label="Close the conversation" className="max-md:w-11 max-md:justify-center max-md:px-0">
            <Check size={15} strokeWidth={2} aria-hidden="true" />
            <span className="max-md:sr-only">Close</span>
          </Button>
        </Tip>
      )}
      <MenuButton
        label="Status"
        choices={moves}
        onChoose={(id) => {
          if (id === "closed") onClose();
          else if (id === "me") assign(c, agentId, "you");
          else if (id === "assign") setAssigning(true);
          else if (id === "open" || id === "pending" || id === "spam") setStatus(c, id);
        }}
      >
        <Button aria-label="More: status" className="w-8 justify-center px-0! max-md:w-9">
          <Ellipsis size={16} aria-hidden="true" />
        </Button>
      </MenuButton>
      <IconButton icon={PanelRight} label="Customer" keys={keyOf("panel")} pressed={panelShown} onPress={onPanel} />
    </header>
  );
}

/** Stays at the newest while the agent is there, and where the agent is otherwise. */
function Scroll({
  children,
  count,
  newest,
  more,
  fetchingMore,
  onMore,
  loading,
  sent,
}: {
  children: ReactNode;
  count: number;
  newest: string;
  more: boolean;
  fetchingMore: boolean;
  onMore: () => void;
  loading: boolean;
  /** Rises with everything that the agent sends: that is then in sight. */
  sent: number;
}): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const inner = useRef<HTMLDivElement>(null);
  const pinned = useRef(true);
  const touched = useRef(false);
  const height = useRef(0);
  const [below, setBelow] = useState(false);

  const settle = useCallback(() => {
    const b = box.current;
    if (!b) return;
    if (pinned.current) {
      // A newest message that is taller than the pane is read from its top.
      const last = inner.current?.querySelector<HTMLElement>("article:last-of-type");
      const top = last ? last.offsetTop : b.scrollHeight;
      b.scrollTop = !touched.current && last && last.offsetHeight > b.clientHeight ? top : b.scrollHeight;
    }
    height.current = b.scrollHeight;
  }, []);

  useEffect(() => {
    const i = inner.current;
    if (!i) return undefined;
    const o = new ResizeObserver(settle);
    o.observe(i);
    return () => o.disconnect();
  }, [settle]);

  const first = useRef(count);
  useLayoutEffect(() => {
    const b = box.current;
    if (!b) return;
    if (!pinned.current && count > first.current && fetchingMore) {
      b.scrollTop += b.scrollHeight - height.current;
    }
    first.current = count;
    settle();
  }, [count, settle, fetchingMore]);

  useEffect(() => {
    if (sent === 0) return;
    pinned.current = true;
    touched.current = true;
    settle();
  }, [sent, settle]);

  const seen = useRef(newest);
  useEffect(() => {
    if (newest !== seen.current && seen.current !== "" && !pinned.current) setBelow(true);
    seen.current = newest;
  }, [newest]);

  return (
    <div className="relative min-h-0 flex-1">
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- it only notes that the agent scrolled */}
      <div
        ref={box}
        className="relative h-full overflow-y-auto"
        // A scroller that keys can move has to take the focus.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        role="region"
        aria-label="Messages"
        onWheel={() => {
          touched.current = true;
        }}
        onTouchMove={() => {
          touched.current = true;
        }}
        onScroll={(e) => {
          const b = e.currentTarget;
          pinned.current = b.scrollHeight - b.scrollTop - b.clientHeight < 40 || !touched.current;
          if (b.scrollHeight - b.scrollTop - b.clientHeight < 40) setBelow(false);
          if (touched.current && b.scrollTop < 200 && more && !fetchingMore && !loading) onMore();
        }}
        onKeyDown={() => {
          touched.current = true;
        }}
      >
        <div ref={inner} className="flex min-h-full flex-col justify-end">
          {more && (
            <div className="flex justify-center py-3">
              <Button look="plain" onPress={onMore} isDisabled={fetchingMore}>
                {fetchingMore ? "Loading" : "Show earlier messages"}
              </Button>
            </div>
          )}
          <div className="mb-auto pb-2">{children}</div>
        </div>
      </div>
      {below && (
        <Button
          look="solid"
          className="absolute bottom-3 left-1/2 h-7! -translate-x-1/2 rounded-full px-3 text-xs shadow-float"
          onPress={() => {
            pinned.current = true;
            touched.current = true;
            setBelow(false);
            box.current?.scrollTo({ top: box.current.scrollHeight });
          }}
        >
          New message below
        </Button>
      )}
    </div>
  );
}

function MessagesSkeleton(): ReactNode {
  return (
    <div aria-hidden="true">
      {[72, 40, 88].map((w) => (
        <div key={w} className="flex gap-2.5 border-b border-line px-5 py-4">
          <div className="skeleton size-7 rounded-full!" />
          <div className="flex flex-1 flex-col gap-2.5 pt-1">
            <div className="skeleton h-3 w-40" />
            <div className="skeleton h-3" style={{ width: `${w}%` }} />
            <div className="skeleton h-3" style={{ width: `${w - 14}%` }} />
          </div>
        </div>
      ))}
    </div>
  );
}
