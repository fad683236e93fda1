// What nobody reads at once is drawn after the frame that a key press is waited for:
// first what is open, then what can be done with it.

import { startTransition, useEffect, useState } from "react";

/** How long is waited for a frame, in milliseconds: a page in the background paints none. */
const patience = 1_000;

let batch: Set<() => void> | undefined;

function begin(): Set<() => void> {
  const jobs = new Set<() => void>();
  const close = (): void => {
    if (batch === jobs) batch = undefined;
  };
  const run = (): void => {
    close();
    const all = [...jobs];
    jobs.clear();
    for (const job of all) job();
  };
  requestAnimationFrame(() => {
    close(); // what is drawn from now on is another frame's
    if ("requestIdleCallback" in globalThis) requestIdleCallback(run, { timeout: patience });
    else setTimeout(run, 20);
  });
  setTimeout(run, patience);
  return jobs;
}

/** Runs a job once what was just drawn is painted and there is nothing else to do. What it gives takes the job back. */
export function afterPaint(job: () => void): () => void {
  const mine = (batch ??= begin());
  mine.add(job);
  return () => {
    mine.delete(job);
  };
}

/** A value as it was until a frame with the new one is painted; `first` is what it was before it was drawn at all. */
export function useAfterPaint<T>(value: T, first: T = value): T {
  const [shown, setShown] = useState<{ readonly value: T }>({ value: first });
  useEffect(() => {
    if (Object.is(shown.value, value)) return undefined;
    return afterPaint(() => startTransition(() => setShown({ value })));
  }, [shown, value]);
  return shown.value;
}
