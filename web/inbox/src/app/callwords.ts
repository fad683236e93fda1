// The words of calls: while they go on, and as they stand in a conversation.

import { figure, plural } from "../words/figures";
import { catalogue } from "../words/language";

// The signs are those of every language.
const seconds = (n: number): string => (n < 60 ? `${n} s` : `${Math.floor(n / 60)} min ${n % 60} s`);

/** How a call went, as exchanges tell it; what else they tell is shown as it is. */
type Outcomes = Readonly<Record<string, string>>;

const en = {
  voicemail: "Voicemail",
  missed: "Missed call",
  notAnswered: "Call, not answered",
  call: "Call",
  callOut: "Call to the customer",
  afterRinging: (n: number) => `after ${seconds(n)} of ringing`,
  rang: (n: number) => `rang ${seconds(n)}`,
  talked: (n: number) => `talked ${seconds(n)}`,
  with: (who: string) => `with ${who}`,
  theySaid: "What they said",
  transcript: "Transcript",
  byMachine: "Written by a machine: check it against the recording.",
  telephones: (n: number) => `${n} telephones`,
  theCustomer: "The customer",
  unknown: "Unknown",
  outcomes: { answered: "Answered", missed: "Missed", voicemail: "Voicemail", busy: "Busy", failed: "Failed", ringing: "Ringing" } as Outcomes,
  legTalked: (outcome: string, n: number) => `${outcome}, ${n} s`,
  sumUp: "Sum up",
  change: "Change",
  changeSummary: "Change the summary",
  summary: "What the call came to",
  cancel: "Cancel",
  save: "Save",
  recording: "Recording",
  fetched: (what: string) => `${what} is being fetched`,
  notHad: (what: string) => `${what} can't be had`,
  cantPlay: "It can't be played here. Download it below.",

  calls: "Calls",
  more: (n: number) => `and ${n} more`,
  ringing: "Ringing",
  taken: "You took it",
  ended: "Call ended",
  nobody: "Nobody took it",
  withheld: "Number withheld",
  putAside: "Put aside",
  unproven: "by caller's number, unproven",
  open: "Open conversations",
  unknownNumber: "Nobody is known by this number yet.",
  openCall: "Open the call",
  nothingYet: "Nothing to open yet",
  openIt: "Open",
  viewing: "Now viewing",
};

type Words = typeof en;

const de: Words = {
  voicemail: "Voicemail",
  missed: "Verpasster Anruf",
  notAnswered: "Anruf, nicht angenommen",
  call: "Anruf",
  callOut: "Anruf beim Kunden",
  afterRinging: (n) => `nach ${seconds(n)} Läuten`,
  rang: (n) => `läutete ${seconds(n)}`,
  talked: (n) => `${seconds(n)} gesprochen`,
  with: (who) => `mit ${who}`,
  theySaid: "Was gesagt wurde",
  transcript: "Mitschrift",
  byMachine: "Maschinell geschrieben: vergleiche es mit der Aufzeichnung.",
  telephones: (n) => plural(n, { one: "# Telefon", other: "# Telefone" }),
  theCustomer: "Der Kunde",
  unknown: "Unbekannt",
  outcomes: { answered: "Angenommen", missed: "Verpasst", voicemail: "Voicemail", busy: "Besetzt", failed: "Fehlgeschlagen", ringing: "Läutet" },
  legTalked: (outcome, n) => `${outcome}, ${n} s`,
  sumUp: "Zusammenfassen",
  change: "Ändern",
  changeSummary: "Zusammenfassung ändern",
  summary: "Was der Anruf ergab",
  cancel: "Abbrechen",
  save: "Speichern",
  recording: "Aufzeichnung",
  fetched: (what) => `${what} wird abgeholt`,
  notHad: (what) => `${what} ist nicht verfügbar`,
  cantPlay: "Das lässt sich hier nicht abspielen. Lade es unten herunter.",

  calls: "Anrufe",
  more: (n) => `und ${figure(n)} weitere`,
  ringing: "Läutet",
  taken: "Du hast angenommen",
  ended: "Anruf beendet",
  nobody: "Niemand hat angenommen",
  withheld: "Nummer unterdrückt",
  putAside: "Beiseitelegen",
  unproven: "nach der Rufnummer, nicht belegt",
  open: "Offene Gespräche",
  unknownNumber: "Unter dieser Nummer ist noch niemand bekannt.",
  openCall: "Anruf öffnen",
  nothingYet: "Noch nichts zu öffnen",
  openIt: "Öffnen",
  viewing: "Sieht gerade",
};

export const { words, useWords } = catalogue({ en, de });

/** A call in a line: who called whom and how it went. */
export function callWords(c: { direction: "in" | "out"; disposition: string; talkSeconds: number; ringSeconds: number }): { word: string; missed: boolean; detail: string } {
  const w = words();
  const missed = c.direction === "in" && c.disposition !== "answered";
  if (c.disposition === "voicemail") return { word: w.voicemail, missed, detail: c.ringSeconds > 0 ? w.afterRinging(c.ringSeconds) : "" };
  if (c.disposition !== "answered") return { word: missed ? w.missed : w.notAnswered, missed, detail: c.ringSeconds > 0 ? w.rang(c.ringSeconds) : "" };
  return { word: c.direction === "in" ? w.call : w.callOut, missed, detail: c.talkSeconds > 0 ? w.talked(c.talkSeconds) : "" };
}

/** How one of a call's telephones fared. */
export function outcomeWord(disposition: string): string {
  const s = words().outcomes[disposition] ?? disposition.replace(/_/g, " ");
  return s.charAt(0).toUpperCase() + s.slice(1);
}
