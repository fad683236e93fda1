// The words of the agents' telephones, and of how long a mail can be taken back.

import { plural } from "../../words/figures";
import { catalogue } from "../../words/language";

const en = {
  yours: "Your telephone",
  yoursLead:
    "When a call rings at your telephone its customer's card comes up, whichever conversation you are in. Give the extension or the number by which your exchange knows you.",
  number: "Extension or number",
  undoSend: "Undo send",
  undoSendLead: "How long a mail waits before it leaves, so that you can take it back. It holds for this browser.",
  hold: (seconds: number) => (seconds === 0 ? "Not at all" : `${seconds} seconds`),
  all: "Telephones",
  allLead:
    "A call that rings at one of these is shown to its agent alone. One that rings for nobody by name is shown to those of the inbox who are there and want it.",
  failed: "The agents can't be loaded.",
  of: (name: string) => `Telephone of ${name}`,
  nobody: "Nobody works here yet.",
  save: "Save",
  saved: "Saved",
  showCalls: "Show calls to the inbox",
};

const de: typeof en = {
  yours: "Dein Telefon",
  yoursLead:
    "Läutet ein Anruf an deinem Telefon, erscheint die Karte des Kunden, in welchem Gespräch du auch bist. Gib die Nebenstelle oder Nummer an, unter der deine Telefonanlage dich kennt.",
  number: "Nebenstelle oder Nummer",
  undoSend: "Senden zurücknehmen",
  undoSendLead: "Wie lange eine Mail wartet, bevor sie abgeht, damit du sie zurücknehmen kannst. Es gilt für diesen Browser.",
  hold: (seconds) => (seconds === 0 ? "Gar nicht" : plural(seconds, { one: "# Sekunde", other: "# Sekunden" })),
  all: "Telefone",
  allLead:
    "Ein Anruf, der an einem davon läutet, wird nur diesem Agenten gezeigt. Läutet er bei niemand Bestimmtem, sehen ihn alle im Posteingang, die da sind und ihn sehen wollen.",
  failed: "Die Agenten können nicht geladen werden.",
  of: (name) => `Telefon von ${name}`,
  nobody: "Hier arbeitet noch niemand.",
  save: "Speichern",
  saved: "Gespeichert",
  showCalls: "Anrufe für den Posteingang zeigen",
};

export const { useWords } = catalogue({ en, de });
