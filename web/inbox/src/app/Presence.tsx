// How somebody is, as a dot.

import type { ReactNode } from "react";
import { presenceOf, type Presence } from "../around";
import { around, away } from "../runtime";
import { useOf, useSignal } from "../ui/signals";
import { useWords } from "../words/language";

const shapes: Record<Presence, string> = {
  online: "bg-green",
  idle: "border-2 border-green bg-surface",
  away: "border-2 border-amber bg-surface",
  offline: "border-2 border-control bg-surface",
};

/** A state by colour and shape: full, ring, and in words for who can't see it. */
export function PresenceDot({ state, className = "" }: { state: Presence; className?: string }): ReactNode {
  const w = useWords().terms;
  return (
    <span className={`inline-block size-2 shrink-0 rounded-full ${shapes[state]} ${className}`}>
      <span className="sr-only">{w.presence[state]}</span>
    </span>
  );
}

/** How the agent is, as everybody else sees it. */
export function useOwnPresence(agentId: string): Presence {
  const gone = useSignal(away);
  const now = useOf(around, (a) => presenceOf(a, agentId));
  return gone ? "away" : now === "offline" || now === "away" ? "online" : now;
}

export function usePresence(agentId: string): Presence {
  return useOf(around, (a) => presenceOf(a, agentId));
}
