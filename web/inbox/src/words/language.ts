// The language of the page and the words of it. A catalogue is an object of words
// by where they stand; the English one is the type of all others, so that a word
// which a language lacks is an error of types. Only the catalogue in use is loaded.
//
// Components take their words by useWords(): the page is drawn anew when another
// language is chosen, and nothing in it is lost. What is no component takes them
// by words() at the moment it says them, never before.
//
// What is loaded later than the first screen has its words beside it, in both
// languages, by catalogue().

import { useSyncExternalStore } from "react";
import type { Words } from "./en";

export type { Words };

export const languages = ["en", "de"] as const;
export type Language = (typeof languages)[number];

/** What each is called by those who speak it. */
export const languageName: Record<Language, string> = { en: "English", de: "Deutsch" };

const direction: Record<Language, "ltr" | "rtl"> = { en: "ltr", de: "ltr" };

const load: Record<Language, () => Promise<{ readonly default: Words }>> = {
  en: () => import("./en"),
  de: () => import("./de"),
};

// The same key is read by public/theme.js before the first paint.
const key = "skein.language";

let tag = "en";
let spoken: Language = "en";
let catalogueOf: Words | undefined;
let turn = 0;
const listeners = new Set<() => void>();

function subscribe(l: () => void): () => void {
  listeners.add(l);
  return () => listeners.delete(l);
}

/** The language that a BCP 47 tag asks for, if the page speaks it. */
export function languageOf(wanted: string): Language | undefined {
  const first = wanted.toLowerCase().split("-")[0];
  return languages.find((l) => l === first);
}

/** What the browser asks for, as a tag that the page speaks. */
function browsers(): string {
  return navigator.languages.find((t) => languageOf(t) !== undefined) ?? "en";
}

/** The words of the page. They are there once `speak` has resolved for the first time. */
export function words(): Words {
  if (catalogueOf === undefined) throw new Error("words were asked for before any language was loaded");
  return catalogueOf;
}

export function useWords(): Words {
  return useSyncExternalStore(subscribe, words);
}

export function language(): Language {
  return spoken;
}

/** The BCP 47 tag by which figures, dates and money are written. */
export function locale(): string {
  return tag;
}

export function useLocale(): string {
  return useSyncExternalStore(subscribe, locale);
}

/** Has the page speak a language at once: for what loads catalogues by itself. */
export function settle(wanted: string, loaded: Words): void {
  spoken = languageOf(wanted) ?? "en";
  // Dates are those of the region that the browser names for the language.
  tag = wanted.includes("-") ? wanted : (navigator.languages.find((t) => languageOf(t) === spoken) ?? spoken);
  catalogueOf = loaded;
  if (typeof document !== "undefined") {
    document.documentElement.lang = spoken;
    document.documentElement.dir = direction[spoken];
  }
  for (const l of listeners) l();
}

/** Has the page speak a language. Rejects when its catalogue can't be loaded; the page then goes on as it was. */
async function speak(wanted: string): Promise<void> {
  const mine = ++turn;
  const loaded = await load[languageOf(wanted) ?? "en"]();
  if (mine === turn) settle(wanted, loaded.default);
}

/** Speaks what was spoken here last, or else as the browser asks. */
export function begin(): Promise<void> {
  let kept: string | null = null;
  try {
    kept = localStorage.getItem(key);
  } catch {
    // storage is forbidden: the browser's it is
  }
  return speak(kept !== null && languageOf(kept) !== undefined ? kept : browsers());
}

/** Speaks what an agent has chosen; "" is nobody's choice: as the browser asks. */
export async function follow(chosen: string): Promise<void> {
  const known = languageOf(chosen) !== undefined;
  try {
    if (known) localStorage.setItem(key, chosen);
    else localStorage.removeItem(key);
  } catch {
    // as above: it is asked of the server next time
  }
  await speak(known ? chosen : browsers());
}

/** The words of what is loaded later, in every language. */
export function catalogue<T>(all: Record<Language, NoInfer<T>> & { readonly en: T }): { readonly words: () => T; readonly useWords: () => T } {
  const now = (): T => all[spoken];
  return { words: now, useWords: () => useSyncExternalStore(subscribe, now) };
}
