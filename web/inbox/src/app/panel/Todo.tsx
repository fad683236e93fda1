import { Clock3, PhoneMissed } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useMe, useTasksOf } from "../../data";
import { href, type Place } from "../../place";
import type { Conversation } from "../../types";
import { useNow } from "../../ui/hooks";
import { when } from "../../words";
import { PlaceLink } from "../PlaceLink";
import { Doing, taskWords } from "../Tasks";
import { useWords } from "./panelwords";
import { Refusal, Section } from "./Section";

/** What is to be done for the customer, in whichever conversation it was said. */
export function Todo({ c, place, onNavigate }: { c: Conversation; place: Place; onNavigate?: () => void }): ReactNode {
  const tasks = useTasksOf(c.customer.customerId);
  const { me } = useMe();
  const now = useNow();
  const w = useWords();
  const [refusal, setRefusal] = useState("");
  if (tasks.length === 0) return null;
  return (
    <Section title={w.todo} count={tasks.length}>
      <ul onClickCapture={(e) => (e.target instanceof Element && e.target.closest("a") ? onNavigate?.() : undefined)}>
        {tasks.map((t) => {
          const Icon = t.kind === "callback" ? PhoneMissed : Clock3;
          const late = Date.parse(t.dueAt) <= now;
          const line = (
            <>
              <Icon size={14} strokeWidth={1.75} aria-hidden="true" className={`mt-0.5 shrink-0 ${late ? (t.kind === "callback" ? "text-red-text" : "text-amber-text") : "text-muted"}`} />
              <span className="min-w-0 flex-1">
                <span className="block text-sm">{taskWords(t)}</span>
                <span className="figures block text-xs text-muted">{t.kind === "callback" ? `${t.customer.address} · ${when(t.lastCallAt, now)}` : when(t.dueAt, now)}</span>
              </span>
            </>
          );
          return (
            <li key={t.id} className="flex items-start gap-1 py-1">
              {t.conversationId === c.id ? (
                <span className="flex min-w-0 flex-1 gap-2.5">{line}</span>
              ) : (
                <PlaceLink to={href({ ...place, open: t.conversationId })} className="-ms-2 flex min-w-0 flex-1 gap-2.5 rounded-md ps-2 data-[hovered]:bg-hover">
                  {line}
                </PlaceLink>
              )}
              <Doing task={t} me={me} onRefusal={setRefusal} />
            </li>
          );
        })}
      </ul>
      <Refusal words={refusal} />
    </Section>
  );
}
