// What is said from everywhere: the thin bar while offline, toasts with their
// undo, and the words for screen readers.

import { X } from "lucide-react";
import type { ReactNode } from "react";
import { keyOf } from "../keys";
import { isEmpty, selection } from "../selection";
import { dismiss, offlineSince, spoken, toasts, useSignal } from "../ui/signals";
import { Button, IconButton, Kbd } from "../ui/controls";
import { when } from "../words";
import { useWords } from "../words/language";

export function OfflineBar(): ReactNode {
  const since = useSignal(offlineSince);
  const w = useWords().notices;
  return (
    <div role="status" className="shrink-0">
      {since > 0 && (
        <p className="bg-amber-soft px-3 py-1 text-center text-xs text-amber-text">
          {w.offline(when(new Date(since).toISOString(), Date.now()))}
        </p>
      )}
    </div>
  );
}

export function Notices(): ReactNode {
  const all = useSignal(toasts);
  const words = useSignal(spoken);
  const w = useWords().notices;
  // What is done with a selection stands at the foot of the list.
  const raised = !isEmpty(useSignal(selection));
  const undoable = all.findLastIndex((t) => t.undo); // the key undoes the newest
  return (
    <>
      <div aria-live="polite" role="log" aria-label={w.news} className="sr-only">
        {words}
      </div>
      <div role="status" aria-label={w.done} className={`pointer-events-none fixed start-4 z-50 flex flex-col items-start gap-2 max-md:inset-x-4 max-md:items-center ${raised ? "bottom-28 max-md:bottom-48" : "bottom-4 max-md:bottom-20"}`}>
        {all.map((t, i) => (
          <div
            key={t.id}
            className="pointer-events-auto flex items-center gap-1 rounded-md bg-raised py-1 pe-1 ps-3 text-sm shadow-float"
          >
            <span className={t.tone === "bad" ? "text-red-text" : ""}>{t.words}</span>
            {t.undo && (
              <Button
                className="ms-2 font-medium text-accent-text"
                onPress={() => {
                  dismiss(t.id);
                  t.undo?.();
                }}
              >
                {w.undo} {i === undoable && <Kbd keys={keyOf("undo")} />}
              </Button>
            )}
            <IconButton icon={X} label={w.dismiss} placement="top" onPress={() => dismiss(t.id)} />
          </div>
        ))}
      </div>
    </>
  );
}
