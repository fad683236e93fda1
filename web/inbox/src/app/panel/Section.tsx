import type { ReactNode } from "react";

/** One part of the panel, under its name. */
export function Section({ title, count, children }: { title: string; count?: number | undefined; children: ReactNode }): ReactNode {
  return (
    <section aria-label={title}>
      <h3 className="mb-2 text-xs font-medium text-muted">
        {title}
        {count !== undefined && count > 1 && <span className="figures"> · {count}</span>}
      </h3>
      {children}
    </section>
  );
}

/** What went wrong, at the place where it did. */
export function Refusal({ words }: { words: string }): ReactNode {
  return (
    <p role="alert" className="mt-1.5 text-xs text-red-text empty:hidden">
      {words}
    </p>
  );
}
