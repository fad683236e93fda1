// The words of what is said of a message besides, in the page's language.

import { catalogue } from "./words/language";

const en = {
  comment: "Public comment",
  commentLong: "It stands under a post, and everybody can read it.",
  mention: "Public mention",
  mentionLong: "It stands under somebody else's post, and everybody can read it.",
  answer: "Public reply",
  answerLong: "It stands beside the comment, and everybody can read it.",
  direct: "Private message",
  directLong: "Only who wrote the comment got it. It takes one for a comment: they have to answer before you can write again.",
  see: "Open the post",
  hidden: "Hidden",
  hiddenLong: "Only its writer, their friends and you still see it.",
  hide: "Hide",
  show: "Show again",
  hiding: "Hiding",
  showing: "Showing again",
  failed: (hide: boolean): string => (hide ? "It was not hidden." : "It was not shown again."),
  unsure: (hide: boolean): string => (hide ? "Nobody knows whether it was hidden: look at the post." : "Nobody knows whether it is shown again: look at the post."),
  again: "Try again",
  quotes: "In answer to",
  quotesFile: "a file",
  edited: "Edited",
  deleted: "Taken back by its sender: what it said is in the log",
  reacted: (emoji: string, who: string): string => `${emoji} from ${who}`,
};

const de: typeof en = {
  comment: "Öffentlicher Kommentar",
  commentLong: "Er steht unter einem Beitrag, und alle können ihn lesen.",
  mention: "Öffentliche Erwähnung",
  mentionLong: "Sie steht unter einem fremden Beitrag, und alle können sie lesen.",
  answer: "Öffentliche Antwort",
  answerLong: "Sie steht beim Kommentar, und alle können sie lesen.",
  direct: "Private Nachricht",
  directLong: "Nur wer den Kommentar schrieb, hat sie bekommen. Zu einem Kommentar geht eine: Erst nach einer Antwort kannst du wieder schreiben.",
  see: "Beitrag öffnen",
  hidden: "Verborgen",
  hiddenLong: "Nur wer ihn schrieb, deren Freunde und ihr seht ihn noch.",
  hide: "Verbergen",
  show: "Wieder zeigen",
  hiding: "Wird verborgen",
  showing: "Wird wieder gezeigt",
  failed: (hide) => (hide ? "Er wurde nicht verborgen." : "Er wurde nicht wieder gezeigt."),
  unsure: (hide) => (hide ? "Niemand weiß, ob er verborgen wurde: Sieh beim Beitrag nach." : "Niemand weiß, ob er wieder gezeigt wird: Sieh beim Beitrag nach."),
  again: "Noch einmal versuchen",
  quotes: "Als Antwort auf",
  quotesFile: "eine Datei",
  edited: "Bearbeitet",
  deleted: "Vom Absender zurückgenommen: Was darin stand, steht im Protokoll",
  reacted: (emoji, who) => `${emoji} von ${who}`,
};

export const { words, useWords } = catalogue<typeof en>({ en, de });
