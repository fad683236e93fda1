// Small things that many parts say and one part shows: toasts, the words for
// screen readers, and whether the connection stands.

import { useSyncExternalStore } from "react";

export class Signal<T> {
  private value: T;
  private readonly listeners = new Set<() => void>();

  constructor(value: T) {
    this.value = value;
  }

  get = (): T => this.value;

  set(value: T): void {
    if (Object.is(this.value, value)) return;
    this.value = value;
    for (const l of this.listeners) l();
  }

  subscribe = (l: () => void): (() => void) => {
    this.listeners.add(l);
    return () => this.listeners.delete(l);
  };
}

export function useSignal<T>(s: Signal<T>): T {
  return useSyncExternalStore(s.subscribe, s.get);
}

/** A part of a signal: draws again only when that is another. The part is the signal's own, and not made anew. */
export function useOf<T, R>(s: Signal<T>, part: (value: T) => R): R {
  return useSyncExternalStore(s.subscribe, () => part(s.get()));
}

export interface Toast {
  readonly id: number;
  readonly words: string;
  readonly tone: "quiet" | "bad";
  readonly undo?: (() => void) | undefined;
}

export const toasts = new Signal<readonly Toast[]>([]);
let lastToast = 0;

/** How long a toast and its undo stay, in milliseconds. */
export const toastTime = 8_000;

/** Says what was done; it is dismissed by what comes back. */
export function toast(words: string, more: { tone?: "quiet" | "bad"; undo?: () => void } = {}): number {
  const id = ++lastToast;
  toasts.set([...toasts.get().slice(-2), { id, words, tone: more.tone ?? "quiet", undo: more.undo }]);
  setTimeout(() => dismiss(id), toastTime);
  return id;
}

export function dismiss(id: number): void {
  toasts.set(toasts.get().filter((t) => t.id !== id));
}

/** Undoes the newest thing that can be undone. False when there is none. */
export function undoLast(): boolean {
  const t = toasts.get().findLast((x) => x.undo);
  if (!t?.undo) return false;
  dismiss(t.id);
  t.undo();
  return true;
}

/** What a screen reader says next. */
export const spoken = new Signal("");

export function announce(words: string): void {
  // The same words twice in a row are news too.
  spoken.set(spoken.get() === words ? `${words}\u00a0` : words);
}

/** A refusal, by conversation, shown where it happened. */
export const refusals = new Signal<ReadonlyMap<string, string>>(new Map());

export function refuse(conversation: string, words: string): void {
  refusals.set(new Map(refusals.get()).set(conversation, words));
}

export function forgive(conversation: string): void {
  if (!refusals.get().has(conversation)) return;
  const next = new Map(refusals.get());
  next.delete(conversation);
  refusals.set(next);
}

/** Since when the connection is away, in milliseconds; 0 while it stands. */
export const offlineSince = new Signal(0);

// A short break is nobody's business: the banner waits.
const patience = 2_000;
let timer: ReturnType<typeof setTimeout> | undefined;
let downAt = 0;

export const connection = {
  up(): void {
    clearTimeout(timer);
    downAt = 0;
    offlineSince.set(0);
  },
  down(): void {
    if (downAt !== 0) return;
    downAt = Date.now();
    timer = setTimeout(() => offlineSince.set(downAt), patience);
  },
  reset(): void {
    connection.up();
  },
};
