import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { Command } from "../keys";

export function useMedia(query: string): boolean {
  const subscribe = useCallback(
    (l: () => void) => {
      const m = matchMedia(query);
      m.addEventListener("change", l);
      return () => m.removeEventListener("change", l);
    },
    [query],
  );
  return useSyncExternalStore(subscribe, () => matchMedia(query).matches);
}

/** The time, told anew every half minute while the page is in view: ages on it stay true. */
let now = Date.now();
const tickers = new Set<() => void>();
let ticking: ReturnType<typeof setInterval> | undefined;
function tick(): void {
  now = Date.now();
  for (const t of tickers) t();
}
function tickInView(): void {
  clearInterval(ticking);
  if (document.visibilityState !== "visible") return;
  tick();
  ticking = setInterval(tick, 30_000);
}
document.addEventListener("visibilitychange", tickInView);
tickInView();

export function useNow(): number {
  return useSyncExternalStore(
    (l) => {
      tickers.add(l);
      return () => tickers.delete(l);
    },
    () => now,
  );
}

type Handler = () => void;
type Bound = Map<Command, readonly Handler[]>;
const handlers: Bound = new Map();
/** Of what acts on a selection: it goes before what acts on what is open. */
const foremost: Bound = new Map();

/** Runs what is bound to a command now: the part that bound it last wins. False when nobody has. */
export function runCommand(c: Command): boolean {
  const h = (foremost.get(c) ?? handlers.get(c))?.at(-1);
  if (!h) return false;
  h();
  return true;
}

/** The commands that something is bound to now. */
export function bound(): ReadonlySet<Command> {
  return new Set([...handlers].filter(([, all]) => all.length > 0).map(([c]) => c));
}

/** Binds a command for as long as the component lives and `on` is true. */
export function useCommand(c: Command, handler: Handler, on = true, first = false): void {
  const latest = useRef(handler);
  useEffect(() => {
    latest.current = handler;
  });
  useEffect(() => {
    if (!on) return undefined;
    const h: Handler = () => latest.current();
    const all = first ? foremost : handlers;
    all.set(c, [...(all.get(c) ?? []), h]);
    return () => {
      const left = (all.get(c) ?? []).filter((x) => x !== h);
      if (left.length > 0) all.set(c, left);
      else all.delete(c);
    };
  }, [c, on, first]);
}

/** A number that is remembered on this machine: the width of a pane. */
export function useRemembered(key: string, initial: number): [number, (n: number) => void] {
  const [value, setValue] = useState(() => {
    try {
      const n = Number(localStorage.getItem(key));
      return Number.isFinite(n) && n > 0 ? n : initial;
    } catch {
      return initial;
    }
  });
  const set = useCallback(
    (n: number) => {
      setValue(n);
      try {
        localStorage.setItem(key, String(n));
      } catch {
        // it holds until the page is left
      }
    },
    [key],
  );
  return [value, set];
}
