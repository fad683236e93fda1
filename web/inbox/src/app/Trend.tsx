// Figures over time, as plain SVG.

import type { ReactNode } from "react";
import { axisOf } from "../axis";
import { figure } from "../words/figures";

/** The last hour of a figure, as a line. `words` say it for who can't see it. */
export function Sparkline({ of: values, words, className = "" }: { of: readonly number[]; words: string; className?: string }): ReactNode {
  const most = Math.max(1, ...values);
  const step = 100 / Math.max(1, values.length - 1);
  const points = values.map((v, i) => `${(i * step).toFixed(2)},${(23 - (v / most) * 22).toFixed(2)}`);
  return (
    <svg role="img" aria-label={words} viewBox="0 0 100 24" preserveAspectRatio="none" className={`block overflow-visible ${className}`}>
      <line x1="0" y1="23.5" x2="100" y2="23.5" stroke="var(--line-strong)" strokeWidth="1" vectorEffect="non-scaling-stroke" />
      {values.length > 1 && (
        <polyline points={points.join(" ")} fill="none" stroke="var(--accent)" strokeWidth="2" strokeLinejoin="round" vectorEffect="non-scaling-stroke" />
      )}
    </svg>
  );
}

/** The hours under a series that ends now, four of them. */
function hours(now: number, locale?: string): readonly string[] {
  const f = new Intl.DateTimeFormat(locale, { timeStyle: "short" });
  return [24, 18, 12, 6].map((h) => f.format(now - h * 3_600_000));
}

/** Two counts in each half hour of the last day, beside each other: one full, one as an outline. */
export function Series({
  created,
  closed,
  names,
  words,
  now,
}: {
  created: readonly number[];
  closed: readonly number[];
  names: readonly [string, string];
  words: string;
  now: number;
}): ReactNode {
  const { top, lines } = axisOf([...created, ...closed]);
  const y = (n: number): number => 95 - (Math.min(n, top) / top) * 92;
  // What goes beyond the axis has a gap near its end, and its number above it.
  const beyond = created.map((n, i) => [n, closed[i] ?? 0].filter((x) => x > top));
  const gap = (i: number, n: number, x: number, width: number): ReactNode =>
    n > top && <path key={`g${i}-${x}`} d={`M${x - 1} 18l${width + 2} -6`} stroke="var(--surface)" strokeWidth="3" vectorEffect="non-scaling-stroke" />;
  return (
    <figure>
      <figcaption className="mb-1 flex flex-wrap items-center gap-x-4 gap-y-1 text-xs text-secondary">
        <span className="flex items-center gap-1.5">
          <span aria-hidden="true" className="size-2.5 bg-accent" />
          {names[0]}
        </span>
        <span className="flex items-center gap-1.5">
          <span aria-hidden="true" className="size-2.5 border-2 border-control" />
          {names[1]}
        </span>
      </figcaption>
      <div className="relative ms-9 pt-4">
        <div aria-hidden="true" className="figures text-xs text-muted">
          {[0, ...lines].map((n) => (
            <span key={n} className="absolute -start-9 w-7 translate-y-1/2 text-end leading-none" style={{ bottom: `${96 - y(n)}px` }}>
              {figure(n)}
            </span>
          ))}
          {beyond.map(
            (n, i) =>
              n.length > 0 && (
                <span key={i} className={`absolute top-0 leading-none whitespace-nowrap text-secondary ${i > created.length / 2 ? "-translate-x-full" : ""}`} style={{ left: `${((i * 10 + (i > created.length / 2 ? 9 : 1)) / 480) * 100}%` }}>
                  {n.map((x) => figure(x)).join(" · ")}
                </span>
              ),
          )}
        </div>
        <svg role="img" aria-label={words} viewBox="0 0 480 96" preserveAspectRatio="none" className="block h-24 w-full">
          {lines.map((n) => (
            <line key={n} x1="0" y1={y(n)} x2="480" y2={y(n)} stroke="var(--line)" vectorEffect="non-scaling-stroke" />
          ))}
          <line x1="0" y1="95.5" x2="480" y2="95.5" stroke="var(--line-strong)" vectorEffect="non-scaling-stroke" />
          {created.map((n, i) => (
            <rect key={`n${i}`} x={i * 10 + 1} y={y(n)} width="4" height={95 - y(n)} fill="var(--accent)" />
          ))}
          {closed.map((n, i) => (
            <rect
              key={`c${i}`}
              x={i * 10 + 5.5}
              y={y(n)}
              width="3"
              height={95 - y(n)}
              fill="none"
              stroke="var(--control)"
              strokeWidth="1.5"
              vectorEffect="non-scaling-stroke"
            />
          ))}
          {created.map((n, i) => gap(i, n, i * 10 + 1, 4))}
          {closed.map((n, i) => gap(i, n, i * 10 + 5.5, 3))}
        </svg>
      </div>
      <div aria-hidden="true" className="figures ms-9 mt-1 grid grid-cols-4 text-xs text-muted">
        {hours(now).map((h, i) => (
          <span key={i}>{h}</span>
        ))}
      </div>
    </figure>
  );
}
