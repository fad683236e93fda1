// The words of what belongs together: conversations, messages, customers and orders.

import { plural } from "./words/figures";
import { catalogue } from "./words/language";

const en = {
  close: "Close",
  cancel: "Cancel",
  find: "Find a conversation",
  findBy: "Number, name or words",
  conversations: "Conversations",
  nothingYet: "Nothing comes to mind: search for it.",
  searching: "Searching",
  nothingFound: "Nothing found.",
  joinTitle: (n: number): string => `Join another conversation to #${n}`,
  stranger: (who: string): string => `It is with ${who}, somebody else. Whoever is answered here may see what the other wrote.`,
  joinThis: (n: number): string => `Join #${n} to this one`,
  join: "Join",
  moveTitle: "Move messages elsewhere",
  where: "Where to",
  toNew: "To a new conversation",
  toOther: "To another one",
  moveHelp: "Answers to what you move arrive there too.",
  move: (n: number): string => (n > 1 ? plural(n, { other: "Move # messages" }) : "Move"),
  factsTitle: (n: number): string => `How #${n} came together`,
  noFacts: "Nothing was joined to it or moved. Beside each message stands why it is here.",
  takeBack: "Take back",
  fact: {
    merge: "Two conversations were joined",
    split: (n: number): string => (n > 1 ? plural(n, { other: "# messages were moved" }) : "A message was moved"),
    sameOrder: "Another thread about the same order came in",
    handOver: "It goes on over another channel",
    late: "A mail that came late ties two threads together",
  },

  joined: (other: number, to: number): string => `#${other} joined to #${to}`,
  moved: (to: number): string => `Moved to #${to}`,
  other: "the other customer",
  joinedWith: (who: string): string => `Joined with ${who}`,
  apart: "Taken apart again",
  later: "Asked again in a week",
  notSame: (who: string): string => `Not the same as ${who}`,
  about: (order: string): string => `About order ${order}`,
  notAbout: (order: string): string => `Not about order ${order}`,
  it: "It",
  notTheirs: (what: string): string => `${what} is no order of theirs`,
};

const de: typeof en = {
  close: "Schließen",
  cancel: "Abbrechen",
  find: "Gespräch suchen",
  findBy: "Nummer, Name oder Worte",
  conversations: "Gespräche",
  nothingYet: "Kein Vorschlag: Such danach.",
  searching: "Wird gesucht",
  nothingFound: "Nichts gefunden.",
  joinTitle: (n) => `Anderes Gespräch mit #${n} verbinden`,
  stranger: (who) => `Es ist mit ${who}, also mit jemand anderem. Wer hier Antwort bekommt, sieht vielleicht, was der andere geschrieben hat.`,
  joinThis: (n) => `#${n} mit diesem verbinden`,
  join: "Verbinden",
  moveTitle: "Nachrichten verschieben",
  where: "Wohin",
  toNew: "In ein neues Gespräch",
  toOther: "In ein anderes",
  moveHelp: "Antworten auf das, was du verschiebst, kommen auch dort an.",
  move: (n) => (n > 1 ? plural(n, { other: "# Nachrichten verschieben" }) : "Verschieben"),
  factsTitle: (n) => `Wie #${n} zustande kam`,
  noFacts: "Nichts wurde damit verbunden oder verschoben. Neben jeder Nachricht steht, warum sie hier ist.",
  takeBack: "Zurücknehmen",
  fact: {
    merge: "Zwei Gespräche wurden verbunden",
    split: (n) => (n > 1 ? plural(n, { other: "# Nachrichten wurden verschoben" }) : "Eine Nachricht wurde verschoben"),
    sameOrder: "Ein weiterer Verlauf zur selben Bestellung kam dazu",
    handOver: "Es geht auf einem anderen Kanal weiter",
    late: "Eine verspätete Mail verbindet zwei Verläufe",
  },

  joined: (other, to) => `#${other} mit #${to} verbunden`,
  moved: (to) => `Nach #${to} verschoben`,
  other: "dem anderen Kunden",
  joinedWith: (who) => `Mit ${who} zusammengeführt`,
  apart: "Wieder getrennt",
  later: "Wird in einer Woche wieder gefragt",
  notSame: (who) => `Nicht mit ${who} identisch`,
  about: (order) => `Es geht um Bestellung ${order}`,
  notAbout: (order) => `Es geht nicht um Bestellung ${order}`,
  it: "Das",
  notTheirs: (what) => `${what} ist keine Bestellung dieses Kunden`,
};

export const { words, useWords } = catalogue<typeof en>({ en, de });

/** What a fact did to a conversation. */
export function factWord(f: { readonly kind: string; readonly messages: readonly string[] }): string {
  const w = words().fact;
  switch (f.kind) {
    case "merge":
      return w.merge;
    case "split":
      return w.split(f.messages.length);
    case "same-order":
      return w.sameOrder;
    case "hand-over":
      return w.handOver;
    default:
      return w.late;
  }
}
