// What is loaded after the first paint and, once it is here, drawn at once. A
// component of React's lazy() shows its fallback for a moment when it is first drawn,
// even if it was loaded long before: too late for what a key press opens.

import { lazy as lazyOfReact, useEffect, useSyncExternalStore } from "react";
import { words } from "../words/language";
import { offlineSince, toast } from "./signals";

/** How long after a failure the next try is made, in milliseconds. */
const pause = 2_000;
/** How often what can't be had with a connection is tried: it is gone with its version. */
const tries = 8;

/** Loads until it is here: a connection that is away is waited for, and said once. What can't be had with one is thrown. */
export async function patiently<T>(get: () => Promise<T>, say: () => void = () => toast(words().notices.notHere)): Promise<T> {
  let said = false;
  for (let failed = 1; ; ) {
    try {
      return await get();
    } catch (error) {
      await new Promise((r) => setTimeout(r, pause));
      if (offlineSince.get() === 0 && ++failed > tries) throw error;
      if (offlineSince.get() > 0 && !said) {
        said = true;
        say();
      }
    }
  }
}

/** React's lazy() for a page that one goes to: without a connection it comes when there is one again. */
export const lazyPage: typeof lazyOfReact = (get) => lazyOfReact(() => patiently(get));

const ahead: (() => Promise<unknown>)[] = [];

/** React's lazy() for what a key or a button opens where the agent is: fetched before it is wanted, by loadAhead. */
export const lazy: typeof lazyOfReact = (get) => {
  ahead.push(get);
  return lazyPage(get);
};

const idle = (): Promise<void> =>
  new Promise((r) => {
    // Safari has no idle callbacks.
    if (typeof requestIdleCallback === "function") requestIdleCallback(() => r());
    else setTimeout(r, 200);
  });

let taken = 0;
let loading = false;

/** Fetches what may be wanted, one after another while nothing else is done, so that it opens without a connection too. */
export async function loadAhead(): Promise<void> {
  if (loading) return;
  loading = true;
  for (let get = ahead[taken]; get; get = ahead[++taken]) {
    await idle();
    await patiently(get, () => undefined).catch(() => undefined); // who wants it is told then
  }
  loading = false;
}

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
    loading ??= patiently(get).then(
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
