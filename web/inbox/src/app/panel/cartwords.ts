// The words of what is done with a cart, in the page's language.

import { catalogue } from "../../words/language";

interface Words {
  readonly link: string;
  readonly copy: string;
  readonly copied: string;
  readonly copyLabel: string;
  readonly reply: string;
  readonly done: string;
  readonly group: string;
  readonly mail: string;
  readonly complete: string;
  readonly mailTitle: string;
  readonly completeTitle: string;
  readonly mailHelp: string;
  readonly completeHelp: string;
  readonly text: string;
  readonly textHelp: string;
  readonly send: string;
  readonly confirm: string;
  readonly leave: string;
  readonly notOffered: (why: string) => string;
}

const en: Words = {
  link: "The way back to the cart",
  copy: "Copy link",
  copied: "Copied",
  copyLabel: "Copy link that restores the cart",
  reply: "Put the link in the reply",
  done: "Done with the cart in the shop",
  group: "In the shop: the cart",
  mail: "Mail the link…",
  complete: "Bought in the store…",
  mailTitle: "Have the shop mail the cart",
  completeTitle: "Bought in the store",
  mailHelp: "The shop mails the customer a link that brings this cart back.",
  completeHelp: "The shop makes an order of this cart, as paid, and takes the goods from its stock. It can’t be taken back.",
  text: "Your words",
  textHelp: "They stand in the mail beside the link. May be empty.",
  send: "Have it mailed",
  confirm: "It was bought",
  leave: "Leave it",
  notOffered: (why) => `Not offered: ${why}.`,
};

const de: Words = {
  link: "Der Weg zurück zum Warenkorb",
  copy: "Link kopieren",
  copied: "Kopiert",
  copyLabel: "Den Link kopieren, der den Warenkorb wiederherstellt",
  reply: "Link in die Antwort",
  done: "Im Shop mit dem Warenkorb erledigt",
  group: "Im Shop: der Warenkorb",
  mail: "Link per Mail…",
  complete: "Im Laden gekauft…",
  mailTitle: "Link zum Warenkorb vom Shop senden lassen",
  completeTitle: "Im Laden gekauft",
  mailHelp: "Der Shop schickt dem Kunden einen Link, der diesen Warenkorb wiederherstellt.",
  completeHelp: "Der Shop macht aus diesem Warenkorb eine bezahlte Bestellung und bucht die Ware aus dem Bestand. Das lässt sich nicht zurücknehmen.",
  text: "Deine Worte",
  textHelp: "Sie stehen in der Mail neben dem Link. Darf leer bleiben.",
  send: "Senden lassen",
  confirm: "Wurde gekauft",
  leave: "Abbrechen",
  notOffered: (why) => `Nicht angeboten: ${why}.`,
};

export const { useWords } = catalogue({ en, de });
