// What a search's filters are for, in the page's language. Their names are the
// language of searches itself, and are the same in every language.

import { catalogue } from "./words/language";

const en = {
  from: "who wrote it",
  to: "whom it went to",
  status: "where it stands",
  order: "the order's number",
  assignee: "whose it is",
  inbox: "where it came in",
  team: "which team's it is",
  tag: "how it is marked",
  reason: "why they wrote",
  priority: "how much it matters",
  channel: "by which way it came",
  before: "a day",
  after: "a day",
  has: "a file",
  is: "without an answer, or names you",
};

const de: typeof en = {
  from: "wer geschrieben hat",
  to: "an wen es ging",
  status: "in welchem Status",
  order: "die Nummer der Bestellung",
  assignee: "wem zugewiesen",
  inbox: "in welchem Posteingang",
  team: "bei welchem Team",
  tag: "mit welchem Tag",
  reason: "warum geschrieben wurde",
  priority: "wie dringend",
  channel: "auf welchem Kanal",
  before: "vor welchem Tag",
  after: "seit welchem Tag",
  has: "mit einem Anhang",
  is: "ohne Antwort, oder nennt dich",
};

export type FilterName = keyof typeof en;

export const { words } = catalogue<typeof en>({ en, de });
