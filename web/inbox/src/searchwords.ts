// The words of what was found.

import type { FoundKind } from "./types";
import { catalogue } from "./words/language";

const en = {
  filters: "Filters",
  kinds: { customer: "Customers", order: "Orders", file: "Files" } satisfies Record<FoundKind, string>,
  moreOf: { customer: "More customers", order: "More orders", file: "More files" } satisfies Record<FoundKind, string>,
  begin: "Search everything that was said.",
  beginMore: "Words of a message, a name, an address, a number. Filters such as from: and before: narrow it down.",
  failed: "The search did not go through.",
  nothing: (query: string) => `Nothing found for “${query}”.`,
  nothingMore: "Try fewer words or filters, or part of the address.",
  resultsFor: (query: string) => `Results for ${query}`,
  messages: "Messages",
  results: "Results",
  more: "Show more",
  similar: "similar",
};

const de: typeof en = {
  filters: "Filter",
  kinds: { customer: "Kunden", order: "Bestellungen", file: "Dateien" },
  moreOf: { customer: "Weitere Kunden", order: "Weitere Bestellungen", file: "Weitere Dateien" },
  begin: "Such in allem, was gesagt wurde.",
  beginMore: "Wörter einer Nachricht, ein Name, eine Adresse, eine Nummer. Filter wie from: und before: engen ein.",
  failed: "Die Suche ist nicht durchgekommen.",
  nothing: (query) => `Nichts gefunden für „${query}“.`,
  nothingMore: "Versuch es mit weniger Wörtern oder Filtern, oder mit einem Teil der Adresse.",
  resultsFor: (query) => `Ergebnisse für ${query}`,
  messages: "Nachrichten",
  results: "Ergebnisse",
  more: "Mehr zeigen",
  similar: "ähnlich",
};

export const { useWords } = catalogue({ en, de });
