// What the conversation is, and what can be done with all of it.

import { AlarmClock, Check, Clock3, Combine, Ellipsis, MessagesSquare, OctagonAlert, PanelRight, Phone, RotateCcw, Split, UserRound, Waypoints } from "lucide-react";
import { Suspense, useState, type ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import { assign, setStatus } from "../actions";
import { extras } from "../closing";
import { useWords } from "../conversationwords";
import { aside } from "../draft";
import { keyOf } from "../keys";
import { around } from "../runtime";
import type { Conversation, Me } from "../types";
import { Button, Chip, IconButton, MenuButton, Tip, type Choice } from "../ui/controls";
import { useCommand, useNow } from "../ui/hooks";
import { useOf, useSignal } from "../ui/signals";
import { lazy } from "../ui/later";
import { CustomerDot, Viewers } from "./Colleagues";
import type { Together } from "./Together";
import type { Sorting } from "./Triage";
import { useWords as usePageWords } from "../words/language";
import { age, personName, priorityWord, span, statusWord, subjectOf, when } from "../words";

const Noted = lazy(() => import("./Noted"));

export function Header({
  c,
  me,
  agentId,
  back,
  panelShown,
  onPanel,
  onClose,
  onSpam,
  onGone,
  onSort,
  narrow,
  onTogether,
  onLog,
  onFollowUp,
}: {
  c: Conversation;
  me: Me | undefined;
  agentId: string;
  back: ReactNode;
  panelShown: boolean;
  onPanel: () => void;
  onClose: () => void;
  onSpam: () => void;
  /** It is somebody else's now. */
  onGone: () => void;
  onSort: (which: Sorting) => void;
  narrow: boolean;
  onTogether: (which: Together) => void;
  onLog: () => void;
  onFollowUp: () => void;
}): ReactNode {
  const now = useNow();
  const w = useWords();
  const { compose, terms } = usePageWords();
  const [assigning, setAssigning] = useState(false);
  useCommand("assign", () => setAssigning(true));
  const states = useOf(around, (a) => a.agents);
  const more = useSignal(extras);
  const agents = me?.agents ?? [];
  const assignee = c.assigneeId === "" ? "" : c.assigneeId === agentId ? terms.you : (agents.find((a) => a.id === c.assigneeId)?.name ?? terms.somebody);
  const people: Choice[] = [
    { id: agentId, words: terms.me, icon: UserRound, keys: keyOf("assign-me"), selected: c.assigneeId === agentId },
    ...agents
      .filter((a) => a.id !== agentId)
      .map((a) => ({ id: a.id, words: a.name, detail: terms.presence[states.get(a.id) ?? "offline"], selected: c.assigneeId === a.id })),
    { id: "nobody", words: terms.nobody, selected: c.assigneeId === "" },
  ];
  const moves: Choice[] = [
    ...(narrow
      ? [
          { id: "me", words: w.toMe, icon: UserRound, keys: undefined },
          { id: "assign", words: assignee === "" ? w.toSomebody : w.assignedTo(assignee), icon: UserRound },
        ]
      : []),
    ...(c.status === "open" ? [] : [{ id: "open", words: c.status === "spam" ? w.notSpam : w.openAgain, icon: RotateCcw }]),
    ...(c.status === "pending" || c.status === "spam" ? [] : [{ id: "pending", words: w.pending, icon: Clock3 }]),
    ...(c.status === "closed" ? [] : [{ id: "closed", words: w.close, icon: Check, keys: keyOf("close") }]),
    ...(c.status === "spam" ? [] : [{ id: "spam", words: w.spam, icon: OctagonAlert }]),
    ...more,
    { id: "follow-up", words: w.followUp, icon: AlarmClock },
    { id: "aside", words: compose.sides, icon: MessagesSquare, keys: keyOf("sides") },
    { id: "log", words: w.logCall, icon: Phone },
    { id: "join", words: w.join, icon: Combine },
    { id: "move", words: w.move, icon: Split },
    { id: "facts", words: w.facts, icon: Waypoints },
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
        <p className="-my-1 flex min-w-0 items-center gap-1.5 overflow-hidden py-1 text-xs text-muted">
          <span className="max-w-1/2 shrink-0 truncate max-md:min-w-0 max-md:shrink">
            {personName(c.customer)}
            {inbox !== undefined && me && me.inboxes.length > 1 && ` · ${inbox}`}
          </span>
          <CustomerDot c={c} />
          {waits && <span className="text-amber-text max-md:shrink-0 md:min-w-16 md:truncate">· {w.waiting(narrow ? age(c.waitingSince, now) : span(now - Date.parse(c.waitingSince)))}</span>}
          {c.status !== "open" && (
            <Chip>
              {c.snoozedUntil === "" ? statusWord(c.status) : w.until(statusWord(c.status), when(c.snoozedUntil, now))}
            </Chip>
          )}
          {c.priority !== 0 && <Chip>{priorityWord(c.priority)}</Chip>}
          {c.tags.map((t) => (
            <Chip key={t}>
              <span className="max-w-24 truncate">{t}</span>
            </Chip>
          ))}
          <Suspense fallback={null}>
            <Noted c={c} me={me} onWatch={() => onSort("watch")} />
          </Suspense>
        </p>
      </div>
      <Viewers c={c} me={agentId} />
      <MenuButton
        label={w.assignTo}
        choices={people}
        isOpen={assigning}
        onOpenChange={setAssigning}
        onChoose={(id) => {
          if (id !== agentId && id !== "nobody" && id !== c.assigneeId) onGone();
          assign(c, id === "nobody" ? "" : id, id === agentId ? "" : (agents.find((a) => a.id === id)?.name ?? terms.somebody));
        }}
      >
        <AriaButton
          aria-label={assignee === "" ? w.assign : w.assignedTo(assignee)}
          className="flex h-8 max-w-40 shrink-0 items-center gap-1.5 rounded-md px-2 text-sm text-secondary data-[hovered]:bg-hover max-md:w-0 max-md:overflow-hidden max-md:px-0"
          {...(narrow ? { excludeFromTabOrder: true } : {})}
        >
          <UserRound size={15} strokeWidth={1.75} aria-hidden="true" className={assignee === "" ? "text-muted" : "text-accent-text"} />
          <span className="truncate max-md:sr-only">{assignee === "" ? w.assign : assignee}</span>
        </AriaButton>
      </MenuButton>
      {c.status === "closed" || c.status === "spam" ? (
        <Button look="outline" onPress={() => setStatus(c, "open")} className="max-md:w-11 max-md:justify-center max-md:px-0">
          <RotateCcw size={15} strokeWidth={1.75} aria-hidden="true" className="md:hidden" />
          <span className="max-md:sr-only">{c.status === "spam" ? w.notSpam : w.openAgain}</span>
        </Button>
      ) : (
        <Tip words={w.closeNext} keys={keyOf("close")}>
          <Button look="outline" onPress={onClose} aria-label={w.closeIt} className="max-md:w-11 max-md:justify-center max-md:px-0">
            <Check size={15} strokeWidth={2} aria-hidden="true" />
            <span className="max-md:sr-only">{w.close}</span>
          </Button>
        </Tip>
      )}
      <MenuButton
        label={w.more}
        choices={moves}
        onChoose={(id) => {
          if (id === "closed") onClose();
          else if (id === "me") assign(c, agentId);
          else if (id === "assign") setAssigning(true);
          else if (id === "aside") aside.set({ of: c.id, open: "" });
          else if (id === "log") onLog();
          else if (id === "follow-up") onFollowUp();
          else if (id === "join" || id === "move" || id === "facts") onTogether(id);
          else if (id === "spam") onSpam();
          else if (id === "open" || id === "pending") setStatus(c, id);
          else onSort(id as Sorting); // one of the extras
        }}
      >
        <Button aria-label={w.more} className="w-8 justify-center px-0! max-md:w-9">
          <Ellipsis size={16} aria-hidden="true" />
        </Button>
      </MenuButton>
      <IconButton icon={PanelRight} label={w.customer} keys={keyOf("panel")} pressed={panelShown} onPress={onPanel} />
    </header>
  );
}
