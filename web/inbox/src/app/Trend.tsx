// Figures over time, as plain SVG.

import type { ReactNode } from "react";

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
  const most = Math.max(1, ...created, ...closed);
  const height = (n: number): number => (n / most) * 92;
  return (
    <figure>
      <figcaption className="mb-2 flex flex-wrap items-center gap-x-4 gap-y-1 text-xs text-secondary">
        <span className="flex items-center gap-1.5">
          <span aria-hidden="true" className="size-2.5 bg-accent" />
          {names[0]}
        </span>
        <span className="flex items-center gap-1.5">
          <span aria-hidden="true" className="size-2.5 border-2 border-control" />
          {names[1]}
        </span>
        <span className="figures ms-auto text-muted">≤ {most}</span>
      </figcaption>
      <svg role="img" aria-label={words} viewBox="0 0 480 96" preserveAspectRatio="none" className="block h-24 w-full">
        <line x1="0" y1="95.5" x2="480" y2="95.5" stroke="var(--line-strong)" vectorEffect="non-scaling-stroke" />
        {created.map((n, i) => (
          <rect key={`n${i}`} x={i * 10 + 1} y={95 - height(n)} width="4" height={height(n)} fill="var(--accent)" />
        ))}
        {closed.map((n, i) => (
          <rect
            key={`c${i}`}
            x={i * 10 + 5.5}
            y={95 - height(n)}
            width="3"
            height={height(n)}
            fill="none"
            stroke="var(--control)"
            strokeWidth="1.5"
            vectorEffect="non-scaling-stroke"
          />
        ))}
      </svg>
      <div aria-hidden="true" className="figures mt-1 grid grid-cols-4 text-xs text-muted">
        {hours(now).map((h, i) => (
          <span key={i}>{h}</span>
        ))}
      </div>
    </figure>
  );
}
