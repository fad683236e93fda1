// The words of the audit log, in the page's language.

import { catalogue } from "../../words/language";

const en = {
  title: "Audit log",
  lead: "What agents did, and what was done to agents and channels by whomever. The newest first.",
  failed: "The log can't be read.",
  empty: "Nothing was done that fits.",
  who: "Who",
  anybody: "Anybody",
  what: "What",
  anything: "Anything",
  from: "From",
  to: "To",
  export: "Export as CSV",
  exporting: "Exporting",
  older: "Older",
  system: "The system",
  nothing: "nothing",
  groups: {
    people: "Agents, teams and invitations",
    setUp: "Settings",
    conversations: "Conversations and messages",
    customers: "Customers and orders",
  },
  kinds: {
    "agent.changed": ["made the agent", "changed the agent"],
    "invitation.changed": ["invited", "changed the invitation of"],
    "team.changed": ["made the team", "changed the team"],
    "account.changed": ["made the channel", "changed the channel"],
    "inbox.changed": ["made the inbox", "changed the inbox"],
    "brand.changed": ["made the brand", "changed the brand"],
    "calendar.changed": ["made the calendar", "changed the calendar"],
    "saved-reply.changed": ["made the saved reply", "changed the saved reply"],
    "tag.changed": ["changed the tag", "changed the tag"],
    "view.changed": ["shared the view", "changed the view"],
    "key.changed": ["spoke of the value", "spoke of the value"],
    "conversation.changed": ["began the conversation", "changed the conversation"],
    "message.changed": ["wrote in", "changed a message in"],
    "task.changed": ["made the task", "changed the task"],
    "customer.changed": ["made the customer", "changed the customer"],
    "order.changed": ["made the order", "changed the order"],
    "action.changed": ["asked the shop about", "asked the shop about"],
    "order.verification": ["verified", "verified"],
    "timeline.added": ["added to the timeline of", "added to the timeline of"],
  } as Readonly<Record<string, readonly [string, string]>>,
  other: ["did", "did"] as readonly [string, string],
  changes: (n: number) => (n === 1 ? "1 change" : `${n} changes`),
};

const de: typeof en = {
  title: "Protokoll",
  lead: "Was Agenten getan haben, und was mit Agenten und Kanälen geschah, durch wen auch immer. Das Neueste zuerst.",
  failed: "Das Protokoll kann nicht gelesen werden.",
  empty: "Nichts wurde getan, was passt.",
  who: "Wer",
  anybody: "Alle",
  what: "Was",
  anything: "Alles",
  from: "Von",
  to: "Bis",
  export: "Als CSV exportieren",
  exporting: "Wird exportiert",
  older: "Ältere",
  system: "Das System",
  nothing: "nichts",
  groups: {
    people: "Agenten, Teams und Einladungen",
    setUp: "Einstellungen",
    conversations: "Gespräche und Nachrichten",
    customers: "Kunden und Bestellungen",
  },
  kinds: {
    "agent.changed": ["legte an: Agent", "änderte: Agent"],
    "invitation.changed": ["lud ein:", "änderte die Einladung von"],
    "team.changed": ["legte an: Team", "änderte: Team"],
    "account.changed": ["legte an: Kanal", "änderte: Kanal"],
    "inbox.changed": ["legte an: Posteingang", "änderte: Posteingang"],
    "brand.changed": ["legte an: Marke", "änderte: Marke"],
    "calendar.changed": ["legte an: Kalender", "änderte: Kalender"],
    "saved-reply.changed": ["legte an: Textbaustein", "änderte: Textbaustein"],
    "tag.changed": ["änderte: Tag", "änderte: Tag"],
    "view.changed": ["teilte: Ansicht", "änderte: Ansicht"],
    "key.changed": ["sprach über den Wert", "sprach über den Wert"],
    "conversation.changed": ["begann: Gespräch", "änderte: Gespräch"],
    "message.changed": ["schrieb in", "änderte eine Nachricht in"],
    "task.changed": ["legte an: Aufgabe", "änderte: Aufgabe"],
    "customer.changed": ["legte an: Kunde", "änderte: Kunde"],
    "order.changed": ["legte an: Bestellung", "änderte: Bestellung"],
    "action.changed": ["fragte den Shop zu", "fragte den Shop zu"],
    "order.verification": ["prüfte", "prüfte"],
    "timeline.added": ["ergänzte den Verlauf von", "ergänzte den Verlauf von"],
  },
  other: ["tat", "tat"],
  changes: (n) => (n === 1 ? "1 Änderung" : `${n} Änderungen`),
};

export const { useWords } = catalogue({ en, de });

/** The kinds of each group of the filter. */
export const groups = {
  people: ["agent.changed", "invitation.changed", "team.changed"],
  setUp: ["account.changed", "inbox.changed", "brand.changed", "calendar.changed", "saved-reply.changed", "tag.changed", "view.changed", "key.changed"],
  conversations: ["conversation.changed", "message.changed", "task.changed"],
  customers: ["customer.changed", "order.changed", "action.changed", "order.verification"],
} as const;

export type Group = keyof typeof groups;
