// Why the server joined, linked or asks about something, which it says in English.
// What has no shape here is shown as it came.

import { catalogue } from "../../words/language";
import { shaped, type Shapes } from "../../words/shapes";

const de: Shapes = [
  // of an order
  [/^They name its parcel (.+)$/su, "Sie nennen ihr Paket $1"],
  [/^They name an order that is not known to be theirs: (.+)$/su, "Sie nennen eine Bestellung, die nicht als ihre bekannt ist: $1"],
  [/^They name a parcel that is not known to be theirs: (.+)$/su, "Sie nennen ein Paket, das nicht als ihres bekannt ist: $1"],
  [/^They name (.+)$/su, "Sie nennen $1"],
  [/^They write about this order: (.+)$/su, "Sie schreiben über diese Bestellung: $1"],
  [/^They receive the parcel of the order they name: (.+)$/su, "Sie empfangen das Paket der Bestellung, die sie nennen: $1"],
  [/^They receive the parcel of this order$/u, "Sie empfangen das Paket dieser Bestellung"],
  [/^Their order (\S+) is nearly what they wrote: (.+)$/su, "Ihre Bestellung $1 ist fast, was sie schrieben: $2"],
  [/^One of their orders: (.+)$/su, "Eine ihrer Bestellungen: $1"],
  [/^Order (\S+): (.+)$/su, "Bestellung $1: $2"],
  [/^it holds (.+)$/su, "sie enthält $1"],
  [/^they name its amount$/u, "sie nennen ihren Betrag"],
  [/^it goes to the city they name$/u, "sie geht in den Ort, den sie nennen"],
  [/^what they ask goes with an order that is (.+)$/su, "die Frage passt zu einer Bestellung mit diesem Status: $1"],
  [/^the sender is not proven$/u, "der Absender ist nicht belegt"],
  [/^the buyer has their address and is not known to be them$/u, "der Käufer hat ihre Adresse, ist aber nicht als dieselbe Person bekannt"],
  [/^An agent said that it is no order of theirs$/u, "Ein Agent sagte, dass sie ihnen nicht gehört"],
  [/^An agent linked it$/u, "Ein Agent hat sie verknüpft"],
  [/^An agent said that it is not this one$/u, "Ein Agent sagte, dass es nicht um diese geht"],
  // of two customers who are one
  [/^An agent said so$/u, "Ein Agent sagte es"],
  [/^An agent: (.+)$/su, "Ein Agent: $1"],
  [/^The same address (.+): both have proven it$/su, "Dieselbe Adresse $1: beide haben sie belegt"],
  [/^The same address (.+): signed for both$/su, "Dieselbe Adresse $1: für beide signiert"],
  [/^The same number (.+): both have proven it$/su, "Dieselbe Nummer $1: beide haben sie belegt"],
  [/^The same number (.+): signed for both$/su, "Dieselbe Nummer $1: für beide signiert"],
  [/^The same account (.+): both have proven it$/su, "Dasselbe Konto $1: beide haben es belegt"],
  [/^The same account (.+): signed for both$/su, "Dasselbe Konto $1: für beide signiert"],
  // of two customers who may be one
  [/^same mail address$/u, "dieselbe Mailadresse"],
  [/^mail addresses that differ in dots or a tag only$/u, "Mailadressen, die sich nur in Punkten oder einem Zusatz unterscheiden"],
  [/^mail addresses that differ in dots and dashes only$/u, "Mailadressen, die sich nur in Punkten und Strichen unterscheiden"],
  [/^mail addresses that differ in a letter or two$/u, "Mailadressen, die sich in ein, zwei Buchstaben unterscheiden"],
  [/^mail addresses of the same letters in another order$/u, "Mailadressen aus denselben Buchstaben in anderer Reihenfolge"],
  [/^same mail address but for its domain$/u, "bis auf die Domain dieselbe Mailadresse"],
  [/^mail addresses that sound alike$/u, "Mailadressen, die ähnlich klingen"],
  [/^same telephone number$/u, "dieselbe Telefonnummer"],
  [/^telephone numbers that differ in one figure$/u, "Telefonnummern, die sich in einer Ziffer unterscheiden"],
  [/^same birthday$/u, "derselbe Geburtstag"],
  [/^birthdays that differ by a slip$/u, "Geburtstage, die sich durch einen Tippfehler unterscheiden"],
  [/^birthdays that are nearly the same$/u, "fast derselbe Geburtstag"],
  [/^not the same birthday$/u, "nicht derselbe Geburtstag"],
  [/^same post code$/u, "dieselbe Postleitzahl"],
  [/^same city$/u, "derselbe Ort"],
  [/^not the same city$/u, "nicht derselbe Ort"],
  [/^same company$/u, "dieselbe Firma"],
  [/^a name in common$/u, "ein gemeinsamer Name"],
  [/^not a name in common$/u, "kein gemeinsamer Name"],
  [/^same names in the other order$/u, "dieselben Namen in umgekehrter Reihenfolge"],
  [/^similar names in the other order$/u, "ähnliche Namen in umgekehrter Reihenfolge"],
  [/^same name$/u, "derselbe Name"],
  [/^same surname$/u, "derselbe Nachname"],
  [/^similar surname$/u, "ähnlicher Nachname"],
  [/^not the same surname$/u, "nicht derselbe Nachname"],
  [/^same first name$/u, "derselbe Vorname"],
  [/^similar first name$/u, "ähnlicher Vorname"],
  [/^not the same first name$/u, "nicht derselbe Vorname"],
];

const { words } = catalogue<Shapes>({ en: [], de });

/** A reason of the server's in the page's language. */
export function reason(text: string): string {
  const shapes = words();
  const one = (part: string): string => shaped(part, shapes) ?? part;
  // Several stand in one line, the first perhaps after what they are about.
  return text
    .split("; ")
    .map((part) => {
      const [, order, why] = /^Order (\S+): (.+)$/su.exec(part) ?? [];
      return one(order === undefined || why === undefined ? part : `Order ${order}: ${one(why)}`);
    })
    .join("; ");
}
