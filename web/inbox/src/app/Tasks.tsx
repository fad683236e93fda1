// What is to be done: callbacks and follow-ups, as a list of their own and as a
// line in the conversation that they are about.

import { Check, Clock3, Phone, PhoneMissed, UserRound } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useTasks, useTasksOf } from "../data";
import { at, href, type Place } from "../place";
import { closeTask, giveTask } from "../tasks";
import { useWords, words } from "../taskwords";
import type { Conversation, Me, Task } from "../types";
import { Button, Chip, IconButton, MenuButton, Trouble } from "../ui/controls";
import { useNow } from "../ui/hooks";
import { age, exactly, personName, when } from "../words";
import { PlaceLink } from "./PlaceLink";
import { Refusal } from "./panel/Section";
import { RowSkeleton } from "./Row";

function isDue(t: Task, now: number): boolean {
  return Date.parse(t.dueAt) <= now;
}

/** What is to be done, in words. */
export function taskWords(t: Task): string {
  if (t.kind === "follow-up") return t.text;
  return words().missedCalls(t.calls);
}

function assigneeOf(t: Task, me: Me | undefined): string {
  if (t.assigneeId === "") return "";
  return t.assigneeId === me?.agent.id ? words().you : (me?.agents.find((a) => a.id === t.assigneeId)?.name ?? words().somebody);
}

/** Give, and close. */
export function Doing({ task: t, me, onRefusal }: { task: Task; me: Me | undefined; onRefusal: (words: string) => void }): ReactNode {
  const w = useWords();
  const mine = me?.agent.id ?? "";
  return (
    <>
      <MenuButton
        label={w.giveTo}
        choices={[
          { id: mine, words: w.me, icon: UserRound, selected: t.assigneeId === mine },
          ...(me?.agents ?? []).filter((a) => a.id !== mine).map((a) => ({ id: a.id, words: a.name, selected: t.assigneeId === a.id })),
          { id: "nobody", words: w.nobody, selected: t.assigneeId === "" },
        ]}
        onChoose={(id) => void giveTask(t, id === "nobody" ? "" : id).then(onRefusal)}
      >
        <Button aria-label={t.assigneeId === "" ? w.giveToSomebody : w.givenTo(assigneeOf(t, me))} className="h-7! w-7 justify-center px-0! max-md:h-11! max-md:w-11">
          <UserRound size={15} strokeWidth={1.75} aria-hidden="true" className={t.assigneeId === "" ? "text-muted" : "text-accent-text"} />
        </Button>
      </MenuButton>
      <IconButton icon={Check} label={w.done} className="size-7! max-md:size-11!" onPress={() => void closeTask(t).then(onRefusal)} />
    </>
  );
}

/** The list of what is to be done. */
export function TaskList({ place, me }: { place: Place; me: Me | undefined }): ReactNode {
  const w = useWords();
  const { tasks, more, loading, error, retry } = useTasks();
  if (error) return <Trouble words={w.listFailed} kept={error.message} retry={retry} />;
  if (loading && tasks.length === 0) return <RowSkeleton />;
  const callbacks = tasks.filter((t) => t.kind === "callback");
  const followUps = tasks.filter((t) => t.kind === "follow-up");
  if (tasks.length === 0) {
    return (
      <div className="flex flex-col items-center gap-1 px-6 pt-24 text-center">
        <p className="text-sm font-medium">{w.none}</p>
        <p className="text-sm text-muted">{w.noneMore}</p>
      </div>
    );
  }
  return (
    <div className="min-h-0 flex-1 overflow-y-auto" tabIndex={-1}>
      <ul>
        {callbacks.map((t) => (
          <TaskRow key={t.id} task={t} place={place} me={me} />
        ))}
      </ul>
      {followUps.length > 0 && (
        <>
          <h2 className="px-3 pt-4 pb-1 text-xs font-medium text-muted">{w.followUps}</h2>
          <ul>
            {followUps.map((t) => (
              <TaskRow key={t.id} task={t} place={place} me={me} />
            ))}
          </ul>
        </>
      )}
      {more && <p className="px-3 py-3 text-xs text-muted">{w.firstHundred}</p>}
    </div>
  );
}

function TaskRow({ task: t, place, me }: { task: Task; place: Place; me: Me | undefined }): ReactNode {
  const now = useNow();
  const [refusal, setRefusal] = useState("");
  const current = place.open !== "" && place.open === t.conversationId;
  const assignee = assigneeOf(t, me);
  const due = isDue(t, now);
  const Icon = t.kind === "callback" ? PhoneMissed : Clock3;
  return (
    <li className={`border-b border-line ${current ? "bg-selected" : ""}`}>
      <div className="flex min-h-16 items-center gap-1 pe-2">
        <PlaceLink
          to={href(at("callbacks", { open: t.conversationId }))}
          current={current}
          className="flex min-h-16 min-w-0 flex-1 flex-col justify-center gap-0.5 py-1.5 ps-3 data-[hovered]:bg-hover"
        >
          <span className="flex items-center gap-1.5">
            <Icon size={14} strokeWidth={1.75} aria-hidden="true" className={`shrink-0 ${due ? "text-red-text" : "text-muted"}`} />
            <span className="min-w-0 truncate text-sm font-semibold">{personName(t.customer)}</span>
            {assignee !== "" && (
              <span className="ms-auto ps-1">
                <Chip tone={t.assigneeId === me?.agent.id ? "accent" : "quiet"}>{assignee.split(" ")[0]}</Chip>
              </span>
            )}
            <time
              dateTime={t.kind === "callback" ? t.lastCallAt : t.dueAt}
              title={exactly(t.kind === "callback" ? t.lastCallAt : t.dueAt)}
              className={`figures shrink-0 ps-1 text-xs ${assignee === "" ? "ms-auto" : ""} ${due && t.kind === "follow-up" ? "text-amber-text" : "text-muted"}`}
            >
              {t.kind === "callback" ? age(t.lastCallAt || t.dueAt, now) : when(t.dueAt, now)}
            </time>
          </span>
          <span className="flex gap-1.5 text-sm text-secondary">
            <span className="min-w-0 truncate">{taskWords(t)}</span>
            {t.kind === "callback" && t.customer.address !== personName(t.customer) && <span className="figures min-w-0 truncate text-muted">{t.customer.address}</span>}
          </span>
        </PlaceLink>
        <Doing task={t} me={me} onRefusal={setRefusal} />
      </div>
      {refusal !== "" && (
        <div className="px-3 pb-2">
          <Refusal words={refusal} />
        </div>
      )}
    </li>
  );
}

/** In the conversation: what is to be done for its customer, one line each. */
export function TaskBar({ c, me, onCalled }: { c: Conversation; me: Me | undefined; onCalled: (t: Task) => void }): ReactNode {
  const w = useWords();
  const tasks = useTasksOf(c.customer.customerId);
  const now = useNow();
  const [refusal, setRefusal] = useState("");
  // What is said of another of their conversations is in the panel.
  const here = tasks.filter((t) => t.kind === "callback" || t.conversationId === c.id);
  if (here.length === 0 && refusal === "") return null;
  return (
    <div className="shrink-0 border-b border-line bg-sunken px-5 max-md:px-3">
      {here.map((t) => (
        <div key={t.id} className="flex min-h-10 items-center gap-2 text-sm">
          {t.kind === "callback" ? (
            <PhoneMissed size={15} strokeWidth={1.75} aria-hidden="true" className="shrink-0 text-red-text" />
          ) : (
            <Clock3 size={15} strokeWidth={1.75} aria-hidden="true" className={`shrink-0 ${isDue(t, now) ? "text-amber-text" : "text-muted"}`} />
          )}
          <span className="min-w-0 flex-1 truncate">
            {t.kind === "callback" ? (
              <>
                <span className="font-medium">{w.callBack}</span> <span className="figures">{t.customer.address}</span>
                <span className="text-muted"> · {w.missedAt(t.calls, when(t.lastCallAt, now))}</span>
              </>
            ) : (
              <>
                <span className="font-medium">{t.text}</span>
                <span className={isDue(t, now) ? "text-amber-text" : "text-muted"}> · {isDue(t, now) ? w.due(when(t.dueAt, now)) : w.by(when(t.dueAt, now))}</span>
              </>
            )}
            {t.assigneeId !== "" && <span className="text-muted"> · {assigneeOf(t, me)}</span>}
          </span>
          {t.kind === "callback" && (
            <Button className="h-7! text-accent-text max-md:h-11!" onPress={() => onCalled(t)}>
              <Phone size={14} strokeWidth={1.75} aria-hidden="true" />
              <span className="max-md:sr-only">{w.logTheCall}</span>
            </Button>
          )}
          <Doing task={t} me={me} onRefusal={setRefusal} />
        </div>
      ))}
      <Refusal words={refusal} />
    </div>
  );
}
