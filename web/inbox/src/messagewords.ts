// The words of messages: what they are, why they are here, how far they have come.

import type { Message } from "./types";
import { catalogue } from "./words/language";

const en = {
  by: (what: string, who: string, when: string): string => `${what} from ${who}, ${when}`,
  reply: "Reply",
  doReply: "Reply",
  note: "Note",
  call: "Call",
  unknown: "Unknown",
  elsewhere: "Sent elsewhere",
  onlyTeam: "Note · only your team sees this",
  to: (names: string): string => `to ${names}`,
  cc: (names: string): string => `, cc ${names}`,
  allRecipients: ", all recipients",
  move: "Move elsewhere",
  raw: "Raw source",
  unread: (problems: string): string => `Not all of it could be read: ${problems}. The raw source has everything.`,
  fields: { from: "From", to: "To", cc: "Cc", bcc: "Bcc", subject: "Subject", date: "Date" },

  automatic: "Automatic",
  automaticLong: "A machine wrote this. It never opens a conversation again.",
  spam: "Spam",
  spamLong: "The mail provider takes this for spam.",
  masked: "Card number hidden",
  maskedLong: "It held the number of a payment card, which is not kept readable. Only an admin can open the raw source.",
  signed: "Signed",
  signedLong: "Its sender signed this mail. Skein shows that, and does not check the signature.",
  encrypted: "Encrypted",
  encryptedLong: "This mail is encrypted: its text can't be shown here.",
  unproven: "Sender unproven",
  unprovenLong: "The address is known, but nothing proves that this mail came from it. Take care with orders and addresses.",
  stranger: "Unknown address",
  strangerLong: "It answers a mail of ours from an address that was not part of the conversation.",

  why: "Why it is here",
  whyIs: (reason: string): string => `Why it is here: ${reason}`,
  began: "It began this conversation.",
  named: "The conversation that it names",
  bounced: (status: string): string => `did not get the mail${status === "" ? "" : ` (${status})`}.`,
  bouncedHard: "Trying again is of no use: check the address.",
  bouncedSoft: "The server may take it later.",
  attachments: "Attachments",
  unnamed: "Unnamed file",
  download: "Download",

  noText: "(no text)",
  quoted: "Quoted text",
  showQuoted: "Show quoted text",
  hideQuoted: "Hide quoted text",
  blocked: "Images from other servers are not loaded: they tell the sender that you read this.",
  showImages: "Show images",
  mailFrom: (who: string): string => `Mail from ${who}`,

  queued: "Waiting to leave",
  sending: "Sending",
  sent: "Sent",
  delivered: "Delivered",
  read: "Read",
  failed: "Not sent",
  failedLong: "It did not reach the customer. Check the address, then send it again.",
  uncertain: "May not have been sent",
  uncertainLong:
    "The connection broke while the mail server took it, so nobody can tell whether it left. If the customer must have it, send it again: mail programs hide the second copy.",
  serverSaid: (what: string): string => `The mail server said: ${what}`,
  sendAgain: "Send again",
  sendingIn: (seconds: number): string => `Sending in ${seconds} s`,
  undo: "Undo",
  leaves: (when: string): string => `Leaves ${when}`,
  held: "Not sent: the customer or a colleague wrote before its time",
  wroteSince: "The customer has written since. It stays here at its time unless you send it.",
  sendNow: "Send now",
  edit: "Edit",
  scheduled: "Scheduled",
  notTaken: "It could not be taken back.",

  yourNote: "Your note, on its way",
  yourReply: "Your reply, on its way",
  saving: "Saving",
  waits: "Kept here. It leaves by itself when the connection is back.",
  refused: (why: string): string => `Not sent. ${why}`,
  discard: "Discard",
  between: "Something came between",
  wroteMeanwhile: (who: string): string => `${who} wrote while you were answering. Your reply has not left.`,
  answeredAlready: (who: string): string => `${who} answered already. Your reply has not left.`,
  anyway: "Send anyway",
  toDraft: "Back to my draft",
  asWell: "Send mine as well",
  discardMine: "Discard mine",
  wroteSinceBegun: (who: string): string => `${who} wrote since you began this reply.`,
  answeredSinceBegun: (who: string): string => `${who} answered since you began this reply.`,
  haveRead: "I have read it",
};

const de: typeof en = {
  by: (what, who, when) => `${what} von ${who}, ${when}`,
  reply: "Antwort",
  doReply: "Antworten",
  note: "Notiz",
  call: "Anruf",
  unknown: "Unbekannt",
  elsewhere: "Anderswo gesendet",
  onlyTeam: "Notiz · nur dein Team sieht sie",
  to: (names) => `an ${names}`,
  cc: (names) => `, Cc ${names}`,
  allRecipients: ", alle Empfänger",
  move: "Verschieben",
  raw: "Quelltext",
  unread: (problems) => `Nicht alles davon war lesbar: ${problems}. Im Quelltext steht alles.`,
  fields: { from: "Von", to: "An", cc: "Cc", bcc: "Bcc", subject: "Betreff", date: "Datum" },

  automatic: "Automatisch",
  automaticLong: "Das hat ein Programm geschrieben. Es öffnet nie ein Gespräch von Neuem.",
  spam: "Spam",
  spamLong: "Der Mailanbieter hält das für Spam.",
  masked: "Kartennummer verborgen",
  maskedLong: "Darin stand die Nummer einer Zahlungskarte, die nicht lesbar aufgehoben wird. Den Quelltext kann nur ein Admin öffnen.",
  signed: "Signiert",
  signedLong: "Der Absender hat diese Mail signiert. Skein zeigt das an und prüft die Signatur nicht.",
  encrypted: "Verschlüsselt",
  encryptedLong: "Diese Mail ist verschlüsselt: Ihr Text lässt sich hier nicht anzeigen.",
  unproven: "Absender unbewiesen",
  unprovenLong: "Die Adresse ist bekannt, aber nichts beweist, dass diese Mail von ihr kam. Sei vorsichtig mit Bestellungen und Adressen.",
  stranger: "Unbekannte Adresse",
  strangerLong: "Sie antwortet auf eine Mail von uns, von einer Adresse, die nicht am Gespräch beteiligt war.",

  why: "Warum sie hier ist",
  whyIs: (reason) => `Warum sie hier ist: ${reason}`,
  began: "Mit ihr begann dieses Gespräch.",
  named: "Das Gespräch, das sie nennt",
  bounced: (status) => `hat die Mail nicht bekommen${status === "" ? "" : ` (${status})`}.`,
  bouncedHard: "Noch ein Versuch hilft nicht: Prüfe die Adresse.",
  bouncedSoft: "Vielleicht nimmt der Server sie später an.",
  attachments: "Anhänge",
  unnamed: "Datei ohne Namen",
  download: "Herunterladen",

  noText: "(kein Text)",
  quoted: "Zitierter Text",
  showQuoted: "Zitierten Text zeigen",
  hideQuoted: "Zitierten Text verbergen",
  blocked: "Bilder von anderen Servern werden nicht geladen: Sie verraten dem Absender, dass du das liest.",
  showImages: "Bilder zeigen",
  mailFrom: (who) => `Mail von ${who}`,

  queued: "Wartet auf den Versand",
  sending: "Wird gesendet",
  sent: "Gesendet",
  delivered: "Zugestellt",
  read: "Gelesen",
  failed: "Nicht gesendet",
  failedLong: "Die Nachricht hat den Kunden nicht erreicht. Prüfe die Adresse und sende sie noch einmal.",
  uncertain: "Vielleicht nicht gesendet",
  uncertainLong:
    "Die Verbindung brach ab, während der Mailserver die Nachricht annahm. Ob sie hinausging, lässt sich nicht sagen. Wenn der Kunde sie haben muss, sende sie noch einmal: Mailprogramme blenden die zweite aus.",
  serverSaid: (what) => `Der Mailserver sagte: ${what}`,
  sendAgain: "Noch einmal senden",
  sendingIn: (seconds) => `Wird in ${seconds} s gesendet`,
  undo: "Rückgängig",
  leaves: (when) => `Geht hinaus: ${when}`,
  held: "Nicht gesendet: Der Kunde oder jemand aus dem Team hat vorher geschrieben",
  wroteSince: "Der Kunde hat seitdem geschrieben. Zur gesetzten Zeit bleibt die Antwort hier, außer du sendest sie.",
  sendNow: "Jetzt senden",
  edit: "Bearbeiten",
  scheduled: "Geplant",
  notTaken: "Das ließ sich nicht zurückholen.",

  yourNote: "Deine Notiz, unterwegs",
  yourReply: "Deine Antwort, unterwegs",
  saving: "Wird gespeichert",
  waits: "Hier aufgehoben. Sie geht von selbst hinaus, sobald die Verbindung wieder da ist.",
  refused: (why) => `Nicht gesendet. ${why}`,
  discard: "Verwerfen",
  between: "Etwas kam dazwischen",
  wroteMeanwhile: (who) => `Während du geantwortet hast, kam eine Nachricht von ${who}. Deine Antwort ist noch nicht gesendet.`,
  answeredAlready: (who) => `Es gibt schon eine Antwort von ${who}. Deine ist noch nicht gesendet.`,
  anyway: "Trotzdem senden",
  toDraft: "Zurück zu meinem Entwurf",
  asWell: "Meine auch senden",
  discardMine: "Meine verwerfen",
  wroteSinceBegun: (who) => `Seit du diese Antwort begonnen hast, kam eine Nachricht von ${who}.`,
  answeredSinceBegun: (who) => `Seit du diese Antwort begonnen hast, kam eine Antwort von ${who}.`,
  haveRead: "Habe ich gelesen",
};

export const { words, useWords } = catalogue<typeof en>({ en, de });

/** What a mark on a reason means. Unknown marks are shown as they are. */
export function markWords(mark: string): { short: string; long: string } {
  const w = words();
  switch (mark) {
    case "sender-unproven":
      return { short: w.unproven, long: w.unprovenLong };
    case "unknown-address":
      return { short: w.stranger, long: w.strangerLong };
    default:
      return { short: mark.replace(/-/g, " "), long: mark.replace(/-/g, " ") };
  }
}

export interface Delivery {
  readonly word: string;
  /** What it means and what to do, where that needs saying. */
  readonly explain: string;
  readonly tone: "quiet" | "wait" | "bad";
  readonly resend: boolean;
}

/** How far a message of ours has come. */
export function delivery(m: Pick<Message, "state" | "stateDetail">): Delivery {
  const w = words();
  switch (m.state) {
    case "received":
      return { word: "", explain: "", tone: "quiet", resend: false };
    case "failed":
      return { word: w.failed, explain: w.failedLong, tone: "bad", resend: true };
    case "uncertain":
      return { word: w.uncertain, explain: w.uncertainLong, tone: "wait", resend: true };
    default:
      return { word: w[m.state], explain: "", tone: "quiet", resend: false };
  }
}
