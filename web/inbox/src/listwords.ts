// The words of lists, saved views and bulk actions, in the page's language.

import type { Sort, Status } from "./types";
import { catalogue } from "./words/language";

interface Words {
  readonly lists: string;
  readonly findList: string;
  readonly noList: (text: string) => string;
  readonly inboxes: string;
  readonly teams: string;
  readonly tags: string;
  readonly views: string;
  readonly sharedViews: string;
  readonly moreTags: (n: number) => string;
  readonly status: Record<Status | "all", string>;
  readonly statusLabel: (now: string) => string;
  readonly sort: Record<Sort, string>;
  readonly sortLabel: (now: string) => string;
  readonly saveView: string;
  readonly changeView: string;
  readonly viewGone: string;
  readonly viewGoneMore: string;
  readonly newView: string;
  readonly name: string;
  readonly query: string;
  readonly queryHelp: string;
  readonly any: string;
  readonly field: Record<"status" | "inbox" | "team" | "assignee" | "tag" | "reason" | "priority" | "channel" | "after" | "before" | "words" | "sort", string>;
  readonly waiting: string;
  readonly mentioned: string;
  readonly me: string;
  readonly nobody: string;
  readonly channel: Record<"email" | "chat" | "phone" | "social" | "shop", string>;
  readonly priority: readonly [low: string, normal: string, high: string, urgent: string];
  readonly share: string;
  readonly shareDetail: string;
  readonly holds: (n: number) => string;
  readonly save: string;
  readonly cancel: string;
  readonly remove: string;
  readonly needName: string;
  readonly viewSaved: (name: string) => string;
  readonly viewDeleted: (name: string) => string;
  readonly failed: string;
  readonly selected: (n: string) => string;
  readonly selectAll: (n: string) => string;
  readonly selectNone: string;
  readonly bar: string;
  readonly close: string;
  readonly open: string;
  readonly pending: string;
  readonly spam: string;
  readonly fields: string;
  readonly assign: string;
  readonly team: string;
  readonly noTeam: string;
  readonly snooze: string;
  readonly snoozeUntil: string;
  readonly snoozedUntil: (when: string) => string;
  readonly noTime: string;
  readonly presets: readonly { readonly words: string; readonly means: string }[];
  readonly commas: string;
  readonly tagsAdd: string;
  readonly tagsRemove: string;
  readonly tagsUsed: string;
  readonly noTag: string;
  readonly tagLong: (tag: string, has: number, most: number) => string;
  readonly tagQuote: (tag: string) => string;
  readonly tagsAdded: (added: number, most: number) => string;
  readonly tagsMany: (has: number, most: number) => string;
  readonly apply: string;
  readonly priorityTitle: string;
  readonly more: string;
  readonly stop: string;
  readonly progress: (what: string, done: number, of: string) => string;
  readonly did: (what: string, n: number) => string;
  readonly tookBack: (n: number) => string;
  readonly notDone: (n: number) => string;
  readonly dismiss: string;
  readonly wroteMeanwhile: string;
  readonly changedMeanwhile: string;
  readonly joinedMeanwhile: string;
  readonly notReached: string;
  readonly undoing: string;
  readonly doing: Record<Doing, string>;
}

/** What is done to many. */
export type Doing = "closed" | "open" | "pending" | "spam" | "snoozed" | "assigned" | "unassigned" | "team" | "tags" | "priority" | "fields";

const n = (x: number, one: string, many: string): string => `${x} ${x === 1 ? one : many}`;

const en: Words = {
  lists: "Lists",
  findList: "Find a list",
  noList: (text) => `No list is called “${text}”.`,
  inboxes: "Inboxes",
  teams: "Teams",
  tags: "Tags",
  views: "Your views",
  sharedViews: "Shared views",
  moreTags: (x) => `${x} more`,
  status: { open: "Open", pending: "Pending", snoozed: "Snoozed", closed: "Closed", spam: "Spam", all: "Any status" },
  statusLabel: (now) => `Status: ${now}`,
  sort: { newest: "Newest", oldest: "Oldest", waiting: "Waiting longest", priority: "Priority" },
  sortLabel: (now) => `Sort: ${now}`,
  saveView: "Save as a view",
  changeView: "Change the view",
  viewGone: "This view is gone.",
  viewGoneMore: "Whoever made it has deleted it, or shares it no more.",
  newView: "New view",
  name: "Name",
  query: "Filters and words",
  queryHelp: "Written as in search, such as status:open tag:vip",
  any: "Any",
  field: {
    status: "Status",
    inbox: "Inbox",
    team: "Team",
    reason: "Contact reason",
    assignee: "Assigned to",
    tag: "Tag",
    priority: "Priority",
    channel: "Channel",
    after: "Active since",
    before: "Begun before",
    words: "Words",
    sort: "Sort",
  },
  waiting: "Waits for an answer",
  mentioned: "Mentions you",
  me: "Me",
  nobody: "Nobody",
  channel: { email: "Mail", chat: "Chat", phone: "Telephone", social: "Social", shop: "Shop" },
  priority: ["Low", "Normal", "High", "Urgent"],
  share: "Share with everybody",
  shareDetail: "Each sees in it what their own inboxes hold.",
  holds: (x) => (x > 99 ? "99+ conversations" : n(x, "conversation", "conversations")),
  save: "Save",
  cancel: "Cancel",
  remove: "Delete",
  needName: "Give it a name.",
  viewSaved: (name) => `Saved: ${name}`,
  viewDeleted: (name) => `Deleted: ${name}`,
  failed: "It could not be saved.",
  selected: (x) => `${x} selected`,
  selectAll: (x) => `Select all ${x}`,
  selectNone: "Select nothing",
  bar: "With what is selected",
  close: "Close",
  open: "Open again",
  pending: "Pending: waits for somebody else",
  spam: "Spam",
  fields: "Contact reason and fields",
  assign: "Assign to",
  team: "Team",
  noTeam: "No team",
  snooze: "Snooze",
  snoozedUntil: (when) => `Snoozed until ${when}`,
  snoozeUntil: "Until when, such as “tomorrow 9am” or “in 2 days”",
  noTime: "That is no time to come.",
  presets: [
    { words: "In 3 hours", means: "in 3 hours" },
    { words: "Tomorrow 9am", means: "tomorrow 9am" },
    { words: "Next Monday", means: "next monday" },
    { words: "In 1 week", means: "in 1 week" },
  ],
  commas: "With commas between them",
  tagsAdd: "Add, with commas between them",
  tagsRemove: "Take away",
  tagsUsed: "Tags in use",
  noTag: "No other tag in use is called so.",
  tagLong: (tag, has, most) => `“${tag}” has ${has} characters: a tag has at most ${most}. Shorten it, or divide it by a comma.`,
  tagQuote: (tag) => `A tag has no quotes: take them out of ${tag}.`,
  tagsAdded: (added, most) => `These are ${added} new tags: at most ${most} are added at once.`,
  tagsMany: (has, most) => `These are ${has} tags: a conversation has at most ${most}.`,
  apply: "Apply",
  priorityTitle: "Priority",
  more: "More",
  stop: "Stop",
  progress: (what, done, of) => `${what}: ${done} of ${of}`,
  did: (what, x) => `${what}: ${n(x, "conversation", "conversations")}`,
  tookBack: (x) => `Taken back: ${n(x, "conversation", "conversations")}`,
  notDone: (x) => `${x} not changed`,
  dismiss: "Dismiss",
  wroteMeanwhile: "somebody wrote meanwhile",
  changedMeanwhile: "somebody changed it meanwhile",
  joinedMeanwhile: "it was joined to another",
  notReached: "not reached: stopped before",
  undoing: "Taking back",
  doing: {
    closed: "Closed",
    open: "Opened again",
    pending: "Set to pending",
    spam: "Moved to spam",
    fields: "Noted",
    snoozed: "Snoozed",
    assigned: "Assigned",
    unassigned: "Unassigned",
    team: "Handed to the team",
    tags: "Tagged",
    priority: "Priority set",
  },
};

const de: Words = {
  lists: "Listen",
  findList: "Liste suchen",
  noList: (text) => `Keine Liste heißt „${text}“.`,
  inboxes: "Posteingänge",
  teams: "Teams",
  tags: "Tags",
  views: "Deine Ansichten",
  sharedViews: "Geteilte Ansichten",
  moreTags: (x) => `${x} weitere`,
  status: { open: "Offen", pending: "Wartend", snoozed: "Zurückgestellt", closed: "Geschlossen", spam: "Spam", all: "Jeder Status" },
  statusLabel: (now) => `Status: ${now}`,
  sort: { newest: "Neueste", oldest: "Älteste", waiting: "Am längsten wartend", priority: "Priorität" },
  sortLabel: (now) => `Sortierung: ${now}`,
  saveView: "Als Ansicht speichern",
  changeView: "Ansicht ändern",
  viewGone: "Diese Ansicht gibt es nicht mehr.",
  viewGoneMore: "Wer sie gemacht hat, hat sie gelöscht oder teilt sie nicht mehr.",
  newView: "Neue Ansicht",
  name: "Name",
  query: "Filter und Worte",
  queryHelp: "Geschrieben wie in der Suche, etwa status:open tag:vip",
  any: "Beliebig",
  field: {
    status: "Status",
    inbox: "Posteingang",
    team: "Team",
    reason: "Kontaktgrund",
    assignee: "Zugewiesen an",
    tag: "Tag",
    priority: "Priorität",
    channel: "Kanal",
    after: "Aktiv seit",
    before: "Begonnen vor",
    words: "Worte",
    sort: "Sortierung",
  },
  waiting: "Wartet auf Antwort",
  mentioned: "Erwähnt dich",
  me: "Ich",
  nobody: "Niemand",
  channel: { email: "Mail", chat: "Chat", phone: "Telefon", social: "Social", shop: "Shop" },
  priority: ["Niedrig", "Normal", "Hoch", "Dringend"],
  share: "Mit allen teilen",
  shareDetail: "Jeder sieht darin, was die eigenen Posteingänge enthalten.",
  holds: (x) => (x > 99 ? "99+ Gespräche" : n(x, "Gespräch", "Gespräche")),
  save: "Speichern",
  cancel: "Abbrechen",
  remove: "Löschen",
  needName: "Gib ihr einen Namen.",
  viewSaved: (name) => `Gespeichert: ${name}`,
  viewDeleted: (name) => `Gelöscht: ${name}`,
  failed: "Das ließ sich nicht speichern.",
  selected: (x) => `${x} ausgewählt`,
  selectAll: (x) => `Alle ${x} auswählen`,
  selectNone: "Nichts auswählen",
  bar: "Mit den ausgewählten",
  close: "Schließen",
  open: "Wieder öffnen",
  pending: "Wartend: auf jemand anderen",
  spam: "Spam",
  fields: "Kontaktgrund und Felder",
  assign: "Zuweisen an",
  team: "Team",
  noTeam: "Kein Team",
  snooze: "Zurückstellen",
  snoozedUntil: (when) => `Zurückgestellt bis ${when}`,
  snoozeUntil: "Bis wann, etwa „morgen 9 Uhr“ oder „in 2 Tagen“",
  noTime: "Das ist keine künftige Zeit.",
  presets: [
    { words: "In 3 Stunden", means: "in 3 hours" },
    { words: "Morgen um 9", means: "tomorrow 9am" },
    { words: "Nächsten Montag", means: "next monday" },
    { words: "In 1 Woche", means: "in 1 week" },
  ],
  commas: "Mit Kommas dazwischen",
  tagsAdd: "Hinzufügen, mit Kommas dazwischen",
  tagsRemove: "Wegnehmen",
  tagsUsed: "Vorhandene Tags",
  noTag: "Kein weiterer vorhandener Tag heißt so.",
  tagLong: (tag, has, most) => `„${tag}“ hat ${has} Zeichen: ein Tag hat höchstens ${most}. Kürzer fassen oder mit einem Komma teilen.`,
  tagQuote: (tag) => `Ein Tag hat keine Anführungszeichen: aus ${tag} herausnehmen.`,
  tagsAdded: (added, most) => `Das sind ${added} neue Tags: höchstens ${most} kommen auf einmal hinzu.`,
  tagsMany: (has, most) => `Das sind ${has} Tags: ein Gespräch hat höchstens ${most}.`,
  apply: "Anwenden",
  priorityTitle: "Priorität",
  more: "Mehr",
  stop: "Anhalten",
  progress: (what, done, of) => `${what}: ${done} von ${of}`,
  did: (what, x) => `${what}: ${n(x, "Gespräch", "Gespräche")}`,
  tookBack: (x) => `Zurückgenommen: ${n(x, "Gespräch", "Gespräche")}`,
  notDone: (x) => `${x} nicht geändert`,
  dismiss: "Verwerfen",
  wroteMeanwhile: "inzwischen hat jemand geschrieben",
  changedMeanwhile: "inzwischen hat es jemand geändert",
  joinedMeanwhile: "es wurde mit einem anderen verbunden",
  notReached: "nicht erreicht: vorher angehalten",
  undoing: "Wird zurückgenommen",
  doing: {
    closed: "Geschlossen",
    open: "Wieder geöffnet",
    pending: "Auf wartend gesetzt",
    spam: "Als Spam verschoben",
    fields: "Vermerkt",
    snoozed: "Zurückgestellt",
    assigned: "Zugewiesen",
    unassigned: "Zuweisung entfernt",
    team: "Dem Team übergeben",
    tags: "Tags geändert",
    priority: "Priorität gesetzt",
  },
};

export const { words, useWords } = catalogue<Words>({ en, de });
