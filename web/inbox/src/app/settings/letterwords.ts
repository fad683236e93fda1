// The words of the page of what could not be handled.

import { catalogue } from "../../words/language";
import { sentence, shaped, type Shapes } from "../../words/shapes";

const en = {
  title: "Not handled",
  text: "Came in and could not be taken, for what is in it. Nothing of it is lost: when the cause is gone, have it tried again.",
  failed: "It can't be loaded.",
  none: "Everything that came in was handled. What can't be will stand here, with its reason.",
  again: "Try again",
  all: (n: number) => `Try all ${n} again`,
  discard: "Throw away",
  sure: "Throw it away for good? What came is lost by it.",
  keep: "Keep it",
  tried: "Tried again: what still can't be taken comes back here.",
  more: "Older ones",
  /** Why it could not be taken, as the server put it. */
  reason: sentence,
};

export type Words = typeof en;

const reasons: Shapes = [
  [/^account "(.*)" is not there: add it, then replay$/su, "Den Kanal „$1“ gibt es nicht. Füg ihn hinzu, und versuch es dann noch einmal."],
  [/^handling it failed in Skein itself: see the server's log, and replay it after an update$/u, "Skein selbst ist daran gescheitert. Sieh im Protokoll des Servers nach, und versuch es nach einem Update noch einmal."],
  [/^a body of it can't be had: (.+)$/su, "Ein Teil davon ist nicht zu bekommen: $1"],
  [/^not an item of the contract: (.+)$/su, "Der Konnektor hat es nicht in der vereinbarten Form geschickt: $1"],
  [/^items of kind "(.*)" can't be handled$/su, "Für die Art „$1“ gibt es keine Verarbeitung."],
];

const de: Words = {
  title: "Nicht verarbeitet",
  text: "Kam an und konnte seines Inhalts wegen nicht verarbeitet werden. Nichts davon ist verloren: ist die Ursache behoben, lass es noch einmal versuchen.",
  failed: "Das kann nicht geladen werden.",
  none: "Alles, was ankam, ist verarbeitet. Was sich nicht verarbeiten lässt, steht hier, mit dem Grund.",
  again: "Noch einmal",
  all: (n: number) => `Alle ${n} noch einmal`,
  discard: "Wegwerfen",
  sure: "Endgültig wegwerfen? Was ankam, ist damit verloren.",
  keep: "Behalten",
  tried: "Noch einmal versucht: Was sich weiter nicht verarbeiten lässt, kommt hierher zurück.",
  more: "Ältere",
  reason: (said) => shaped(said, reasons) ?? said,
};

export const { useWords } = catalogue({ en, de });
