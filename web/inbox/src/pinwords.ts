// The words of what customers gave, above the conversation.

import { catalogue } from "./words/language";

const en = {
  given: "What the customer gave",
  kind: { order: "Order", tracking: "Parcel", address: "Address", phone: "Telephone", email: "Mail address", date: "Date", words: "Pinned" } as Record<string, string>,
  show: "Show where it is said",
  copy: "Copy",
  copied: "Copied",
  put: "Put into the reply",
  off: "Take off",
  offDone: (text: string): string => `Taken off: ${text}`,
  more: (n: number): string => `${n} more`,
  fewer: "Show fewer",
  forward: "Forward",
  pin: "Pin words of this message",
  selected: (text: string): string => `Pin “${text}”`,
  which: "Which sentence",
  pinnedDone: "Pinned above the conversation",
  failed: "It could not be done.",
};

const de: typeof en = {
  given: "Was der Kunde angegeben hat",
  kind: { order: "Bestellung", tracking: "Paket", address: "Adresse", phone: "Telefon", email: "Mailadresse", date: "Datum", words: "Angeheftet" },
  show: "Zeigen, wo es steht",
  copy: "Kopieren",
  copied: "Kopiert",
  put: "In die Antwort übernehmen",
  off: "Abnehmen",
  offDone: (text) => `Abgenommen: ${text}`,
  more: (n) => `${n} weitere`,
  fewer: "Weniger zeigen",
  forward: "Weiterleiten",
  pin: "Worte dieser Nachricht anheften",
  selected: (text) => `„${text}“ anheften`,
  which: "Welcher Satz",
  pinnedDone: "Über dem Gespräch angeheftet",
  failed: "Es ging nicht.",
};

export const { words, useWords } = catalogue<typeof en>({ en, de });
