// The words of the pages on inboxes, brands and opening hours.

import type { Weekday } from "../../workspace";
import { catalogue } from "../../words/language";

interface Words {
  readonly failed: string;
  readonly save: string;
  readonly saved: string;
  readonly cancel: string;
  readonly inboxes: {
    readonly title: string;
    readonly text: string;
    readonly add: string;
    readonly name: string;
    readonly brand: string;
    readonly hours: string;
    readonly signature: string;
    readonly signatureHelp: string;
    readonly archived: string;
    readonly archive: string;
    readonly archiveText: string;
    readonly to: string;
    readonly open: string;
    readonly none: string;
    readonly channels: (n: number) => string;
  };
  readonly brands: { readonly title: string; readonly text: string; readonly add: string; readonly name: string; readonly locale: string; readonly localeHelp: string };
  readonly hours: {
    readonly title: string;
    readonly text: string;
    readonly add: string;
    readonly name: string;
    readonly zone: string;
    readonly week: string;
    readonly always: string;
    readonly days: Record<Weekday, string>;
    readonly from: (day: string) => string;
    readonly to: (day: string) => string;
    readonly more: (day: string) => string;
    readonly less: (day: string) => string;
    readonly closed: string;
    readonly allDay: string;
    readonly holidays: string;
    readonly noHolidays: string;
    readonly day: string;
    readonly dayName: string;
    readonly addDay: string;
    readonly removeDay: (date: string) => string;
    readonly file: string;
    readonly fileHelp: string;
    readonly fileNone: string;
    readonly fileTook: (n: number) => string;
    readonly now: string;
    readonly next: (when: string) => string;
    readonly never: string;
    readonly unsaved: string;
  };
}

const en: Words = {
  failed: "It can't be loaded.",
  save: "Save",
  saved: "Saved",
  cancel: "Cancel",
  inboxes: {
    title: "Inboxes and brands",
    text: "Each channel arrives in an inbox, and agents see those that they are members of.",
    add: "New inbox",
    name: "Name",
    brand: "Brand",
    hours: "Opening hours",
    signature: "Signature",
    signatureHelp: "What mails from this inbox end with. {{agent.name}} and {{agent.firstname}} become the name of who writes.",
    archived: "archived",
    archive: "Archive",
    archiveText: "Nothing comes into an archived inbox any more. Its conversations stay and can be answered; its channels arrive elsewhere from now on.",
    to: "Its channels go to",
    open: "Open again",
    none: "None: no channel arrives here",
    channels: (n) => (n === 0 ? "no channel arrives here" : n === 1 ? "1 channel" : `${n} channels`),
  },
  brands: {
    title: "Brands",
    text: "By what name customers know you, and in which language they are answered where theirs isn't known.",
    add: "New brand",
    name: "Name",
    locale: "Language",
    localeHelp: "Such as en, de or pt-BR",
  },
  hours: {
    title: "Opening hours",
    text: "When somebody is there: the chat says so, and waits are counted in these hours.",
    add: "New calendar",
    name: "Name",
    zone: "Time zone",
    week: "Week",
    always: "Without any hours it is always open, but on holidays.",
    days: { mon: "Monday", tue: "Tuesday", wed: "Wednesday", thu: "Thursday", fri: "Friday", sat: "Saturday", sun: "Sunday" },
    from: (d) => `${d}, from`,
    to: (d) => `${d}, to`,
    more: (d) => `More hours on ${d}`,
    less: (d) => `Take these hours of ${d} away`,
    closed: "closed",
    allDay: "open all day",
    holidays: "Holidays",
    noHolidays: "No holidays yet. Add one, or take the public ones from a file.",
    day: "Day",
    dayName: "Name",
    addDay: "Add",
    removeDay: (d) => `Take ${d} away`,
    file: "Public holidays from a file",
    fileHelp: "A calendar file (.ics), as authorities hand them out. Days that are there already stay as they are.",
    fileNone: "There is no whole day to come in this file.",
    fileTook: (n) => (n === 1 ? "1 day is added. Save to keep it." : `${n} days are added. Save to keep them.`),
    now: "Open now",
    next: (when) => `Closed, opens ${when}`,
    never: "Closed for the whole year to come",
    unsaved: "Not saved yet",
  },
};

const de: Words = {
  failed: "Das kann nicht geladen werden.",
  save: "Speichern",
  saved: "Gespeichert",
  cancel: "Abbrechen",
  inboxes: {
    title: "Posteingänge und Marken",
    text: "Jeder Kanal kommt in einem Posteingang an, und Agenten sehen die, in denen sie Mitglied sind.",
    add: "Neuer Posteingang",
    name: "Name",
    brand: "Marke",
    hours: "Öffnungszeiten",
    signature: "Signatur",
    signatureHelp: "Womit E-Mails aus diesem Posteingang enden. {{agent.name}} und {{agent.firstname}} werden zum Namen dessen, der schreibt.",
    archived: "archiviert",
    archive: "Archivieren",
    archiveText: "In einen archivierten Posteingang kommt nichts mehr. Seine Gespräche bleiben und können beantwortet werden; seine Kanäle kommen von nun an woanders an.",
    to: "Seine Kanäle gehen nach",
    open: "Wieder öffnen",
    none: "Nirgendwohin: hier kommt kein Kanal an",
    channels: (n) => (n === 0 ? "hier kommt kein Kanal an" : n === 1 ? "1 Kanal" : `${n} Kanäle`),
  },
  brands: {
    title: "Marken",
    text: "Unter welchem Namen Kunden dich kennen, und in welcher Sprache sie Antwort bekommen, wo ihre nicht bekannt ist.",
    add: "Neue Marke",
    name: "Name",
    locale: "Sprache",
    localeHelp: "Etwa en, de oder pt-BR",
  },
  hours: {
    title: "Öffnungszeiten",
    text: "Wann jemand da ist: der Chat sagt es, und Wartezeiten zählen in diesen Stunden.",
    add: "Neuer Kalender",
    name: "Name",
    zone: "Zeitzone",
    week: "Woche",
    always: "Ohne Zeiten ist immer offen, außer an Feiertagen.",
    days: { mon: "Montag", tue: "Dienstag", wed: "Mittwoch", thu: "Donnerstag", fri: "Freitag", sat: "Samstag", sun: "Sonntag" },
    from: (d) => `${d}, von`,
    to: (d) => `${d}, bis`,
    more: (d) => `Weitere Zeit am ${d}`,
    less: (d) => `Diese Zeit am ${d} wegnehmen`,
    closed: "geschlossen",
    allDay: "ganztags geöffnet",
    holidays: "Feiertage",
    noHolidays: "Noch keine Feiertage. Füg einen hinzu, oder nimm die gesetzlichen aus einer Datei.",
    day: "Tag",
    dayName: "Name",
    addDay: "Hinzufügen",
    removeDay: (d) => `${d} wegnehmen`,
    file: "Feiertage aus einer Datei",
    fileHelp: "Eine Kalenderdatei (.ics), wie Behörden sie anbieten. Tage, die schon da sind, bleiben, wie sie sind.",
    fileNone: "In dieser Datei ist kein ganzer Tag, der noch kommt.",
    fileTook: (n) => (n === 1 ? "1 Tag ist dazugekommen. Speichere, um ihn zu behalten." : `${n} Tage sind dazugekommen. Speichere, um sie zu behalten.`),
    now: "Jetzt offen",
    next: (when) => `Geschlossen, öffnet ${when}`,
    never: "Das ganze nächste Jahr geschlossen",
    unsaved: "Noch nicht gespeichert",
  },
};

export const { words } = catalogue<Words>({ en, de });
