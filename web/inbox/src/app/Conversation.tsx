// The conversation: what was said, what waits to be said, and the composer.

import { ArrowLeft } from "lucide-react";
import { Fragment, memo, type ReactNode, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { assign, setStatus } from "../actions";
import { between } from "../activity";
import { ApiError } from "../api/client";
import { useWords } from "../conversationwords";
import { prefetch, useFileToken, useFilter, useListing, useActivity, useMessages } from "../data";
import { aside, putIn, takenBack } from "../draft";
import { useGo } from "../navigate";
import { listed, type Place } from "../place";
import type { Conversation, Me, Message } from "../types";
import { Button, IconButton, Trouble } from "../ui/controls";
import { afterPaint } from "../ui/afterpaint";
import { useCommand } from "../ui/hooks";
import { whole } from "../closing";
import { forgive, refusals, useSignal } from "../ui/signals";
import { lazy } from "../ui/later";
import { goesOn, isLine } from "../lines";
import { MessagesSkeleton } from "./Blank";
import { ActivityLines } from "./ActivityLines";
import { ChatLine } from "./ChatLine";
import { TypingLine } from "./Colleagues";
import { Composer, type ComposerHandle } from "./Composer";
import { Header } from "./Header";
import { MessageView } from "./MessageView";
import { Outgoing, SeenLine } from "./Outgoing";
import { RelatedBar } from "./RelatedBar";
import { Scroll } from "./Scroll";
import { TaskBar } from "./Tasks";
import type { Together } from "./Together";
import type { Sorting } from "./Triage";

interface Opened {
  readonly conversation: Conversation | undefined;
  readonly loading: boolean;
  readonly error: Error | null;
  readonly retry: () => void;
}

const FollowUp = lazy(() => import("./TaskForms").then((m) => ({ default: m.FollowUp })));
const LogCall = lazy(() => import("./TaskForms").then((m) => ({ default: m.LogCall })));
const TogetherDialog = lazy(() => import("./Together").then((m) => ({ default: m.TogetherDialog })));
const Sides = lazy(() => import("./Sides"));
const SidesBar = lazy(() => import("./Sides").then((m) => ({ default: m.SidesBar })));
const Elsewhere = lazy(() => import("./Elsewhere").then((m) => ({ default: m.Elsewhere })));
const PinsBar = lazy(() => import("./Pins").then((m) => ({ default: m.PinsBar })));
const Triage = lazy(() => import("./Triage").then((m) => ({ default: m.Triage })));

export const ConversationPane = memo(function ConversationPane({
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
  const w = useWords();
  const c = opened.conversation;
  // A merged conversation's address leads to the one that it became.
  useEffect(() => {
    if (c && c.sideOf !== "") {
      // One that is said aside is shown beside the one that it is about.
      aside.set({ of: c.sideOf, open: c.id });
      go({ ...place, open: c.sideOf }, { replace: true });
    } else if (c && place.open !== String(c.number)) go({ ...place, open: String(c.number) }, { replace: true });
  }, [c, place, go]);

  const back = (
    <IconButton icon={ArrowLeft} label={w.back} className="-ms-1.5 md:hidden" onPress={() => go({ ...place, open: "" })} />
  );
  if (!c) {
    return (
      <main className="flex min-w-0 flex-1 flex-col bg-surface">
        <div className="flex h-14 items-center px-5">{back}</div>
        {opened.error !== null || !opened.loading ? (
          <Trouble
            words={w.cannotShow}
            kept={
              opened.error instanceof ApiError && opened.error.passing
                ? w.kept(opened.error.message)
                : w.hidden
            }
            retry={opened.retry}
          />
        ) : (
          <MessagesSkeleton />
        )}
      </main>
    );
  }
  return (
    <Opened c={c} place={place} me={me} agentId={agentId} narrow={narrow} panelShown={panelShown} onPanel={onPanel} back={back} />
  );
});

/**
 * One after another is drawn in it. What has a state that is one conversation's is
 * keyed by it.
 */
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
  const w = useWords();
  const said = useMessages(c.id);
  const happened = useActivity(c.id);
  const lines = useMemo(() => between(said.messages, happened, said.more), [said.messages, happened, said.more]);
  const token = useFileToken();
  const refusal = useSignal(refusals).get(c.id) ?? "";
  const composer = useRef<ComposerHandle | null>(null);
  const setComposer = useCallback((h: ComposerHandle | null) => {
    composer.current = h;
  }, []);
  const [seen, setSeen] = useState({ of: c.id, seq: 0 });
  const seenSeq = seen.of === c.id ? seen.seq : 0;
  const onSeen = useCallback((of: string, seq: number) => setSeen({ of, seq }), []);
  const [sent, setSent] = useState(0);
  const onSent = useCallback(() => setSent((n) => n + 1), []);
  const main = useRef<HTMLElement>(null);
  const [dialog, setDialog] = useState<{ which: Together; picked: string }>({ which: "", picked: "" });
  const [form, setForm] = useState<{ which: "" | "call" | "follow-up"; number: string }>({ which: "", number: "" });
  const [triage, setTriage] = useState<"" | Sorting>("");
  const [was, setWas] = useState(c.id);
  if (was !== c.id) {
    setWas(c.id);
    setSent(0);
    setDialog({ which: "", picked: "" });
    setForm({ which: "", number: "" });
    setTriage("");
  }

  // What is read is drawn first: until that is painted, the field of the one before stands.
  const current = useMemo(() => ({ c, messages: said.messages }), [c, said.messages]);
  const [kept, setKept] = useState(current);
  const stale = kept.c.id !== c.id;
  const answered = stale ? kept : current;
  useEffect(() => (stale ? afterPaint(() => flushSync(() => setKept(current))) : afterPaint(() => setKept(current))), [stale, current]);
  const latest = useRef({ leave: (): void => undefined, log: (): void => undefined, current, stale });
  const field = useCallback((): ComposerHandle | null => {
    if (latest.current.stale) flushSync(() => setKept(latest.current.current));
    return composer.current;
  }, []);
  const theirNumber = numberOf(said.messages);
  const log = useCallback((number: string) => setForm({ which: "call", number }), []);
  const logTheirs = useCallback(() => log(theirNumber), [log, theirNumber]);
  const move = useCallback((picked: string) => setDialog({ which: "move", picked }), []);

  useEffect(() => () => forgive(c.id), [c.id]);
  useEffect(() => {
    // Not when the window has become narrow under somebody who writes.
    if (narrow && main.current?.contains(document.activeElement) === false) main.current.focus({ preventScroll: true });
  }, [narrow, c.id]);

  // After "close", the next one of the list: for one that has left it already
  // (it was assigned), what came into its place.
  const listing = useListing(useFilter(place, me) ?? null, agentId, listed(place.view));
  const index = listing.rows.findIndex((r) => r.id === c.id);
  const stood = useRef(0);
  useEffect(() => {
    if (index >= 0) stood.current = index;
  }, [index]);
  const next = (): void => {
    if (!listed(place.view)) return;
    const rows = listing.rows;
    const n = index >= 0 ? (rows[index + 1] ?? rows[index - 1]) : (rows[stood.current] ?? rows.at(-1));
    if (n) {
      prefetch(n);
      go({ ...place, open: String(n.number) }, { replace: true });
      requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-row="${n.id}"] a`)?.focus());
    } else go({ ...place, open: "" });
  };
  // Where the agent goes from one that is dealt with.
  const leave = (): void => {
    const onward = me?.agent.onward;
    if (onward === "list") go({ ...place, open: "" });
    else if (onward !== "stay") next();
  };
  const close = (): void =>
    whole(c, {}, (fields) => {
      leave();
      setStatus(c, "closed", fields);
    });
  const spam = (): void => {
    leave();
    setStatus(c, "spam");
  };
  // A reply that was taken back is written on here.
  const taken = useSignal(takenBack);
  useEffect(() => {
    if (stale || taken?.conversationId !== c.id) return;
    takenBack.set(null);
    composer.current?.restore(taken.draft);
  }, [taken, c.id, stale]);
  const put = useSignal(putIn);
  useEffect(() => {
    if (stale || put?.conversationId !== c.id) return;
    putIn.set(null);
    composer.current?.insert(put.html);
  }, [put, c.id, stale]);
  const beside = useSignal(aside);
  useCommand("sides", () => aside.set({ of: c.id, open: "" }));
  useCommand("forward", () => {
    const forward = said.messages.findLast((m) => m.kind === "message" && m.call === null);
    if (forward) aside.set({ of: c.id, open: "", forward });
  });
  useEffect(
    () => () => {
      if (aside.get()?.of === c.id) aside.set(null);
    },
    [c.id],
  );
  useCommand("close", close, c.status !== "closed");
  useCommand("assign-me", () => assign(c, agentId));

  useCommand("snooze", () => setTriage("snooze"));
  useCommand("tags", () => setTriage("tags"));
  useCommand("priority", () => setTriage("priority"));
  useCommand("team", () => setTriage("team"));
  useCommand("fields", () => setTriage("fields"));
  useCommand("watch", () => setTriage("watch"));
  useCommand("block", () => setTriage("block"));
  useCommand("spam", spam, c.status !== "spam");

  const reply = useCallback(() => field()?.reply(), [field]);
  // Who is quicker than the field has it at once.
  useCommand("reply", reply, stale);
  useCommand("note", () => field()?.note(), stale);
  useEffect(() => {
    latest.current = { leave, log: logTheirs, current, stale };
  });
  const onClosed = useCallback(() => latest.current.leave(), []);
  const onLog = useCallback(() => latest.current.log(), []);
  const newer = seenSeq === 0 ? [] : said.messages.filter((m) => m.kind === "message" && m.seq > seenSeq && m.author.agentId !== agentId);

  return (
    <main ref={main} data-conversation="" tabIndex={-1} aria-label={w.conversation(c.number)} className="flex min-w-0 flex-1 flex-col bg-surface outline-none!">
      <Header c={c} me={me} agentId={agentId} back={back} panelShown={panelShown} onPanel={onPanel} onClose={close} onSpam={spam} onGone={leave} onSort={setTriage} narrow={narrow} onTogether={(which) => setDialog({ which, picked: "" })} onLog={logTheirs} onFollowUp={() => setForm({ which: "follow-up", number: "" })} />
      <TaskBar key={`tasks ${c.id}`} c={c} me={me} onCalled={(t) => log(t.customer.address)} />
      <RelatedBar key={`related ${c.id}`} c={c} place={place} onJoin={(picked) => setDialog({ which: "join", picked })} />
      <Suspense fallback={null}>
        <SidesBar c={c} />
        <Elsewhere c={c} place={place} agentId={agentId} />
      </Suspense>
      {refusal !== "" && (
        <div role="alert" className="flex items-center justify-center gap-3 bg-red-soft px-4 py-1.5 text-sm text-red-text">
          {refusal}
          <Button className="h-7! text-red-text" onPress={() => forgive(c.id)}>
            {w.dismiss}
          </Button>
        </div>
      )}
      <Scroll
        key={c.id}
        count={said.messages.length}
        newest={said.messages.at(-1)?.id ?? ""}
        more={said.more}
        fetchingMore={said.fetchingMore}
        onMore={said.fetchMore}
        loading={said.loading}
        sent={sent}
        top={
          <Suspense fallback={null}>
            <PinsBar key={c.id} c={c} />
          </Suspense>
        }
      >
        {said.error ? (
          <Trouble words={w.cannotLoad} kept={said.error.message} retry={said.retry} />
        ) : said.loading && said.messages.length === 0 ? (
          <MessagesSkeleton />
        ) : (
          <>
            {said.messages.map((m, i) => {
              const fresh = newer.some((n) => n.id === m.id);
              const before = lines.get(m.id);
              const next = said.messages[i + 1];
              return (
                <Fragment key={m.id}>
                  {before && <ActivityLines of={before} />}
                  {isLine(m) ? (
                    <ChatLine
                      message={m}
                      who={c.customer.name}
                      token={token}
                      fresh={fresh}
                      follows={!before && goesOn(said.messages[i - 1], m)}
                      last={(next !== undefined && lines.has(next.id)) || !goesOn(m, next)}
                      onMove={move}
                    />
                  ) : (
                    <MessageView message={m} token={token} fresh={fresh} onReply={reply} onMove={move} />
                  )}
                </Fragment>
              );
            })}
            {lines.has("") && <ActivityLines of={lines.get("") ?? []} />}
          </>
        )}
        <Outgoing
          conversation={c}
          messages={said.messages}
          agentId={agentId}
          onEdit={(d) => field()?.restore(d)}
        />
      </Scroll>
      <TypingLine c={c} me={agentId} />
      <SeenLine newer={newer} onSeen={(seq) => field()?.restore({ seenSeq: seq })} />
      {/* Nothing is written into the field of the one before. */}
      <div className="contents" onPointerDownCapture={() => void field()} {...(stale ? { onFocusCapture: reply } : {})}>
        <Composer
          key={answered.c.id}
          conversation={answered.c}
          messages={answered.messages}
          agentId={agentId}
          narrow={narrow}
          onSeen={onSeen}
          onSent={onSent}
          onClosed={onClosed}
          handle={setComposer}
          onLog={onLog}
        />
      </div>
      {triage !== "" && (
        <Suspense fallback={null}>
          <Triage c={c} me={me} which={triage} onClose={() => setTriage("")} onGone={leave} />
        </Suspense>
      )}
      <Suspense fallback={null}>
        {beside?.of === c.id && <Sides c={c} agentId={agentId} open={beside.open} forward={beside.forward} />}
        {form.which === "call" && <LogCall c={c} number={form.number} onClose={() => setForm({ which: "", number: "" })} />}
        {form.which === "follow-up" && <FollowUp c={c} me={me} onClose={() => setForm({ which: "", number: "" })} />}
        {dialog.which !== "" && (
          <TogetherDialog
            which={dialog.which}
            c={c}
            place={place}
            messages={said.messages}
            picked={dialog.picked}
            onClose={() => setDialog({ which: "", picked: "" })}
          />
        )}
      </Suspense>
    </main>
  );
}

/** The number of the newest call, to be called again. */
function numberOf(messages: readonly Message[]): string {
  const call = messages.findLast((m) => m.call !== null)?.call;
  return call ? (call.direction === "in" ? call.from : call.to) : "";
}
