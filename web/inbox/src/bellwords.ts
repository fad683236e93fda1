// The words of the bell and of its settings, in the page's language.

import type { Notice, NoticeKind } from "./bell";
import { catalogue } from "./words/language";

type Kind = Notice["kind"];

interface Words {
  readonly title: string;
  readonly unread: (n: string) => string;
  readonly allRead: string;
  readonly markRead: string;
  readonly settings: string;
  readonly empty: string;
  readonly older: string;
  readonly failed: string;
  readonly isNew: string;
  readonly line: Record<Kind, (by: string) => string>;
  readonly lead: string;
  readonly kinds: Record<NoticeKind, { word: string; detail: string }>;
  readonly ways: Record<"app" | "push" | "email", string>;
  readonly device: string;
  readonly deviceLead: string;
  readonly turnOn: string;
  readonly turnOff: string;
  readonly on: string;
  readonly onHere: string;
  readonly denied: string;
  readonly unable: string;
  readonly text: string;
  readonly after: string;
  readonly minutes: (n: number) => string;
  readonly devices: string;
  readonly thisOne: string;
  readonly remove: (name: string) => string;
}

const en: Words = {
  title: "Notifications",
  unread: (n) => `Notifications, ${n} unread`,
  allRead: "Mark all as read",
  markRead: "Mark as read",
  settings: "Settings",
  empty: "Nothing yet. What is given to you, where a note names you, and what is said in your conversations appears here.",
  older: "Older",
  failed: "Notifications can't be loaded.",
  isNew: "unread",
  line: {
    assignment: (by) => (by === "" ? "It was given to you" : `${by} gave it to you`),
    mention: (by) => (by === "" ? "You were mentioned" : `${by} mentioned you`),
    message: (by) => (by === "" ? "New message" : `${by} wrote`),
    direct: (by) => `${by} tells you`,
  },
  lead: "How you are told of what concerns you. What you read on one device is read on all.",
  kinds: {
    assignment: { word: "Given to you", detail: "A conversation is assigned to you" },
    mention: { word: "Mentions", detail: "A note names you" },
    message: { word: "New messages", detail: "In conversations that are yours or that you watch" },
  },
  ways: { app: "In the app", push: "Browser", email: "Mail when away" },
  device: "This browser",
  deviceLead: "It tells you while Skein is in the background or closed.",
  turnOn: "Turn on",
  turnOff: "Turn off",
  on: "On, also while Skein is closed.",
  onHere: "On while Skein is open. This browser's push service can't be reached, so nothing comes while it is closed.",
  denied: "The browser forbids it. Allow notifications for this page in the browser's settings, then come back.",
  unable: "This browser has no notifications, or the page isn't served by https.",
  text: "Show the first words of messages, also on a locked screen",
  after: "Mail what is unread after an absence of",
  minutes: (n) => (n < 60 ? `${n} minutes` : n === 60 ? "1 hour" : n < 1440 ? `${n / 60} hours` : n === 1440 ? "1 day" : `${n / 1440} days`),
  devices: "Browsers that are told",
  thisOne: "this one",
  remove: (name) => `Tell ${name} no more`,
};

const de: Words = {
  title: "Benachrichtigungen",
  unread: (n) => `Benachrichtigungen, ${n} ungelesen`,
  allRead: "Alle als gelesen markieren",
  markRead: "Als gelesen markieren",
  settings: "Einstellungen",
  empty: "Noch nichts. Was dir gegeben wird, wo eine Notiz dich nennt und was in deinen Gesprächen gesagt wird, steht hier.",
  older: "Ältere",
  failed: "Die Benachrichtigungen können nicht geladen werden.",
  isNew: "ungelesen",
  line: {
    assignment: (by) => (by === "" ? "Dir zugewiesen" : `${by} hat es dir gegeben`),
    mention: (by) => (by === "" ? "Du wurdest erwähnt" : `${by} hat dich erwähnt`),
    message: (by) => (by === "" ? "Neue Nachricht" : `${by} hat geschrieben`),
    direct: (by) => `${by} an dich`,
  },
  lead: "Wie du von dem erfährst, was dich betrifft. Was du auf einem Gerät liest, ist auf allen gelesen.",
  kinds: {
    assignment: { word: "Dir gegeben", detail: "Ein Gespräch wird dir zugewiesen" },
    mention: { word: "Erwähnungen", detail: "Eine Notiz nennt dich" },
    message: { word: "Neue Nachrichten", detail: "In Gesprächen, die dir gehören oder die du beobachtest" },
  },
  ways: { app: "In der App", push: "Browser", email: "Mail bei Abwesenheit" },
  device: "Dieser Browser",
  deviceLead: "Er sagt es dir, während Skein im Hintergrund oder geschlossen ist.",
  turnOn: "Einschalten",
  turnOff: "Ausschalten",
  on: "An, auch während Skein geschlossen ist.",
  onHere: "An, solange Skein offen ist. Der Push-Dienst dieses Browsers ist nicht erreichbar: Während es geschlossen ist, kommt nichts.",
  denied: "Der Browser verbietet es. Erlaube dieser Seite Benachrichtigungen in den Einstellungen des Browsers und komm zurück.",
  unable: "Dieser Browser kennt keine Benachrichtigungen, oder die Seite kommt nicht über https.",
  text: "Die ersten Worte von Nachrichten zeigen, auch auf gesperrtem Bildschirm",
  after: "Ungelesenes per Mail nach einer Abwesenheit von",
  minutes: (n) => (n < 60 ? `${n} Minuten` : n === 60 ? "1 Stunde" : n < 1440 ? `${n / 60} Stunden` : n === 1440 ? "1 Tag" : `${n / 1440} Tagen`),
  devices: "Browser, die es erfahren",
  thisOne: "dieser",
  remove: (name) => `${name} nichts mehr sagen`,
};

export const { words, useWords } = catalogue<Words>({ en, de });

/** What a browser's own notification says: no words of the message unless they are wanted. */
export function noticeTitle(n: Notice): string {
  return n.kind === "direct" ? words().line.direct(n.by) : `${words().line[n.kind](n.by)} · #${n.number}`;
}
