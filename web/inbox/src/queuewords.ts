// The words of the queues and of the wallboard, in the page's language.

import type { Presence } from "./around";
import type { Dimension, Figure, Span } from "./queues";
import type { Channel } from "./types";
import { catalogue } from "./words/language";

export interface Words {
  readonly title: string;
  readonly back: string;
  readonly wallboard: string;
  readonly leaveWallboard: string;
  readonly settings: string;
  readonly refused: string;
  readonly refusedHelp: string;
  readonly failed: string;
  readonly by: Record<Exclude<Dimension, "all">, string>;
  readonly byLabel: string;
  readonly spans: Record<Span, string>;
  readonly spanLabel: string;
  readonly all: string;
  readonly waiting: string;
  readonly longest: string;
  readonly backlog: string;
  readonly offered: string;
  readonly handled: string;
  readonly abandoned: string;
  readonly firstResponse: string;
  readonly medianP90: string;
  readonly nobody: string;
  readonly levels: readonly [string, string, string];
  readonly agents: string;
  readonly agent: string;
  readonly state: string;
  readonly sinceUnknown: string;
  readonly open: string;
  readonly openWaiting: (n: number) => string;
  readonly today: string;
  readonly actions: (name: string) => string;
  readonly theirs: string;
  readonly message: string;
  readonly states: Record<Presence, string>;
  readonly channels: Record<Channel, string>;
  readonly series: string;
  readonly created: string;
  readonly closed: string;
  readonly seriesHelp: (created: number, closed: number) => string;
  readonly lastHour: (what: string, least: string, most: string) => string;
  readonly day: string;
  readonly queue: string;
  readonly longestOf: (name: string) => string;
  readonly openOf: (name: string) => string;
  readonly empty: string;
  readonly assign: (what: string) => string;
  readonly nobodyAssigned: string;
  readonly go: string;
  readonly note: string;
  readonly noteFor: (n: number) => string;
  readonly send: string;
  readonly sent: string;
  readonly cancel: string;
  readonly close: string;
  readonly moved: (n: number, name: string) => string;
  readonly thresholds: string;
  readonly thresholdsHelp: string;
  readonly figures: Record<Figure, string>;
  readonly minutes: string;
  readonly save: string;
  readonly three: string;
  readonly messageTo: (name: string) => string;
  readonly messageHelp: string;
  readonly sendMessage: string;
  readonly messageSent: (name: string) => string;
  readonly noAgents: string;
  readonly noQueues: string;
}

const en: Words = {
  title: "Queues",
  back: "Inbox",
  wallboard: "Wallboard",
  leaveWallboard: "Leave the wallboard",
  settings: "Thresholds",
  refused: "The queues are for supervisors and admins.",
  refusedHelp: "Ask an admin if you should see them.",
  failed: "The queues can't be loaded.",
  by: { inbox: "Inboxes", team: "Teams", channel: "Channels" },
  byLabel: "Grouped by",
  spans: { last15: "15 min", last30: "30 min", last60: "60 min", today: "Today" },
  spanLabel: "What happened within",
  all: "All together",
  waiting: "Waiting",
  longest: "Longest wait",
  backlog: "Backlog",
  offered: "Offered",
  handled: "Handled",
  abandoned: "Abandoned",
  firstResponse: "First response",
  medianP90: "median · 90 %",
  nobody: "Nobody waits",
  levels: ["Raised", "High", "Critical"],
  agents: "Agents",
  agent: "Agent",
  state: "State",
  sinceUnknown: "not seen since the server started",
  open: "Open",
  openWaiting: (n) => `${n} waiting`,
  today: "Answered today",
  actions: (name) => `Act on ${name}`,
  theirs: "Open conversations…",
  message: "Message…",
  states: { online: "Online", idle: "Idle", away: "Away", offline: "Offline" },
  channels: { email: "Email", chat: "Web chat", phone: "Phone", social: "Social", shop: "Shop" },
  series: "Created against closed",
  created: "Created",
  closed: "Closed",
  seriesHelp: (created, closed) => `In the last 24 hours ${created} conversations were created and ${closed} closed.`,
  lastHour: (what, least, most) => `${what} in the last hour: from ${least} to ${most}`,
  day: "days",
  queue: "Queue",
  longestOf: (name) => `Waiting longest: ${name}`,
  openOf: (name) => `Open with ${name}`,
  empty: "Nothing here just now.",
  assign: (what) => `Assign ${what}`,
  nobodyAssigned: "Nobody",
  go: "Open",
  note: "Join by a note",
  noteFor: (n) => `Note in #${n}: only the team sees it`,
  send: "Add note",
  sent: "The note is there.",
  cancel: "Cancel",
  close: "Close",
  moved: (n, name) => `#${n} is with ${name} now.`,
  thresholds: "Thresholds",
  thresholdsHelp: "From where on a figure is marked, for everybody who watches. Leave a row empty to mark nothing.",
  figures: {
    waiting: "Waiting",
    longest: "Longest wait, minutes",
    backlog: "Backlog",
    offered: "Offered in 60 min",
    abandoned: "Abandoned in 60 min",
    firstResponse: "First response, median minutes",
  },
  minutes: "minutes",
  save: "Save",
  three: "needs three numbers above zero, each no less than the one before.",
  messageTo: (name) => `Message ${name}`,
  messageHelp: "It appears at theirs at once, among their notifications.",
  sendMessage: "Send",
  messageSent: (name) => `${name} has it.`,
  noAgents: "No agents yet. Whoever is invited appears here.",
  noQueues: "Nothing is grouped like this yet.",
};

const de: Words = {
  title: "Warteschlangen",
  back: "Posteingang",
  wallboard: "Wandtafel",
  leaveWallboard: "Wandtafel verlassen",
  settings: "Schwellen",
  refused: "Die Warteschlangen sind für Teamleitung und Admins.",
  refusedHelp: "Frag einen Admin, wenn du sie sehen solltest.",
  failed: "Die Warteschlangen können nicht geladen werden.",
  by: { inbox: "Posteingänge", team: "Teams", channel: "Kanäle" },
  byLabel: "Gruppiert nach",
  spans: { last15: "15 Min.", last30: "30 Min.", last60: "60 Min.", today: "Heute" },
  spanLabel: "Was geschah innerhalb von",
  all: "Alle zusammen",
  waiting: "Wartend",
  longest: "Längste Wartezeit",
  backlog: "Rückstand",
  offered: "Eingegangen",
  handled: "Bearbeitet",
  abandoned: "Verloren",
  firstResponse: "Erste Antwort",
  medianP90: "Median · 90 %",
  nobody: "Niemand wartet",
  levels: ["Erhöht", "Hoch", "Kritisch"],
  agents: "Agenten",
  agent: "Name",
  state: "Zustand",
  sinceUnknown: "seit dem Start des Servers nicht gesehen",
  open: "Offen",
  openWaiting: (n) => `${n} wartend`,
  today: "Heute beantwortet",
  actions: (name) => `Aktionen für ${name}`,
  theirs: "Offene Gespräche…",
  message: "Nachricht…",
  states: { online: "Online", idle: "Untätig", away: "Abwesend", offline: "Offline" },
  channels: { email: "E-Mail", chat: "Webchat", phone: "Telefon", social: "Social", shop: "Shop" },
  series: "Neu gegen geschlossen",
  created: "Neu",
  closed: "Geschlossen",
  seriesHelp: (created, closed) => `In den letzten 24 Stunden kamen ${created} Gespräche neu dazu, ${closed} wurden geschlossen.`,
  lastHour: (what, least, most) => `${what} in der letzten Stunde: von ${least} bis ${most}`,
  day: "Tage",
  queue: "Warteschlange",
  longestOf: (name) => `Am längsten wartend: ${name}`,
  openOf: (name) => `Offen bei ${name}`,
  empty: "Hier ist gerade nichts.",
  assign: (what) => `${what} zuweisen`,
  nobodyAssigned: "Niemand",
  go: "Öffnen",
  note: "Mit Notiz dazukommen",
  noteFor: (n) => `Notiz in #${n}: nur das Team sieht sie`,
  send: "Notiz hinzufügen",
  sent: "Die Notiz steht da.",
  cancel: "Abbrechen",
  close: "Schließen",
  moved: (n, name) => `#${n} ist jetzt bei ${name}.`,
  thresholds: "Schwellen",
  thresholdsHelp: "Ab wo eine Zahl markiert wird, für alle, die zusehen. Eine leere Zeile markiert nichts.",
  figures: {
    waiting: "Wartend",
    longest: "Längste Wartezeit, Minuten",
    backlog: "Rückstand",
    offered: "Eingegangen in 60 Min.",
    abandoned: "Verloren in 60 Min.",
    firstResponse: "Erste Antwort, Median in Minuten",
  },
  minutes: "Minuten",
  save: "Speichern",
  three: "braucht drei Zahlen über null, jede nicht kleiner als die davor.",
  messageTo: (name) => `Nachricht an ${name}`,
  messageHelp: "Sie erscheint dort sofort, bei den Benachrichtigungen.",
  sendMessage: "Senden",
  messageSent: (name) => `${name} hat sie.`,
  noAgents: "Noch niemand. Wer eingeladen wird, erscheint hier.",
  noQueues: "So ist noch nichts gruppiert.",
};

export const { useWords } = catalogue<Words>({ en, de });
