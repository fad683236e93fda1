// How far the set-up has come, and the way back to each of its steps.

import { Check, ChevronRight, Circle } from "lucide-react";
import type { ReactNode } from "react";
import { isDone, setupSteps, useSetup } from "../../setup";
import { Trouble } from "../../ui/controls";
import { PlaceLink } from "../PlaceLink";
import { words } from "../setup/words";

export default function FirstSteps(): ReactNode {
  const w = words();
  const { setup, error } = useSetup(true);
  if (error) return <Trouble words={w.failed} kept={error.message} />;
  if (!setup) return null;
  return (
    <>
      <h1 className="text-lg font-semibold">{w.title}</h1>
      <ol className="mt-4 rounded-md bg-surface">
        {setupSteps.map((s) => {
          const done = isDone(setup, s);
          const Icon = done ? Check : Circle;
          return (
            <li key={s} className="border-b border-line last:border-0">
              <PlaceLink to={`/setup/${s}`} className="flex min-h-16 items-center gap-3 px-4 py-2 data-[hovered]:bg-hover">
                <Icon size={16} className={`shrink-0 ${done ? "text-green-text" : "text-muted"}`} aria-hidden="true" />
                <span className="min-w-0 flex-1">
                  <span className="block text-sm font-medium">
                    {w.step[s].title}
                    <span className="sr-only"> ({w.states[done ? "done" : "open"]})</span>
                  </span>
                  <span className="block text-xs text-muted">{w.step[s].text}</span>
                </span>
                <ChevronRight size={16} className="shrink-0 text-muted" aria-hidden="true" />
              </PlaceLink>
            </li>
          );
        })}
      </ol>
    </>
  );
}
