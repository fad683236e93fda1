// The widget's own words, a line each: English, then German. Whoever adds a
// language adds a column and its code. $ stands for what is filled in.

const langs = ["en", "de"];

const table = {
  open: "Open chat|Chat öffnen",
  close: "Close chat|Chat schließen",
  unread: "new messages: $|neue Nachrichten: $",
  messages: "Messages|Nachrichten",
  greeting: "Hello. What can we do for you?|Hallo. Was können wir für Sie tun?",
  here: "We are here|Wir sind da",
  away: "Nobody is here at the moment|Gerade ist niemand da",
  back: "Back: $|Wieder da: $",
  connecting: "Connecting|Verbindung wird hergestellt",
  lost: "No connection. What you write is sent later.|Keine Verbindung. Was Sie schreiben, wird später gesendet.",
  next: "You are next|Sie sind als Nächstes dran",
  before: "$ before you|$ vor Ihnen",
  typing: "$ is writing|$ schreibt",
  somebody: "Somebody|Jemand",
  you: "You|Sie",
  write: "Write a message|Nachricht schreiben",
  send: "Send|Senden",
  attach: "Attach files|Dateien anhängen",
  remove: "Remove $|$ entfernen",
  tooBig: "$ is larger than $.|$ ist größer als $.",
  wrongType: "$ is of a kind that can’t be sent.|$ kann nicht gesendet werden: falsche Art.",
  tooMany: "At most $ files in one message.|Höchstens $ Dateien in einer Nachricht.",
  notUploaded: "$ was not uploaded.|$ wurde nicht hochgeladen.",
  download: "Download $|$ herunterladen",
  notLoaded: "Could not be loaded|Konnte nicht geladen werden",
  queued: "Waiting for the connection|Wartet auf Verbindung",
  sending: "Sending|Wird gesendet",
  failed: "Not sent|Nicht gesendet",
  sent: "✓ Sent|✓ Gesendet",
  delivered: "✓ Delivered|✓ Zugestellt",
  read: "✓✓ Read|✓✓ Gelesen",
  retry: "Try again|Noch einmal",
  discard: "Discard|Verwerfen",
  edited: "edited|bearbeitet",
  deleted: "Message deleted|Nachricht gelöscht",
  older: "Earlier messages|Frühere Nachrichten",
  latest: "Newest messages|Neueste Nachrichten",
  ended: "This chat has ended. Write to go on.|Dieser Chat ist beendet. Schreiben Sie, um ihn fortzusetzen.",
  mail: "Go on by email|Per E-Mail fortsetzen",
  mailWhy: "We answer by email, and you needn’t stay on this page.|Wir antworten per E-Mail, und Sie müssen nicht hier bleiben.",
  mailDone: "From now on we answer to $.|Wir antworten ab jetzt an $.",
  awayWhy: "Leave us a message, and we answer by email.|Schreiben Sie uns, und wir antworten per E-Mail.",
  awayDone: "We have your message and answer to $.|Ihre Nachricht ist da. Wir antworten an $.",
  refused: "That didn’t work. Check it and try again.|Das hat nicht geklappt. Prüfen Sie Ihre Angaben.",
  email: "Email|E-Mail",
  name: "Name (optional)|Name (freiwillig)",
  message: "Message|Nachricht",
  noAddress: "Enter an address such as name@example.com.|Geben Sie eine Adresse ein, etwa name@example.com.",
  noText: "Write what it is about.|Schreiben Sie, worum es geht.",
  chat: "Back to the chat|Zurück zum Chat",
};

export type Words = Readonly<Record<keyof typeof table, string>>;

/** The words for the first language that is spoken here, and that language as it is asked for. */
export function wordsFor(wanted: readonly string[]): { readonly words: Words; readonly lang: string } {
  const spoken = (l: string): number => langs.indexOf(l.slice(0, 2).toLowerCase());
  const lang = wanted.find((l) => spoken(l) >= 0) ?? "en";
  return { lang, words: Object.fromEntries(Object.entries(table).map(([k, v]) => [k, v.split("|")[spoken(lang)]])) as Words };
}

/** Fills in what stands for something else. */
export const fill = (words: string, ...parts: readonly (string | number)[]): string => {
  const rest = [...parts];
  return words.replace(/\$/g, () => String(rest.shift()));
};

const format = (at: number, lang: string, how: Intl.DateTimeFormatOptions): string => new Intl.DateTimeFormat(lang, how).format(at);
const sameDay = (a: number, b: number): boolean => new Date(a).toDateString() === new Date(b).toDateString();
const whole = { weekday: "long", day: "numeric", month: "long" } as const;

/** The time of day. */
export const clock = (at: number, lang: string): string => format(at, lang, { timeStyle: "short" });

/** "today", or the date. */
export const dayName = (at: number, now: number, lang: string): string =>
  sameDay(at, now) ? new Intl.RelativeTimeFormat(lang, { numeric: "auto" }).format(0, "day") : format(at, lang, whole);

/** When somebody is back: the time, with its day when that isn't today. */
export const backAt = (at: number, now: number, lang: string): string =>
  sameDay(at, now) ? clock(at, lang) : format(at, lang, { ...whole, hour: "numeric", minute: "2-digit" });
