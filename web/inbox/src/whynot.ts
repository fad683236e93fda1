// Why something isn't offered with an order or a cart, in the page's language: by the
// code; where there is none that is known, in the server's words.

import { catalogue } from "./words/language";

/** By code; English is what the server says. */
type Words = Readonly<Record<string, string>>;

const de: Words = {
  "not-served": "Der Shop ist nicht verbunden, das geht nur im Shop selbst",
  "wrong-settings": "Die Einstellungen des Kanals stimmen nicht",
  "tells-only": "Dieser Shop meldet nur, was geschieht, und kann nicht gefragt werden: Das geht nur im Shop selbst",
  "no-key": "Dem Kanal fehlt der Schlüssel zur API des Shops: Adresse und Schlüssel gehören in seine Einstellungen",
  withheld: "In den Einstellungen des Kanals abgeschaltet",
};

const { words } = catalogue<Words>({ en: {}, de });

export function whyNot(code: string, said: string): string {
  return words()[code] ?? said;
}
