// The figures of one group, large enough to be read from across a room, each with
// its last hour.

import { Minimize2 } from "lucide-react";
import { useEffect, useRef, type ReactNode } from "react";
import { clock, groupOf, seconds, type Figure, type Group, type Queues } from "../queues";
import { useWords, type Words } from "../queuewords";
import { Button } from "../ui/controls";
import { Mark, toneOf, useServerSecond } from "./QueueParts";
import { Sparkline } from "./Trend";

interface Tile {
  readonly name: string;
  readonly value: string;
  readonly figure: Figure | null;
  readonly is: number | null;
  readonly trend: readonly number[];
  readonly say: (n: number) => string;
}

export function Wallboard({ q, names, onLeave }: { q: Queues; names: readonly { readonly id: string; readonly name: string }[]; onLeave: () => void }): ReactNode {
  const w = useWords();
  const now = useServerSecond();
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const of = root.current;
    of?.focus();
    // Where it is refused, as in a frame, the board fills the page.
    of?.requestFullscreen().catch(() => undefined);
    const left = (): void => {
      if (document.fullscreenElement === null) onLeave();
    };
    const key = (e: KeyboardEvent): void => {
      if (e.key === "Escape") onLeave();
    };
    document.addEventListener("fullscreenchange", left);
    document.addEventListener("keydown", key);
    return () => {
      document.removeEventListener("keydown", key);
      document.removeEventListener("fullscreenchange", left);
      if (document.fullscreenElement === of) void document.exitFullscreen();
    };
  }, [onLeave]);
  const all = groupOf(q, "all", "");
  const queues = names.map((n) => ({ ...n, group: groupOf(q, "inbox", n.id) }));
  return (
    <div
      ref={root}
      tabIndex={-1}
      role="region"
      aria-label={w.wallboard}
      className="fixed inset-0 z-40 flex flex-col gap-[2vmin] overflow-auto bg-canvas p-[2vmin]"
    >
      <div className="grid flex-1 grid-cols-3 gap-[2vmin] max-md:grid-cols-1">
        {tiles(all, now, w).map((t) => (
          <section key={t.name} aria-label={t.name} className="flex min-h-0 flex-col rounded-lg bg-surface px-[2vmin] py-[1.5vmin]">
            <h2 className="flex items-baseline justify-between gap-2 text-[clamp(16px,2vw,36px)] leading-tight text-secondary">
              {t.name}
              {t.figure && <Mark of={q} figure={t.figure} value={t.is} large />}
            </h2>
            <p className={`figures flex-1 content-center text-[clamp(56px,9.5vw,220px)] leading-none font-semibold tracking-tight ${t.figure ? toneOf(q, t.figure, t.is) : ""}`}>
              {t.value}
            </p>
            <Sparkline of={t.trend} words={w.lastHour(t.name, t.say(Math.min(...t.trend, Infinity)), t.say(Math.max(...t.trend, 0)))} className="h-[6vmin] w-full shrink-0" />
          </section>
        ))}
      </div>
      <div className="flex flex-wrap items-center gap-x-[3vmin] gap-y-2 text-[clamp(14px,1.6vw,30px)]">
        {queues.length > 1 &&
          queues.map((x) => (
            <span key={x.id} className="flex items-baseline gap-2">
              <span className="text-secondary">{x.name}</span>
              <span className={`figures font-semibold ${toneOf(q, "waiting", x.group.waiting)}`}>{x.group.waiting}</span>
              <Mark of={q} figure="waiting" value={x.group.waiting} large />
            </span>
          ))}
        <Button className="ms-auto" onPress={onLeave}>
          <Minimize2 size={16} aria-hidden="true" />
          {w.leaveWallboard}
        </Button>
      </div>
    </div>
  );
}

function tiles(g: Group, now: number, w: Words): readonly Tile[] {
  const t = g.trend;
  const plain = (n: number): string => (Number.isFinite(n) ? String(n) : "0");
  const time = (n: number): string => clock(Number.isFinite(n) ? n : 0, w.day);
  const longest = g.waitingSince === "" ? null : seconds(g.waitingSince, now);
  const hour = g.flow.last60;
  return [
    { name: w.waiting, value: String(g.waiting), figure: "waiting", is: g.waiting, trend: t?.waiting ?? [], say: plain },
    { name: w.longest, value: longest === null ? "–" : clock(longest, w.day), figure: "longest", is: longest, trend: t?.longest ?? [], say: time },
    { name: w.backlog, value: String(g.backlog), figure: "backlog", is: g.backlog, trend: t?.backlog ?? [], say: plain },
    { name: `${w.offered} · ${w.spans.last60}`, value: String(hour.offered), figure: "offered", is: hour.offered, trend: t?.offered ?? [], say: plain },
    { name: `${w.handled} · ${w.spans.last60}`, value: String(hour.handled), figure: null, is: hour.handled, trend: t?.handled ?? [], say: plain },
    { name: `${w.abandoned} · ${w.spans.last60}`, value: String(hour.abandoned), figure: "abandoned", is: hour.abandoned, trend: t?.abandoned ?? [], say: plain },
  ];
}
