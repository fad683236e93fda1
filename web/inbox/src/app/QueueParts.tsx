// Parts that the queues and the wallboard share.

import { ChevronUp, ChevronsUp, OctagonAlert } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { level, watched, type Figure, type Queues } from "../queues";
import { useWords } from "../queuewords";

/** The time, told anew every second, by the server's clock. */
export function useServerSecond(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now + watched.get().ahead;
}

const icons = [ChevronUp, ChevronsUp, OctagonAlert] as const;
const tones = ["text-amber-text", "text-amber-text font-medium", "text-red-text font-semibold"] as const;

/** Where a figure stands by its thresholds, by shape and word; nothing while it is below them. */
export function Mark({ of: q, figure, value, large = false }: { of: Queues; figure: Figure; value: number | null; large?: boolean }): ReactNode {
  const w = useWords();
  const l = level(q, figure, value);
  if (l === 0) return null;
  const at = (l - 1) as 0 | 1 | 2;
  const Icon = icons[at];
  return (
    <span className={`inline-flex items-center gap-0.5 whitespace-nowrap ${large ? "text-[clamp(16px,1.8vw,30px)]" : "text-xs"} ${tones[at]}`}>
      <Icon size={large ? "1.2em" : 13} aria-hidden="true" />
      {w.levels[at]}
    </span>
  );
}

/** The tone of a figure by its level. */
export function toneOf(q: Queues, figure: Figure, value: number | null): string {
  const l = level(q, figure, value);
  return l === 3 ? "text-red-text" : l > 0 ? "text-amber-text" : "text-text";
}
