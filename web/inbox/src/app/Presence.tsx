// Who else is here: faces in the conversation's header, the line above the
// composer, and the dot that says how somebody is.

import type { ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import { emptyHere, others, presenceOf, typingWords, type Presence, type Viewer } from "../around";
import { around, away } from "../runtime";
import type { Conversation } from "../types";
import { Avatar, Tip } from "../ui/controls";
import { useSignal } from "../ui/signals";
import { initials, personName } from "../words";

export const presenceWord: Record<Presence, string> = { online: "Online", idle: "Idle", away: "Away", offline: "Offline" };

const shapes: Record<Presence, string> = {
  online: "bg-green",
  idle: "border-2 border-green bg-surface",
  away: "border-2 border-amber bg-surface",
  offline: "border-2 border-control bg-surface",
};

/** A state by colour and shape: full, ring, and in words for who can't see it. */
export function PresenceDot({ state, className = "" }: { state: Presence; className?: string }): ReactNode {
  return (
    <span className={`inline-block size-2 shrink-0 rounded-full ${shapes[state]} ${className}`}>
      <span className="sr-only">{presenceWord[state]}</span>
    </span>
  );
}

/** How the agent is, as everybody else sees it. */
export function useOwnPresence(agentId: string): Presence {
  const gone = useSignal(away);
  const now = presenceOf(useSignal(around), agentId);
  return gone ? "away" : now === "offline" || now === "away" ? "online" : now;
}

export function usePresence(agentId: string): Presence {
  return presenceOf(useSignal(around), agentId);
}

function doing(v: Viewer): string {
  const name = v.name || "Somebody";
  return v.typing === "reply" ? `${name} is replying` : v.typing === "note" ? `${name} is writing a note` : `${name} is looking at this`;
}

/** The faces of colleagues who look at the conversation too. */
export function Viewers({ c, me }: { c: Conversation; me: string }): ReactNode {
  const list = others(useSignal(around), `conversation:${c.id}`, me);
  if (list.length === 0) return null;
  const words = list.map(doing).join(", ");
  return (
    <Tip words={words}>
      <AriaButton aria-label={words} className="flex h-8 shrink-0 items-center rounded-md px-1 data-[hovered]:bg-hover max-md:h-11">
        {list.slice(0, 3).map((v, i) => (
          <span key={v.id} className={`relative rounded-full ring-2 ring-surface ${i > 0 ? "-ms-1.5" : ""}`}>
            <Avatar name={initials(v.name || "?")} size={24} ours />
            {v.typing !== "" && (
              <span aria-hidden="true" className={`absolute -end-0.5 -bottom-0.5 size-2.5 rounded-full ring-2 ring-surface ${v.typing === "note" ? "bg-violet" : "bg-accent"}`} />
            )}
          </span>
        ))}
        {list.length > 3 && <span className="figures ps-1 text-xs text-muted">+{list.length - 3}</span>}
      </AriaButton>
    </Tip>
  );
}

/** Who writes, in words above the composer. It has its place whether or not somebody does, so that nothing moves. */
export function TypingLine({ c, me }: { c: Conversation; me: string }): ReactNode {
  const all = useSignal(around);
  const topic = `conversation:${c.id}`;
  const typing = (all.here.get(topic) ?? emptyHere).customer.typing;
  const words = typingWords(others(all, topic, me), typing ? personName(c.customer) : "");
  return (
    <p role="status" className="flex h-6 shrink-0 items-center gap-2 px-5 text-xs text-secondary max-md:h-auto max-md:min-h-0 max-md:px-3">
      {words !== "" && (
        <>
          <span aria-hidden="true" className="size-1.5 shrink-0 rounded-full bg-accent" />
          <span className="min-w-0 truncate max-md:py-1">{words}</span>
        </>
      )}
    </p>
  );
}

/** Whether the customer is there now, beside the name. */
export function CustomerDot({ c }: { c: Conversation }): ReactNode {
  const here = useSignal(around).here.get(`conversation:${c.id}`);
  if (here?.customer.online !== true) return null;
  return (
    <span className="flex shrink-0 items-center gap-1 text-green-text">
      <span aria-hidden="true" className="size-2 rounded-full bg-green" />
      online
    </span>
  );
}
