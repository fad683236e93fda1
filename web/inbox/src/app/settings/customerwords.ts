// The words of the pages on customers and orders: shared values, and how stores
// number their orders.

import type { Policy } from "../../types";
import { plural } from "../../words/figures";
import { catalogue } from "../../words/language";

const en = {
  values: "Shared values",
  valuesLead: "An address or a number that several people hold joins nobody. Skein counts who holds it; your word wins over what is counted.",
  valuesFailed: "The values can't be loaded.",
  noValues: "Nothing is shared or blocked yet. A value that three people hold appears here by itself.",
  policies: { personal: "One person's", shared: "Several people's", blocked: "Nobody's" } satisfies Record<Policy, string>,
  policyDetails: {
    personal: "May join people, whatever is counted",
    shared: "A family, an office: joins nobody",
    blocked: "A test value, the shop's own number",
  } satisfies Record<Policy, string>,
  asCounted: "As counted",
  asCountedDetail: "Take an operator's word back",
  counted: (policy: string) => `${policy}, counted`,
  phone: "Phone number",
  email: "Mail address",
  heldBy: (n: number) => `held by ${n}`,
  whatIs: (value: string) => `What ${value} is`,
  change: (value: string) => `Change what ${value} is`,
  either: "Mail address or phone number",
  whatItIs: "What it is",
  note: "Note",
  add: "Add",

  stores: "Order numbers",
  storesLead: "How each store numbers its orders, learned from the orders themselves. It is how a number in a message is known to be one.",
  storesFailed: "The stores can't be loaded.",
  orders: (n: number) => plural(n, { one: "# order", other: "# orders" }),
  newest: (when: string) => `newest ${when}`,
  /** How a store numbers its orders, which the server says in English. */
  grammar: (text: string) => text,
  nothingLearned: "Nothing learned yet.",
  noStores: "No shop has sent an order yet. With the first ones their numbers are learned by themselves.",
  bring: "Bring orders from a file, or connect a shop",
};

const de: typeof en = {
  values: "Geteilte Werte",
  valuesLead: "Eine Adresse oder Nummer, die mehrere haben, verbindet niemanden. Skein zählt, wer sie hat; dein Wort gilt mehr als das Gezählte.",
  valuesFailed: "Die Werte können nicht geladen werden.",
  noValues: "Noch ist nichts geteilt oder gesperrt. Ein Wert, den drei Personen haben, erscheint hier von selbst.",
  policies: { personal: "Einer Person", shared: "Mehrerer Personen", blocked: "Von niemandem" },
  policyDetails: {
    personal: "Darf Personen verbinden, was immer gezählt ist",
    shared: "Eine Familie, ein Büro: verbindet niemanden",
    blocked: "Ein Testwert, die Nummer des Shops selbst",
  },
  asCounted: "Wie gezählt",
  asCountedDetail: "Das eigene Wort zurücknehmen",
  counted: (policy) => `${policy}, gezählt`,
  phone: "Telefonnummer",
  email: "Mailadresse",
  heldBy: (n) => plural(n, { one: "von # Person", other: "von # Personen" }),
  whatIs: (value) => `Was ${value} ist`,
  change: (value) => `Ändern, was ${value} ist`,
  either: "Mailadresse oder Telefonnummer",
  whatItIs: "Wessen Wert es ist",
  note: "Notiz",
  add: "Hinzufügen",

  stores: "Bestellnummern",
  storesLead: "Wie jeder Shop seine Bestellungen nummeriert, aus den Bestellungen selbst gelernt. Daran wird eine Nummer in einer Nachricht als solche erkannt.",
  storesFailed: "Die Shops können nicht geladen werden.",
  orders: (n) => plural(n, { one: "# Bestellung", other: "# Bestellungen" }),
  newest: (when) => `neueste ${when}`,
  grammar: (text) =>
    text
      .replace(/^No orders yet$/u, "Noch keine Bestellungen")
      .replace(/(?<=\d) to (?=\d+ digits)/gu, " bis ")
      .replace(/(?<=\d) digits/gu, " Ziffern")
      .replace(/, filled up with zeros/gu, ", mit Nullen aufgefüllt")
      .replace(/ in groups/gu, " in Gruppen")
      .replace(/(?<=, )such as/gu, "etwa")
      .replace(/\((\d+) of (\d+) orders\)/gu, "($1 von $2 Bestellungen)")
      .replace(/\(9 a digit, @ a letter, \? either\)/gu, "(9 eine Ziffer, @ ein Buchstabe, ? eins von beiden)")
      .replace(/and (\d+) rarer forms/gu, "und $1 seltenere Formen")
      .replace(/ and /gu, " und "),
  nothingLearned: "Noch nichts gelernt.",
  noStores: "Noch hat kein Shop eine Bestellung gesendet. Mit den ersten werden ihre Nummern von selbst gelernt.",
  bring: "Bestellungen aus einer Datei übernehmen oder einen Shop verbinden",
};

export const { useWords } = catalogue({ en, de });
