// The words of what a shop can be asked to do, in the page's language.

import { catalogue } from "../words/language";

export const actionKinds = ["refund", "cancel", "address", "resend", "cart_link", "cart_completed"] as const;

interface Words {
  readonly title: string;
  readonly help: string;
  readonly kinds: Readonly<Record<(typeof actionKinds)[number], string>>;
}

const en: Words = {
  title: "May be done in the shop from here",
  help: "For supervisors, admins and the agents who may. What is off is offered to nobody.",
  kinds: {
    refund: "Refund an order",
    cancel: "Cancel an order",
    address: "Change an order’s address",
    resend: "Send an order’s confirmation again",
    cart_link: "Mail the link to a cart",
    cart_completed: "Mark a cart as bought in the store",
  },
};

const de: Words = {
  title: "Von hier aus im Shop erlaubt",
  help: "Für Supervisoren, Admins und Agenten, die es dürfen. Was aus ist, wird niemandem angeboten.",
  kinds: {
    refund: "Eine Bestellung erstatten",
    cancel: "Eine Bestellung stornieren",
    address: "Die Adresse einer Bestellung ändern",
    resend: "Die Bestätigung einer Bestellung noch einmal schicken",
    cart_link: "Den Link zu einem Warenkorb per Mail senden",
    cart_completed: "Einen Warenkorb als im Laden gekauft vermerken",
  },
};

export const { useWords } = catalogue({ en, de });
