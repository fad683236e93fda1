// What is said of a list with nothing in it: that it is so, and what brings
// something there.

import { keyOf } from "./keys";
import type { Status } from "./types";
import { catalogue } from "./words/language";

type Empty = readonly [words: string, more: string];

interface Words {
  readonly of: Record<"mine" | "unassigned" | "mentions" | "tag" | "saved" | Status | "all", Empty>;
  /** Of an agent who may see nothing. */
  readonly noInbox: Empty;
  /** Of an admin, while nothing can come in. */
  readonly noChannel: Empty;
  readonly toUnassigned: string;
  readonly toAll: string;
  readonly toSetup: string;
}

const en: Words = {
  of: {
    mine: ["Nothing waits for you.", `What is assigned to you comes here. Take something: open it and press ${keyOf("assign-me")}.`],
    unassigned: ["Everything has somebody.", "What customers write comes here until somebody takes it."],
    mentions: ["Nobody asks for you.", "Where a colleague's note names you by @, it comes here."],
    tag: ["Nothing open has this tag.", `Press ${keyOf("tags")} on a conversation to give it one.`],
    saved: ["Nothing is like this now.", "What fits the view comes here by itself."],
    open: ["No open conversations.", "What customers write to your inboxes comes here."],
    pending: ["Nothing pending.", "What waits for somebody else, such as a carrier, is kept here: choose Pending in a conversation's menu."],
    snoozed: ["Nothing snoozed.", `Press ${keyOf("snooze")} on a conversation to put it off: it waits here, and comes back at its time or when the customer writes.`],
    closed: ["Nothing closed yet.", `Press ${keyOf("close")} on a conversation to close it. It stays here, and opens again when the customer writes.`],
    spam: ["No spam.", "What the mail provider takes for spam is kept here, for you to check."],
    all: ["No conversations yet.", "What customers write to your inboxes comes here."],
  },
  noInbox: ["You see no inbox yet.", "An admin gives you one, under Settings, Agents. It shows here at once."],
  noChannel: ["Nothing can come in yet.", "Connect a mailbox or put the chat on your pages: what customers write then comes here by itself."],
  toUnassigned: "Look at Unassigned",
  toAll: "Look at All",
  toSetup: "Set up",
};

const de: Words = {
  of: {
    mine: ["Nichts wartet auf dich.", `Was dir zugewiesen ist, kommt hierher. Nimm dir etwas: öffne es und drück ${keyOf("assign-me")}.`],
    unassigned: ["Alles hat jemanden.", "Was Kunden schreiben, kommt hierher, bis jemand es nimmt."],
    mentions: ["Niemand fragt nach dir.", "Wo dich eine Notiz aus dem Team mit @ nennt, das kommt hierher."],
    tag: ["Nichts Offenes hat diesen Tag.", `Drück ${keyOf("tags")} auf einem Gespräch, um ihm einen zu geben.`],
    saved: ["Gerade passt nichts.", "Was zur Ansicht passt, kommt von selbst hierher."],
    open: ["Keine offenen Gespräche.", "Was Kunden an deine Posteingänge schreiben, kommt hierher."],
    pending: ["Nichts wartet.", "Was auf andere wartet, etwa einen Paketdienst, bleibt hier: wähl Wartend im Menü eines Gesprächs."],
    snoozed: ["Nichts zurückgestellt.", `Drück ${keyOf("snooze")} auf einem Gespräch, um es zurückzustellen: es wartet hier und kommt zu seiner Zeit wieder, oder wenn der Kunde schreibt.`],
    closed: ["Noch nichts geschlossen.", `Drück ${keyOf("close")} auf einem Gespräch, um es zu schließen. Es bleibt hier und öffnet sich wieder, wenn der Kunde schreibt.`],
    spam: ["Kein Spam.", "Was der Mailanbieter für Spam hält, wird hier zur Prüfung aufgehoben."],
    all: ["Noch keine Gespräche.", "Was Kunden an deine Posteingänge schreiben, kommt hierher."],
  },
  noInbox: ["Du siehst noch keinen Posteingang.", "Ein Admin gibt dir einen, unter Einstellungen, Agenten. Er erscheint hier sofort."],
  noChannel: ["Noch kann nichts hereinkommen.", "Verbinde ein Postfach oder setz den Chat auf deine Seiten: was Kunden dann schreiben, kommt von selbst hierher."],
  toUnassigned: "Zu den nicht zugewiesenen",
  toAll: "Zu allen",
  toSetup: "Einrichten",
};

export const { words, useWords } = catalogue<Words>({ en, de });
