// What was sent and isn't taken yet, and what came between, shown in place.

import { Clock, TriangleAlert, WifiOff } from "lucide-react";
import { useEffect, useRef, useSyncExternalStore, type ReactNode } from "react";
import type { Draft } from "../draft";
import { useWords } from "../messagewords";
import { judge, type Entry } from "../outbox";
import { outbox } from "../runtime";
import type { Conversation, Message } from "../types";
import { Button, Kbd } from "../ui/controls";
import { listed } from "../words/figures";
import { useWords as usePageWords } from "../words/language";
import { TextBody } from "./MailBody";

const bare = (s: string): string => s.replace(/\s+/g, " ").trim();

// The socket may be faster than the answer to the request: the message is
// there already then, and its entry is not shown beside it.
function arrived(e: Entry, messages: readonly Message[], agentId: string): boolean {
  return (
    e.phase.is === "sending" &&
    messages.some(
      (m) =>
        m.author.agentId === agentId &&
        (m.kind === "note") === (e.kind === "note") &&
        Date.parse(m.createdAt) > e.at - 60_000 &&
        bare(m.text) === bare(e.text),
    )
  );
}

export function Outgoing({
  conversation: c,
  messages,
  agentId,
  onEdit,
}: {
  conversation: Conversation;
  messages: readonly Message[];
  agentId: string;
  onEdit: (d: Partial<Draft>) => void;
}): ReactNode {
  const entries = useSyncExternalStore(outbox.subscribe, outbox.all);
  return entries
    .filter((e) => e.conversationId === c.id && !arrived(e, messages, agentId))
    .map((e) => <Pending key={e.key} entry={e} onEdit={onEdit} />);
}

function Pending({ entry: e, onEdit }: { entry: Entry; onEdit: (d: Partial<Draft>) => void }): ReactNode {
  const edit = (): void => {
    const taken = outbox.take(e.key);
    if (!taken) return;
    if (taken.kind === "note") onEdit({ tab: "note", note: taken.text });
    else {
      onEdit({
        tab: "reply",
        html: taken.html,
        text: taken.text,
        to: taken.to,
        cc: taken.cc,
        bcc: taken.bcc,
        attachments: taken.attachments,
        by: taken.by,
        then: taken.then,
        seenSeq: Math.max(taken.seenSeq, ...(taken.phase.is === "newer" ? taken.phase.newer.map((m) => m.seq) : [])),
      });
    }
  };
  const w = useWords();
  const { tryAgain } = usePageWords().terms;
  const note = e.kind === "note";
  return (
    <article aria-label={note ? w.yourNote : w.yourReply} className={`px-5 py-4 md:ps-[58px] ${note ? "bg-violet-soft" : "bg-sunken"}`}>
      <div className={e.phase.is === "sending" ? "opacity-75" : ""}>
        <TextBody text={e.text} visible="" />
        {e.attachments.length > 0 && <p className="mt-1 text-xs text-muted">{e.attachments.map((a) => a.name).join(", ")}</p>}
      </div>
      {e.phase.is === "sending" && (
        <p className="mt-2 flex items-center gap-1 text-xs text-muted">
          <Clock size={14} strokeWidth={2} aria-hidden="true" /> {note ? w.saving : w.sending}
        </p>
      )}
      {e.phase.is === "waiting" && (
        <div className="mt-2 flex items-center gap-2 text-xs text-amber-text">
          <WifiOff size={14} strokeWidth={2} aria-hidden="true" />
          <span>{w.waits}</span>
          <Button className="h-7! text-xs" onPress={edit}>
            {w.edit}
          </Button>
        </div>
      )}
      {e.phase.is === "refused" && (
        <div role="alert" className="mt-2 flex flex-wrap items-center gap-2 text-sm">
          <TriangleAlert size={15} strokeWidth={2} aria-hidden="true" className="text-red-text" />
          <span className="text-red-text">{w.refused(e.phase.words)}</span>
          <Button look="outline" onPress={edit}>
            {w.edit}
          </Button>
          <Button onPress={() => outbox.anyway(e.key)}>{tryAgain}</Button>
          <Button onPress={() => void outbox.take(e.key)}>{w.discard}</Button>
        </div>
      )}
      {e.phase.is === "newer" && <CameBetween entryKey={e.key} newer={e.phase.newer} onEdit={edit} />}
    </article>
  );
}

/** The refusal of a reply: what is new, and the choice. */
function CameBetween({ entryKey, newer, onEdit }: { entryKey: string; newer: readonly Message[]; onEdit: () => void }): ReactNode {
  const w = useWords();
  const by = judge(newer);
  const first = useRef<HTMLDivElement>(null);
  // After a customer's words one key sends anyway, so that button has the
  // focus. After a colleague's answer the harmless one has it.
  useEffect(() => {
    const b = first.current?.querySelector<HTMLElement>("button[data-first]");
    b?.focus({ preventScroll: true });
    b?.scrollIntoView({ block: "nearest" });
  }, []);
  const who = listed([...new Set(newer.map((m) => m.author.name || m.author.address))]);
  return (
    <div ref={first} role="alertdialog" aria-label={w.between} className="mt-3 rounded-md bg-amber-soft p-3">
      <p className="text-sm font-medium text-amber-text">
        {by === "customer" ? w.wroteMeanwhile(who) : w.answeredAlready(who)}
      </p>
      {newer.map((m) => (
        <blockquote key={m.id} className="mt-2 border-s-2 border-amber ps-3">
          <p className="text-xs text-secondary">{m.author.name || m.author.address}</p>
          <p className="line-clamp-6 text-base whitespace-pre-wrap">{m.visibleText || m.text}</p>
        </blockquote>
      ))}
      <div className="mt-3 flex flex-wrap gap-2">
        {by === "customer" ? (
          <>
            <Button look="solid" {...{ "data-first": "" }} onPress={() => outbox.anyway(entryKey)}>
              {w.anyway} <Kbd keys="Enter" />
            </Button>
            <Button look="outline" onPress={onEdit}>
              {w.edit}
            </Button>
          </>
        ) : (
          <>
            <Button look="outline" {...{ "data-first": "" }} onPress={onEdit}>
              {w.toDraft}
            </Button>
            <Button look="bad" onPress={() => outbox.anyway(entryKey)}>
              {w.asWell}
            </Button>
            <Button onPress={() => void outbox.take(entryKey)}>{w.discardMine}</Button>
          </>
        )}
      </div>
    </div>
  );
}

/** While a draft is open: somebody wrote, above the composer, in words. */
export function SeenLine({ newer, onSeen }: { newer: readonly Message[]; onSeen: (seq: number) => void }): ReactNode {
  const w = useWords();
  const last = newer.at(-1);
  return (
    <div role="status" className="shrink-0">
      {last && (
        <div className="mx-4 mb-2 flex items-center gap-2 rounded-md bg-amber-soft py-0.5 pe-0.5 ps-3 text-sm text-amber-text">
          <span className="min-w-0 flex-1 truncate">
            {(judge(newer) === "customer" ? w.wroteSinceBegun : w.answeredSinceBegun)(last.author.name || last.author.address)}
          </span>
          <Button className="font-medium text-amber-text" onPress={() => onSeen(last.seq)}>
            {w.haveRead}
          </Button>
        </div>
      )}
    </div>
  );
}
