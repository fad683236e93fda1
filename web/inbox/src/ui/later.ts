// What is loaded after the first paint and, once it is here, drawn at once. A
// component of React's lazy() shows its fallback for a moment when it is first drawn,
// even if it was loaded long before: too late for what a key press opens.

import { useEffect, useSyncExternalStore } from "react";

export interface Later<T> {
  /** Begins to load it ahead, unless that has begun. */
  readonly load: () => void;
  /** What was loaded, undefined until then. Where it is wanted it is loaded, and what keeps it from that is thrown. */
  readonly use: (wanted: boolean) => T | undefined;
}

export function later<T>(get: () => Promise<T>): Later<T> {
  let got: { readonly value: T } | { readonly error: unknown } | undefined;
  let loading: Promise<void> | undefined;
  const listeners = new Set<() => void>();
  const take = (x: typeof got): void => {
    got = x;
    for (const l of listeners) l();
  };
  const load = (): Promise<void> => {
    loading ??= get().then(
      (value) => take({ value }),
      (error: unknown) => {
        loading = undefined; // the next one who wants it tries again
        throw error;
      },
    );
    return loading;
  };
  const subscribe = (l: () => void): (() => void) => {
    listeners.add(l);
    return () => listeners.delete(l);
  };
  return {
    load: () => void load().catch(() => undefined),
    use: (wanted) => {
      const now = useSyncExternalStore(subscribe, () => got);
      useEffect(() => {
        if (wanted) load().catch((error: unknown) => take({ error }));
      }, [wanted]);
      if (now && "error" in now) throw now.error;
      return now?.value;
    },
  };
}
