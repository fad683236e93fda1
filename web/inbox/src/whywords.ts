// Why the server put a message or a conversation where it is, which it says in
// English. What has no shape here is shown as it came.

import { catalogue } from "./words/language";
import { shaped, type Shapes } from "./words/shapes";

const de: Shapes = [
  // of a message: why it is here
  [/^Points at nothing known: a new conversation$/u, "Verweist auf nichts Bekanntes: ein neues Gespräch"],
  [/^Quotes another conversation whose people its sender is not among$/u, "Zitiert ein anderes Gespräch, an dem der Absender nicht beteiligt ist"],
  [/^Answers a message that we sent$/u, "Antwortet auf eine Nachricht, die wir gesendet haben"],
  [/^Answers a message that we sent, from an address that took no part before$/u, "Antwortet auf eine Nachricht, die wir gesendet haben, von einer bisher unbeteiligten Adresse"],
  [/^Was sent to this conversation's own address$/u, "Ging an die eigene Adresse dieses Gesprächs"],
  [/^Was sent to this conversation's own address, from an address that took no part before$/u, "Ging an die eigene Adresse dieses Gesprächs, von einer bisher unbeteiligten Adresse"],
  [/^Answers the same message as another here$/u, "Antwortet auf dieselbe Nachricht wie eine andere hier"],
  [/^Same thread on its channel$/u, "Derselbe Verlauf auf ihrem Kanal"],
  [/^A message here answers it and came first$/u, "Eine Nachricht hier antwortet darauf und kam früher an"],
  [/^Answers a message here$/u, "Antwortet auf eine Nachricht hier"],
  [/^Refers to a message here$/u, "Bezieht sich auf eine Nachricht hier"],
  [/^Carries the Message-ID of a message here$/u, "Trägt die Message-ID einer Nachricht hier"],
  [/^An agent said that it goes on here$/u, "Ein Agent sagte, dass es hier weitergeht"],
  [/^The same customer wrote of order (\S+) here$/u, "Derselbe Kunde schrieb hier über Bestellung $1"],
  [/^written down here$/u, "hier eingetragen"],
  [/^written here$/u, "hier geschrieben"],
  [/^Sent by mail too: nobody had read it in the chat$/u, "Auch per Mail gesendet: Im Chat hatte es niemand gelesen"],
  // of a machine's mail
  [/^a report of type (.+)$/su, "ein Bericht der Art $1"],
  [/^a delivery report(.*)$/su, "ein Zustellbericht$1"],
  [/^a complaint \(feedback report\)$/u, "eine Beschwerde (Feedback Report)"],
  [/^a read receipt$/u, "eine Lesebestätigung"],
  [/^an Exchange rule$/u, "eine Regel von Exchange"],
  [/^an empty Return-Path$/u, "ein leerer Return-Path"],
  [/^sent by a mail system$/u, "von einem Mailsystem gesendet"],
  [/^the subject of an automatic answer$/u, "der Betreff einer automatischen Antwort"],
  // of conversations that may belong together
  [/^A mail here quotes it, from an address that takes no part there$/u, "Eine Mail hier zitiert es, von einer Adresse, die dort nicht beteiligt ist"],
  [/^A mail there quotes this conversation, from an address that takes no part here$/u, "Eine Mail dort zitiert dieses Gespräch, von einer Adresse, die hier nicht beteiligt ist"],
  [/^About order (.+)$/su, "Zu Bestellung $1"],
  [/^The same subject, by the same customer$/u, "Derselbe Betreff, vom selben Kunden"],
  [/^By the same customer, and not closed$/u, "Vom selben Kunden und nicht geschlossen"],
  // of what was joined or moved
  [/^A mail came late that ties the two together$/u, "Eine verspätete Mail verbindet die beiden"],
  [/^Their mails answer each other$/u, "Ihre Mails antworten aufeinander"],
  [/^Merged by (.+)$/su, "Verbunden: $1"],
  [/^Moved by (.+)$/su, "Verschoben: $1"],
  [/^Asked in the chat to go on by mail$/u, "Bat im Chat darum, per Mail weiterzumachen"],
];

const { words } = catalogue<Shapes>({ en: [], de });

/** A reason of the server's in the page's language. */
export function why(text: string): string {
  return shaped(text, words()) ?? text;
}
