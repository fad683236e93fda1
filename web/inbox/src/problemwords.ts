// What the server says when it refuses something, in the page's language: by the
// sentence where it is one that people come to, else by its code with the sentence
// as it came, so that nothing of it is lost. Loaded when it is first needed.

import { catalogue } from "./words/language";
import { shaped, type Shapes } from "./words/shapes";

interface Said {
  readonly sentences: Shapes;
  /** By the code of a problem; what isn't here is shown as it came. */
  readonly codes: Readonly<Record<string, (detail: string) => string>>;
}

const de: Said = {
  sentences: [
    // who may
    [/^this is for admins$/u, "Das ist für Admins."],
    [/^this is for supervisors and admins$/u, "Das ist für Supervisoren und Admins."],
    [/^tags of all conversations are changed by supervisors and admins$/u, "Tags aller Gespräche ändern Supervisoren und Admins."],
    [/^what everybody uses is changed by supervisors and admins: make one of your own$/u, "Was alle verwenden, ändern Supervisoren und Admins. Leg dir etwas Eigenes an."],
    [/^only an admin changes this for somebody else$/u, "Für andere ändert das nur ein Admin."],
    [/^only an admin says what somebody may see and do$/u, "Was jemand sehen und tun darf, bestimmt nur ein Admin."],
    [/^only an admin says who may act on orders$/u, "Wer Bestellungen ändern darf, bestimmt nur ein Admin."],
    [/^you may not act on orders: an admin can let you$/u, "Du darfst Bestellungen nicht ändern. Ein Admin kann es dir erlauben."],
    [/^the source of this message holds the number of a payment card.*$/su, "Der Quelltext dieser Nachricht enthält die Nummer einer Zahlungskarte, die unkenntlich gemacht wurde. Nur ein Admin darf ihn sehen."],
    [/^the session has ended: sign in again$/u, "Die Sitzung ist beendet. Melde dich neu an."],
    [/^this sign-in was used from two places.*$/u, "Diese Anmeldung wurde an zwei Orten verwendet und aus Sicherheit beendet. Melde dich neu an."],
    [/^the set-up code is not the one that the server printed when it started$/u, "Das ist nicht der Code, den der Server beim Start ausgegeben hat."],
    [/^somebody has set this up already: sign in$/u, "Jemand hat das schon eingerichtet. Melde dich an."],
    // what is gone
    [/^the conversation is not there, or not in one of your inboxes$/u, "Das Gespräch gibt es nicht, oder nicht in deinen Posteingängen."],
    [/^the message is not there(, or not in one of your inboxes)?$/u, "Die Nachricht gibt es nicht, oder nicht in deinen Posteingängen."],
    [/^the task is not there, or not in one of your inboxes$/u, "Die Aufgabe gibt es nicht, oder nicht in deinen Posteingängen."],
    [/^the customer is not there.*$/u, "Den Kunden gibt es nicht, oder er hat kein Gespräch in deinen Posteingängen."],
    [/^the order is not there.*$/u, "Die Bestellung gibt es nicht, oder ihr Kunde hat kein Gespräch in deinen Posteingängen."],
    [/^the (file|attachment) is not there( any more)?$/u, "Die Datei gibt es nicht mehr."],
    [/^the saved reply is not there$/u, "Den Textbaustein gibt es nicht mehr."],
    [/^the view is not there, or is somebody else's$/u, "Die Ansicht gibt es nicht, oder sie gehört jemand anderem."],
    [/^the team is not there$/u, "Das Team gibt es nicht mehr."],
    [/^the inbox is not there$/u, "Den Posteingang gibt es nicht mehr."],
    [/^there is no such account$/u, "Diesen Kanal gibt es nicht mehr."],
    [/^the agent is not there, or doesn't work here any more$/u, "Den Agenten gibt es nicht, oder er arbeitet nicht mehr hier."],
    [/^(the assignee|who it is to go to) is not there or no longer works here$/u, "Wer es bekommen soll, arbeitet nicht mehr hier."],
    [/^one of the inboxes or teams is not there$/u, "Einen der Posteingänge oder eines der Teams gibt es nicht mehr."],
    [/^this link was used, withdrawn, or is too old: ask for a new one$/u, "Dieser Link wurde verwendet oder zurückgezogen, oder er ist zu alt. Bitte um einen neuen."],
    [/^this link is not whole: copy all of it$/u, "Dieser Link ist nicht vollständig. Kopier ihn ganz."],
    // what others did meanwhile
    [/^somebody (else )?has changed (it|the account) meanwhile: look again$/u, "Inzwischen hat jemand etwas daran geändert. Sieh noch einmal nach."],
    [/^the conversation has changed meanwhile: look again$/u, "Das Gespräch hat sich inzwischen geändert. Sieh noch einmal nach."],
    [/^this draft was taken over or changed meanwhile: look at the conversation again$/u, "Der Entwurf wurde inzwischen übernommen oder geändert. Sieh dir das Gespräch noch einmal an."],
    [/^a message is not in this conversation any more: look again$/u, "Eine Nachricht ist nicht mehr in diesem Gespräch. Sieh noch einmal nach."],
    [/^the password was changed meanwhile: try again$/u, "Das Passwort wurde inzwischen geändert. Versuch es noch einmal."],
    [/^one of these tags is being changed just now: try again in a moment$/u, "Einer dieser Tags wird gerade geändert. Versuch es gleich noch einmal."],
    [/^mail keeps coming in between: try again$/u, "Es kommt dauernd Mail dazwischen. Versuch es noch einmal."],
    // conversations and messages
    [/^the conversation is closed: open it first$/u, "Das Gespräch ist geschlossen. Öffne es erst wieder."],
    [/^the assignee may not see this inbox$/u, "Wem du es zuweist, sieht diesen Posteingang nicht."],
    [/^the time until which it is snoozed has passed$/u, "Die Zeit, bis zu der es zurückgestellt ist, ist schon vorbei."],
    [/^body\.sendAt has passed$/u, "Der Zeitpunkt zum Senden ist schon vorbei."],
    [/^the two are one conversation already$/u, "Die beiden sind schon ein Gespräch."],
    [/^these are all its messages: merge the conversation instead$/u, "Das sind alle seine Nachrichten. Verbinde stattdessen die Gespräche."],
    [/^the messages are in this conversation already$/u, "Die Nachrichten sind schon in diesem Gespräch."],
    [/^notes alone make no conversation: move what they are about, too$/u, "Notizen allein sind kein Gespräch. Verschieb auch, worum es in ihnen geht."],
    [/^a side conversation belongs to the one that it is about.*$/u, "Ein Nebengespräch gehört zu seinem Gespräch. Das geht mit ihm allein nicht."],
    [/^their mails answer each other, which keeps them together.*$/u, "Ihre Mails antworten aufeinander, darum bleiben sie zusammen. Verschieb stattdessen die Nachrichten."],
    [/^it is undone already$/u, "Das ist schon rückgängig gemacht."],
    [/^it has left already$/u, "Sie ist schon abgegangen."],
    [/^only a message that failed or is uncertain can be sent again$/u, "Nur was fehlgeschlagen oder ungewiss ist, kann noch einmal gesendet werden."],
    [/^only what failed or is uncertain can be tried again$/u, "Nur was fehlgeschlagen oder ungewiss ist, kann noch einmal versucht werden."],
    [/^an attachment was sent already or is not there: upload it again$/u, "Ein Anhang wurde schon gesendet oder ist nicht da. Lade ihn noch einmal hoch."],
    [/^somebody whom the note names is not there or may not see this conversation: take the name out$/u, "Die Notiz nennt jemanden, den es nicht gibt oder der dieses Gespräch nicht sieht. Nimm den Namen heraus."],
    [/^the message's text is too large to be sent: put it into an attachment$/u, "Der Text ist zu lang zum Senden. Häng ihn als Datei an."],
    [/^the file is too large: at most (\d+) MB$/u, "Die Datei ist zu groß: höchstens $1 MB."],
    [/^a conversation has at most (\d+) tags: take some away$/u, "Ein Gespräch hat höchstens $1 Tags. Nimm einige weg."],
    [/^the inbox is archived: open it again, or choose another$/u, "Der Posteingang ist archiviert. Öffne ihn wieder oder wähle einen anderen."],
    [/^the customer left no address that can be answered: name a recipient$/u, "Der Kunde hat keine Adresse hinterlassen, an die man antworten kann. Gib einen Empfänger an."],
    [/^they never wrote there: nobody can be written to first by it$/u, "Dort haben sie nie geschrieben: darüber kann man niemandem zuerst schreiben."],
    [/^nobody in this conversation can be reached by chat any more$/u, "In diesem Gespräch ist niemand mehr über den Chat erreichbar."],
    [/^the account (.+) was removed: nothing can be sent from it until it is added again$/su, "Der Kanal $1 wurde entfernt. Darüber kann erst wieder gesendet werden, wenn er neu hinzugefügt ist."],
    [/^what (?:they write|is said with them) there is in #(\d+): go on there, or join the two$/u, "Dort läuft das Gespräch #$1. Mach dort weiter, oder verbinde die beiden."],
    // customers and orders
    [/^no telephone number of theirs is known$/u, "Es ist keine Telefonnummer von ihnen bekannt."],
    [/^this merge is not there, or is undone$/u, "Diese Verbindung gibt es nicht, oder sie ist rückgängig gemacht."],
    [/^they are one customer: undo the merge first$/u, "Sie sind ein Kunde. Mach erst die Verbindung rückgängig."],
    [/^an agent has joined them in another way, too: undo that merge first$/u, "Ein Agent hat sie noch auf andere Weise verbunden. Mach erst das rückgängig."],
    [/^not this customer's: verify it first$/u, "Sie gehört diesem Kunden nicht. Prüf es erst."],
    [/^this is not what is known of that order: ask again, or say why you are sure$/u, "Das stimmt nicht mit dieser Bestellung überein. Frag noch einmal, oder sag, warum du sicher bist."],
    [/^no mail account can send a code: add one, or verify by post code and item$/u, "Kein Mailkanal kann einen Code senden. Füg einen hinzu, oder prüf über Postleitzahl und Artikel."],
    [/^too many codes were sent in the last hour: verify by post code and item, or wait$/u, "In der letzten Stunde wurden zu viele Codes gesendet. Prüf über Postleitzahl und Artikel, oder warte."],
    [/^something else is being done with this order: wait until the shop has answered$/u, "Mit dieser Bestellung geschieht gerade etwas anderes. Warte, bis der Shop geantwortet hat."],
    [/^the last one is uncertain: look in the shop.*$/u, "Der letzte Auftrag ist ungewiss. Sieh im Shop nach, und versuch ihn dann noch einmal oder leg ihn beiseite."],
    [/^the order is cancelled already$/u, "Die Bestellung ist schon storniert."],
    [/^the order is (\w+): its address can't be changed$/u, "Die Adresse dieser Bestellung kann nicht mehr geändert werden."],
    [/^an address needs street, city and country$/u, "Eine Adresse braucht Straße, Ort und Land."],
    [/^country is "(.*)", not a code of two letters such as AT$/su, "„$1“ ist kein Land: zwei Buchstaben, etwa AT."],
    [/^(.+) is more than the (.+) that is left$/su, "$1 ist mehr als der Rest von $2."],
    [/^this is not offered: (.+)$/su, "Das wird nicht angeboten: $1."],
    [/^no shop account "(.*)" is served: it can be done in the shop alone$/su, "Der Shop „$1“ ist nicht verbunden. Die Bestellung lässt sich nur im Shop selbst ändern."],
    [/^the value can't be read: want a mail address.*$/u, "Der Wert ist nicht lesbar: eine Mailadresse, oder eine Telefonnummer mit Landesvorwahl."],
    // people and settings
    [/^somebody with this address works here already$/u, "Mit dieser Adresse arbeitet schon jemand hier."],
    [/^somebody with this address worked here before: reactivate them instead$/u, "Mit dieser Adresse hat schon jemand hier gearbeitet. Reaktiviere stattdessen diesen Zugang."],
    [/^the agent is deactivated: reactivate first$/u, "Der Agent ist deaktiviert. Reaktiviere ihn erst."],
    [/^this is the last active admin: make somebody else an admin first$/u, "Das ist der letzte aktive Admin. Mach erst jemand anderen zum Admin."],
    [/^there is a team of this name already$/u, "Ein Team mit diesem Namen gibt es schon."],
    [/^channels arrive in this inbox: say where they go from now on$/u, "In diesem Posteingang kommen Kanäle an. Gib an, wohin sie von nun an gehen."],
    [/^the tag has this name already$/u, "Der Tag heißt schon so."],
    [/^a tag has 1 to (\d+) characters and no quotes$/u, "Ein Tag hat 1 bis $1 Zeichen und keine Anführungszeichen."],
    [/^you have (\d+) views: delete one before you save another$/u, "Du hast $1 Ansichten. Lösch eine, bevor du eine weitere speicherst."],
    [/^there are (\d+) saved replies already: take some away first$/u, "Es gibt schon $1 Textbausteine. Lösch erst einige."],
    [/^a password has at least (\d+) characters.*$/u, "Ein Passwort hat mindestens $1 Zeichen."],
    [/^body\.current is not the present password$/u, "Das jetzige Passwort stimmt nicht."],
    [/^body\.email is no mail address.*$/u, "Das ist keine Mailadresse."],
    [/^body\.name is empty$/u, "Der Name fehlt."],
    [/^body\.text is empty(: write something, or attach a file)?$/u, "Der Text fehlt."],
    [/^the id (.+) is taken: choose another$/su, "Die Kennung $1 ist vergeben. Wähl eine andere."],
    [/^the account needs an inbox that its messages arrive in$/u, "Der Kanal braucht einen Posteingang, in dem seine Nachrichten ankommen."],
    [/^an account's id is 1 to 40 of a-z, 0-9, - and _$/u, "Eine Kennung hat 1 bis 40 Zeichen: a bis z, Ziffern, - und _."],
    [/^hours from "(.*)" to "(.*)": want HH:MM.*$/su, "Von $1 bis $2 geht nicht: Stunden und Minuten, erst der Anfang, dann das Ende. Was über Mitternacht geht, sind zwei."],
    [/^the time zone (?:".*" )?is not known: want a name such as Europe\/Vienna$/su, "Diese Zeitzone ist nicht bekannt: ein Name wie Europe/Vienna."],
    [/^a calendar needs a name$/u, "Ein Kalender braucht einen Namen."],
    [/^thresholds are above zero, and each is no less than the one before$/u, "Schwellen sind größer als null, und keine ist kleiner als die davor."],
    [/^the connector does not answer$/u, "Der Connector antwortet nicht."],
  ],
  codes: {
    forbidden: () => "Das darfst du nicht.",
    not_found: () => "Das gibt es nicht, oder nicht mehr.",
    too_many: () => "Das war zu oft. Warte einen Moment und versuch es noch einmal.",
    too_large: () => "Das ist zu groß.",
    conflict: (detail) => `Das geht gerade nicht: ${detail}`,
    invalid: (detail) => `Das geht so nicht: ${detail}`,
  },
};

const { words } = catalogue<Said>({ en: { sentences: [], codes: {} }, de });

/** The detail of a problem as people read it. */
export function refusal(code: string, detail: string): string {
  if (detail === "") return detail;
  const { sentences, codes } = words();
  return shaped(detail, sentences) ?? codes[code]?.(detail) ?? detail;
}
