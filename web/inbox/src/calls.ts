// The calls that are shown: those of the server but for what this agent put aside.

import { useMemo } from "react";
import type { LiveCall } from "./around";
import { around } from "./runtime";
import { Signal, useOf, useSignal } from "./ui/signals";

const putAside = new Signal<ReadonlySet<string>>(new Set());

export function putCallAside(id: string): void {
  const there = new Set(around.get().calls.map((c) => c.id));
  putAside.set(new Set([...putAside.get(), id].filter((x) => x === id || there.has(x))));
}

export function useCalls(): readonly LiveCall[] {
  const aside = useSignal(putAside);
  const calls = useOf(around, (a) => a.calls);
  return useMemo(() => calls.filter((c) => !aside.has(c.id)), [calls, aside]);
}
