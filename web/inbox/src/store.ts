// Holds the state and tells who looks at it. The rules are in state.ts.

import { useRef, useSyncExternalStore } from "react";
import { empty, type State } from "./state";

export class Store {
  private state: State = empty;
  private shadow: State | null = null;
  private renewals = 0;
  private readonly listeners = new Set<() => void>();

  get = (): State => this.state;

  subscribe = (l: () => void): (() => void) => {
    this.listeners.add(l);
    return () => this.listeners.delete(l);
  };

  update(change: (s: State) => State): void {
    if (this.shadow) this.shadow = change(this.shadow);
    const next = change(this.state);
    if (next === this.state) return;
    this.state = next;
    this.tell();
  }

  /**
   * Builds the state anew from what arrives until `fetched` resolves, and then
   * takes it: the page keeps showing the old one meanwhile, and what vanished
   * while we were away vanishes. One that begins meanwhile takes over: what this
   * one fetched may have been given up for it.
   */
  async renew(fetched: () => Promise<unknown>): Promise<void> {
    const shadow: State = { ...empty, patches: this.state.patches };
    const mine = ++this.renewals;
    this.shadow = shadow;
    try {
      await fetched();
    } finally {
      const built = this.shadow as State | null;
      if (mine === this.renewals) {
        this.shadow = null;
        if (built && built !== shadow) {
          this.state = { ...built, patches: this.state.patches };
          this.tell();
        }
      }
    }
  }

  clear(): void {
    this.shadow = null;
    this.state = empty;
    this.tell();
  }

  private tell(): void {
    for (const l of this.listeners) l();
  }
}

/** Equal when both hold the same things in the same places. */
function shallow<T>(a: T, b: T): boolean {
  if (Object.is(a, b)) return true;
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  return a.every((x, i) => Object.is(x, b[i]));
}

/** What select makes of the state; renders again only when that changed. */
export function useSelect<T>(store: Store, select: (s: State) => T): T {
  const last = useRef<{ state: State; select: unknown; value: T } | null>(null);
  return useSyncExternalStore(store.subscribe, () => {
    const state = store.get();
    const known = last.current;
    if (known && known.state === state && known.select === select) return known.value;
    const fresh = select(state);
    const value = known && shallow(known.value, fresh) ? known.value : fresh;
    last.current = { state, select, value };
    return value;
  });
}
