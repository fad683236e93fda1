// The words of the command bar and of the help page, in the page's language.

import type { Binding, Command } from "./keys";
import { catalogue } from "./words/language";

interface Words {
  readonly title: string;
  readonly hint: string;
  readonly keysTitle: string;
  readonly close: string;
  readonly or: string;
  readonly whileWriting: string;
  readonly send: string;
  readonly leave: string;
  readonly key: (keys: string) => string;
  readonly found: Record<"act" | "go" | "conversations" | "customers" | "orders", string>;
  readonly open: (number: string) => string;
  readonly search: (text: string) => string;
  readonly settings: (page: string) => string;
  readonly signOut: string;
  readonly nothing: string;
  readonly groups: Record<Binding["group"], string>;
  readonly does: Record<Command, string>;
}

const en: Words = {
  title: "Commands",
  hint: "Do something, go somewhere, find somebody",
  keysTitle: "Keys",
  close: "Close",
  or: " or ",
  whileWriting: "While writing",
  send: "Send",
  leave: "Leave the field, keep the draft",
  key: (keys) => `, key ${keys}`,
  found: { act: "Do", go: "Go to", conversations: "Conversations", customers: "Customers", orders: "Orders" },
  open: (number) => `Open conversation #${number}`,
  search: (text) => `Search for “${text}”`,
  settings: (page) => `Settings: ${page}`,
  signOut: "Sign out",
  nothing: "Nothing of that name.",
  groups: { Move: "Move", Select: "Select", Answer: "Answer", "Sort out": "Sort out", Show: "Show" },
  does: {
    next: "Next conversation",
    previous: "Previous conversation",
    open: "Open",
    "go-mine": "Go to Mine",
    "go-unassigned": "Go to Unassigned",
    "go-mentions": "Go to Mentions",
    "go-all": "Go to All",
    "go-callbacks": "Go to Callbacks",
    "go-queues": "Go to the queues, as a supervisor",
    lists: "Go to any list",
    select: "Select",
    "extend-next": "Select down to the next",
    "extend-previous": "Select up to the previous",
    "select-all": "Select all in the list",
    "clear-selection": "Select nothing",
    reply: "Reply",
    note: "Note for the team",
    begin: "Write to a customer: a new conversation",
    sides: "Side conversations, with a warehouse or a carrier",
    forward: "Forward the newest message to others, aside",
    close: "Close and go to the next",
    "assign-me": "Assign to me",
    assign: "Assign to somebody",
    snooze: "Snooze until a time",
    tags: "Tags",
    priority: "Priority",
    team: "Hand to a team",
    fields: "Contact reason and other fields",
    watch: "Watch: be told of new messages, or no more",
    spam: "Spam",
    block: "Spam, and block the sender",
    undo: "Undo the last change",
    call: "Open the call that rings",
    panel: "Customer panel",
    commands: "Find anything and do it",
    search: "Search",
    help: "All keys",
  },
};

const de: Words = {
  title: "Befehle",
  hint: "Etwas tun, irgendwohin gehen, jemanden finden",
  keysTitle: "Tasten",
  close: "Schließen",
  or: " oder ",
  whileWriting: "Beim Schreiben",
  send: "Senden",
  leave: "Feld verlassen, Entwurf behalten",
  key: (keys) => `, Taste ${keys}`,
  found: { act: "Tun", go: "Gehen zu", conversations: "Gespräche", customers: "Kunden", orders: "Bestellungen" },
  open: (number) => `Gespräch #${number} öffnen`,
  search: (text) => `Nach „${text}“ suchen`,
  settings: (page) => `Einstellungen: ${page}`,
  signOut: "Abmelden",
  nothing: "Nichts mit diesem Namen.",
  groups: { Move: "Bewegen", Select: "Auswählen", Answer: "Antworten", "Sort out": "Bearbeiten", Show: "Zeigen" },
  does: {
    next: "Nächstes Gespräch",
    previous: "Voriges Gespräch",
    open: "Öffnen",
    reply: "Antworten",
    note: "Notiz fürs Team",
    close: "Schließen und zum nächsten",
    "assign-me": "Mir zuweisen",
    assign: "Jemandem zuweisen",
    snooze: "Zurückstellen bis",
    tags: "Tags",
    priority: "Priorität",
    team: "An ein Team geben",
    fields: "Kontaktgrund und andere Felder",
    watch: "Beobachten: von neuen Nachrichten erfahren, oder nicht mehr",
    spam: "Spam",
    block: "Spam, und den Absender sperren",
    undo: "Letzte Änderung zurücknehmen",
    panel: "Kundenleiste",
    search: "Suchen",
    "go-mine": "Zu „Meine“",
    "go-unassigned": "Zu „Nicht zugewiesen“",
    "go-mentions": "Zu „Erwähnungen“",
    "go-all": "Zu „Alle“",
    "go-callbacks": "Zu „Rückrufe“",
    "go-queues": "Zu den Warteschlangen, als Teamleitung",
    begin: "Kunden anschreiben: ein neues Gespräch",
    sides: "Nebengespräche, mit Lager oder Paketdienst",
    forward: "Neueste Nachricht nebenbei an andere weiterleiten",
    lists: "Zu einer anderen Liste",
    select: "Auswählen",
    "select-all": "Alle der Liste auswählen",
    "extend-next": "Bis zum nächsten auswählen",
    "extend-previous": "Bis zum vorigen auswählen",
    "clear-selection": "Auswahl aufheben",
    call: "Den Anruf öffnen, der klingelt",
    commands: "Alles finden und tun",
    help: "Alle Tasten",
  },
};

export const { words, useWords } = catalogue<Words>({ en, de });
