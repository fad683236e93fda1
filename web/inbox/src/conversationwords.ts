// The words around a conversation: its header, who is there, what may belong with it.

import type { Viewer } from "./around";
import { listed, plural } from "./words/figures";
import { catalogue } from "./words/language";

const en = {
  back: "Back to the list",
  conversation: (n: number): string => `Conversation ${n}`,
  cannotShow: "This conversation can't be shown.",
  kept: (why: string): string => `${why} What you wrote is kept.`,
  hidden: "It may be in an inbox that you don't see, or the number is wrong.",
  dismiss: "Dismiss",
  messages: "Messages",
  cannotLoad: "The messages can't be loaded.",
  earlier: "Show earlier messages",
  loading: "Loading",
  below: "New message below",

  assign: "Assign",
  assignTo: "Assign to",
  assignedTo: (name: string): string => `Assigned to ${name}. Change`,
  toMe: "Assign to me",
  toSomebody: "Assign to somebody",
  openAgain: "Open again",
  notSpam: "Not spam",
  pending: "Pending: waits for somebody else",
  close: "Close",
  closeIt: "Close the conversation",
  closeNext: "Close and go to the next",
  spam: "Spam",
  followUp: "Follow up later",
  logCall: "Log a call",
  join: "Join another conversation",
  move: "Move messages elsewhere",
  facts: "How it came together",
  more: "More",
  customer: "Customer",
  waiting: (span: string): string => `waiting ${span}`,
  until: (status: string, when: string): string => `${status} until ${when}`,

  looking: (who: string): string => `${who} is looking at this`,
  replying: (who: string, n: number): string => plural(n, { one: `${who} is replying`, other: `${who} are replying` }),
  noting: (who: string, n: number): string => plural(n, { one: `${who} is writing a note`, other: `${who} are writing notes` }),
  typing: (who: string): string => `${who} is typing`,
  others: (first: string, n: number): string => plural(n, { one: `${first} and # other`, other: `${first} and # others` }),
  online: "online",

  mayBelong: "May belong with",
  andMore: (n: number): string => `, and ${n} more`,
  joinIt: "Join",
  hide: "Hide",
};

const de: typeof en = {
  back: "Zurück zur Liste",
  conversation: (n) => `Gespräch ${n}`,
  cannotShow: "Dieses Gespräch lässt sich nicht anzeigen.",
  kept: (why) => `${why} Was du geschrieben hast, bleibt erhalten.`,
  hidden: "Es liegt in einem Posteingang, den du nicht siehst, oder die Nummer stimmt nicht.",
  dismiss: "Ausblenden",
  messages: "Nachrichten",
  cannotLoad: "Die Nachrichten können nicht geladen werden.",
  earlier: "Frühere Nachrichten zeigen",
  loading: "Wird geladen",
  below: "Neue Nachricht unten",

  assign: "Zuweisen",
  assignTo: "Zuweisen an",
  assignedTo: (name) => `Zugewiesen: ${name}. Ändern`,
  toMe: "Mir zuweisen",
  toSomebody: "Jemandem zuweisen",
  openAgain: "Wieder öffnen",
  notSpam: "Kein Spam",
  pending: "Wartend: auf jemand anderen",
  close: "Schließen",
  closeIt: "Gespräch schließen",
  closeNext: "Schließen und zum nächsten",
  spam: "Spam",
  followUp: "Später nachfassen",
  logCall: "Anruf eintragen",
  join: "Mit anderem Gespräch verbinden",
  move: "Nachrichten verschieben",
  facts: "Wie es zustande kam",
  more: "Mehr",
  customer: "Kunde",
  waiting: (span) => `wartet ${span}`,
  until: (status, when) => `${status} bis ${when}`,

  looking: (who) => `${who} sieht sich das an`,
  replying: (who, n) => plural(n, { one: `${who} antwortet gerade`, other: `${who} antworten gerade` }),
  noting: (who, n) => plural(n, { one: `${who} schreibt eine Notiz`, other: `${who} schreiben Notizen` }),
  typing: (who) => `${who} schreibt gerade`,
  others: (first, n) => plural(n, { one: `${first} und # weitere Person`, other: `${first} und # weitere` }),
  online: "online",

  mayBelong: "Gehört vielleicht zu",
  andMore: (n) => `, und ${n} weitere`,
  joinIt: "Verbinden",
  hide: "Ausblenden",
};

export const { words, useWords } = catalogue<typeof en>({ en, de });

/** Who writes what, in words; "" when nobody does. `somebody` is who has no name. */
export function typingWords(viewers: readonly Viewer[], customer: string, somebody: string): string {
  const w = words();
  const of = (typing: Viewer["typing"], does: (who: string, n: number) => string): string => {
    const names = viewers.filter((v) => v.typing === typing).map((v) => v.name || somebody);
    const [first = ""] = names;
    if (names.length === 0) return "";
    return does(names.length > 2 ? w.others(first, names.length - 1) : listed(names), names.length);
  };
  return [of("reply", w.replying), of("note", w.noting), customer === "" ? "" : w.typing(customer)].filter((x) => x !== "").join(" · ");
}
