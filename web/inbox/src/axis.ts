// The axis of a chart of counts.

export interface Axis {
  /** Where it ends: a round number. */
  readonly top: number;
  /** Where it has a line, 0 apart. */
  readonly lines: readonly number[];
}

/** From how many times what comes next counts are cut, so that the others can be read. */
const far = 8;
/** How many are cut at most. */
const few = 4;

/** What ends above n: 1, 2, 4 or 5, times a power of ten. */
function round(n: number): number {
  const ten = 10 ** Math.floor(Math.log10(n));
  return [1, 2, 4, 5, 10].map((m) => m * ten).find((m) => m >= n) ?? n;
}

/**
 * The axis for these counts. A few that are far above all others go beyond its end: they
 * are drawn cut, with their number.
 */
export function axisOf(counts: readonly number[]): Axis {
  const sorted = counts.filter((n) => n > 0).sort((a, b) => b - a);
  let most = sorted[0] ?? 1;
  for (let cut = 1; cut <= few && cut <= sorted.length - cut + 1; cut++) {
    const [last, next] = [sorted[cut - 1], sorted[cut]];
    if (last !== undefined && next !== undefined && last > far * Math.max(2, next)) most = next;
  }
  const top = round(most);
  return { top, lines: top % 2 === 0 ? [top / 2, top] : [top] };
}
