// The order that the agent chose for each list, remembered on this machine.

import { sorts, type Sort } from "./types";
import { Signal } from "./ui/signals";

const key = "skein.sorts";

function read(): Map<string, Sort> {
  try {
    const o: unknown = JSON.parse(localStorage.getItem(key) ?? "{}");
    const all = new Map<string, Sort>();
    for (const [list, value] of Object.entries(o ?? {})) {
      const sort = sorts.find((s) => s === value);
      if (sort) all.set(list, sort);
    }
    return all;
  } catch {
    return new Map(); // storage is forbidden or holds something else
  }
}

/** By listOf in place.ts; a list that isn't there has its own order. */
export const chosenSorts = new Signal<ReadonlyMap<string, Sort>>(read());

export function chooseSort(list: string, sort: Sort): void {
  const all = new Map(chosenSorts.get()).set(list, sort);
  chosenSorts.set(all);
  try {
    localStorage.setItem(key, JSON.stringify(Object.fromEntries(all)));
  } catch {
    // it holds until the page is left
  }
}
