// The words of the first run, in the page's language.

import type { SetupStep, TrialStep } from "../../setup";
import { catalogue, language } from "../../words/language";

const figure = (n: number): string => n.toLocaleString(language());

interface Words {
  readonly title: string;
  readonly begin: {
    readonly title: string;
    readonly text: string;
    readonly code: string;
    readonly codeHelp: string;
    readonly name: string;
    readonly email: string;
    readonly password: string;
    readonly passwordHelp: string;
    readonly workspace: string;
    readonly workspaceHelp: string;
    readonly locale: string;
    readonly zone: string;
    readonly go: string;
    readonly going: string;
    readonly done: string;
    readonly signIn: string;
  };
  readonly admins: string;
  readonly adminsKept: string;
  readonly failed: string;
  readonly steps: string;
  readonly stepOf: (n: number, of: number) => string;
  readonly states: Record<"done" | "skipped" | "open", string>;
  readonly skip: string;
  readonly next: string;
  readonly back: string;
  readonly later: string;
  readonly step: Record<SetupStep, { readonly word: string; readonly title: string; readonly text: string }>;
  readonly mailbox: {
    readonly address: string;
    readonly name: string;
    readonly nameHelp: string;
    readonly provider: string;
    readonly other: string;
    readonly password: string;
    readonly imap: string;
    readonly smtp: string;
    readonly host: string;
    readonly port: string;
    readonly security: string;
    readonly securities: Record<"tls" | "starttls" | "none", string>;
    readonly user: string;
    readonly userHelp: string;
    readonly test: string;
    readonly testing: string;
    readonly connect: string;
    readonly anyway: string;
    readonly connected: (address: string) => string;
    readonly more: string;
    readonly hints: Record<"app" | "oauth" | "bridge" | "enable", string>;
    readonly another: string;
  };
  readonly trial: {
    readonly servers: Record<"imap" | "smtp", string>;
    readonly well: Record<TrialStep, string>;
    readonly wrong: Record<TrialStep, string>;
    readonly noSmtp: string;
    readonly allWell: string;
  };
  readonly orders: {
    readonly have: (n: number) => string;
    readonly choose: string;
    readonly kinds: string;
    readonly currency: string;
    readonly currencyHelp: string;
    readonly reading: string;
    readonly found: (n: number) => string;
    readonly broken: (n: number) => string;
    readonly line: (n: number) => string;
    readonly columns: readonly [string, string, string, string, string];
    readonly take: (n: number) => string;
    readonly taking: string;
    readonly taken: (n: number) => string;
    readonly nothing: string;
    readonly shop: string;
    readonly first: string;
  };
  readonly people: { readonly alone: string; readonly have: (agents: number, invited: number) => string };
  readonly widget: {
    readonly origin: string;
    readonly originHelp: string;
    readonly brand: string;
    readonly make: string;
    readonly paste: string;
    readonly copy: string;
    readonly copied: string;
    readonly waiting: string;
    readonly seen: (origin: string, ago: string) => string;
  };
  readonly answer: {
    readonly write: (address: string) => string;
    readonly came: string;
    readonly linked: string;
    readonly answered: string;
    readonly open: (number: number) => string;
    readonly done: string;
    readonly doneText: string;
    readonly finish: string;
    readonly noMailbox: string;
  };
}

const en: Words = {
  title: "Set up",
  begin: {
    title: "Set up Skein",
    text: "Nobody works here yet. You become the first admin, and invite the others afterwards.",
    code: "Set-up code",
    codeHelp: "The server printed it when it started, so that nobody else sets it up.",
    name: "Your name",
    email: "Your mail address",
    password: "Password",
    passwordHelp: "10 characters or more",
    workspace: "Name of the business",
    workspaceHelp: "What customers know you by",
    locale: "Language",
    zone: "Time zone",
    go: "Begin",
    going: "Beginning",
    done: "This server is set up already.",
    signIn: "Sign in",
  },
  admins: "This is for admins.",
  adminsKept: "Ask one of them to go on with the set-up.",
  failed: "The set-up can't be loaded.",
  steps: "Steps",
  stepOf: (n, of) => `Step ${n} of ${of}`,
  states: { done: "done", skipped: "passed over", open: "open" },
  skip: "Not now",
  next: "Next",
  back: "To the inbox",
  later: "Every step can be come back to here, and under Settings.",
  step: {
    mailbox: { word: "Mailbox", title: "Connect a mailbox", text: "The address that customers write to. Mail stays where it is, and answers leave from it." },
    orders: { word: "Orders", title: "Bring your orders", text: "Then a message shows which order is meant, with its parcels and refunds. A file is enough to begin with." },
    people: { word: "Colleagues", title: "Invite colleagues", text: "Agents answer, supervisors see every inbox, admins set things up." },
    widget: { word: "Chat", title: "Put the chat on your pages", text: "One line of script. Visitors write, and you answer from the same inbox." },
    answer: { word: "First answer", title: "Answer a message with its order", text: "This is what every day looks like. Try it once." },
  },
  mailbox: {
    address: "Mail address",
    name: "Sender's name",
    nameHelp: "What customers see",
    provider: "Provider",
    other: "Another",
    password: "Password",
    imap: "Incoming mail (IMAP)",
    smtp: "Outgoing mail (SMTP)",
    host: "Server",
    port: "Port",
    security: "Encryption",
    securities: { tls: "TLS from the start", starttls: "STARTTLS", none: "None, on this machine only" },
    user: "User name",
    userHelp: "If it isn't the address",
    test: "Test the connection",
    testing: "Testing",
    connect: "Connect",
    anyway: "Connect all the same",
    connected: (address) => `${address} is connected.`,
    more: "All settings of this channel",
    hints: {
      app: "It wants an app password: make one in the account's security settings. The usual password is refused.",
      oauth: "It takes no passwords any more: it needs an access token (OAuth), which is set under Settings, Channels.",
      bridge: "Its bridge has to run on the same machine as Skein, and shows the password to use.",
      enable: "IMAP has to be switched on in its settings first.",
    },
    another: "Connect another",
  },
  trial: {
    servers: { imap: "Incoming mail", smtp: "Outgoing mail" },
    well: { settings: "The settings can be read", host: "The server's name is known", port: "It answers at this port", tls: "The connection is as wanted", signIn: "The sign-in is taken", folder: "The folder is there" },
    wrong: {
      settings: "The settings can't be used like this.",
      host: "The server's name leads nowhere. Check it for a slip of the pen.",
      port: "Nobody answers at this port. Check the port, and whether a firewall stands between.",
      tls: "There is no secure connection. Check port and encryption: they belong together.",
      signIn: "The sign-in is refused. Check user name and password; many providers want an app password.",
      folder: "The folder can't be opened. Check its name.",
    },
    noSmtp: "No server for outgoing mail is set: answers can't leave.",
    allWell: "Everything works.",
  },
  orders: {
    have: (n) => (n === 1 ? "1 order is here." : `${figure(n)} orders are here.`),
    choose: "Choose a file",
    kinds: "CSV with headings, Shopify's export among them, or JSON. At most 64 MB.",
    currency: "Currency",
    currencyHelp: "Of prices that name none, such as EUR",
    reading: "Reading the file",
    found: (n) => (n === 1 ? "1 order can be read." : `${figure(n)} orders can be read.`),
    broken: (n) => (n === 1 ? "1 line can't be read. It is left out; mend it and bring the file again, nothing is doubled." : `${figure(n)} lines can't be read. They are left out; mend them and bring the file again, nothing is doubled.`),
    line: (n) => `Line ${n}`,
    columns: ["Number", "Customer", "Placed", "Status", "Total"],
    take: (n) => (n === 1 ? "Take 1 order" : `Take ${figure(n)} orders`),
    taking: "Taking them in",
    taken: (n) => (n === 1 ? "1 order is taken in." : `${figure(n)} orders are taken in.`),
    nothing: "Nothing in it can be read as an order.",
    shop: "Connect Shopify, WooCommerce or another shop",
    first: "The first of them, as they were understood",
  },
  people: {
    alone: "So far it is you alone.",
    have: (n, invited) => [n > 1 ? `${figure(n)} people may sign in.` : "", invited > 0 ? `${figure(invited)} invited.` : ""].join(" ").trim(),
  },
  widget: {
    origin: "Address of your shop",
    originHelp: "The chat shows on this address alone. Further ones are added under Settings, Channels.",
    brand: "Name in the chat",
    make: "Make the chat",
    paste: "Paste this into your pages, before </body>:",
    copy: "Copy",
    copied: "Copied",
    waiting: "Not seen on a page yet. Open one that has it: this notices by itself.",
    seen: (origin, ago) => `Seen on ${origin}: ${ago}.`,
  },
  answer: {
    write: (address) => `From the mail address of one of your orders write to ${address} and name the order's number, such as: Where is my order 1042?`,
    came: "A message has come",
    linked: "It shows its order",
    answered: "You have answered it",
    open: (n) => `Open conversation ${n}`,
    done: "That is the whole of it.",
    doneText: "A message came, you saw which order was meant, and answered. From here on it is the same with every customer.",
    finish: "Go to work",
    noMailbox: "Connect a mailbox first: then there is an address to write to.",
  },
};

const de: Words = {
  title: "Einrichten",
  begin: {
    title: "Skein einrichten",
    text: "Hier arbeitet noch niemand. Du wirst der erste Admin und lädst danach die anderen ein.",
    code: "Einrichtungscode",
    codeHelp: "Der Server hat ihn beim Start ausgegeben, damit ihn niemand sonst einrichtet.",
    name: "Dein Name",
    email: "Deine Mailadresse",
    password: "Passwort",
    passwordHelp: "Mindestens 10 Zeichen",
    workspace: "Name des Unternehmens",
    workspaceHelp: "Unter dem deine Kunden dich kennen",
    locale: "Sprache",
    zone: "Zeitzone",
    go: "Anfangen",
    going: "Es fängt an",
    done: "Dieser Server ist schon eingerichtet.",
    signIn: "Anmelden",
  },
  admins: "Das ist für Admins.",
  adminsKept: "Bitte jemanden von ihnen, die Einrichtung fortzusetzen.",
  failed: "Die Einrichtung kann nicht geladen werden.",
  steps: "Schritte",
  stepOf: (n, of) => `Schritt ${n} von ${of}`,
  states: { done: "erledigt", skipped: "übersprungen", open: "offen" },
  skip: "Jetzt nicht",
  next: "Weiter",
  back: "Zum Posteingang",
  later: "Zu jedem Schritt kommst du hier und in den Einstellungen zurück.",
  step: {
    mailbox: { word: "Postfach", title: "Postfach verbinden", text: "Die Adresse, an die deine Kunden schreiben. Die Mail bleibt, wo sie ist, und Antworten gehen von dort ab." },
    orders: { word: "Bestellungen", title: "Bestellungen mitbringen", text: "Dann zeigt eine Nachricht, welche Bestellung gemeint ist, mit Paketen und Erstattungen. Für den Anfang reicht eine Datei." },
    people: { word: "Team", title: "Team einladen", text: "Agenten antworten, Supervisoren sehen jeden Posteingang, Admins richten ein." },
    widget: { word: "Chat", title: "Chat auf deine Seiten setzen", text: "Eine Zeile Skript. Besucher schreiben, und du antwortest im selben Posteingang." },
    answer: { word: "Erste Antwort", title: "Eine Nachricht mit ihrer Bestellung beantworten", text: "So sieht jeder Tag aus. Probier es einmal." },
  },
  mailbox: {
    address: "Mailadresse",
    name: "Name des Absenders",
    nameHelp: "Was Kunden sehen",
    provider: "Anbieter",
    other: "Ein anderer",
    password: "Passwort",
    imap: "Eingehende Mail (IMAP)",
    smtp: "Ausgehende Mail (SMTP)",
    host: "Server",
    port: "Port",
    security: "Verschlüsselung",
    securities: { tls: "TLS von Anfang an", starttls: "STARTTLS", none: "Keine, nur auf diesem Rechner" },
    user: "Benutzername",
    userHelp: "Falls er nicht die Adresse ist",
    test: "Verbindung testen",
    testing: "Wird getestet",
    connect: "Verbinden",
    anyway: "Trotzdem verbinden",
    connected: (address) => `${address} ist verbunden.`,
    more: "Alle Einstellungen dieses Kanals",
    hints: {
      app: "Er verlangt ein App-Passwort: leg eines in den Sicherheitseinstellungen des Kontos an. Das gewöhnliche Passwort wird abgelehnt.",
      oauth: "Er nimmt keine Passwörter mehr an: es braucht ein Zugriffstoken (OAuth), das du unter Einstellungen, Kanäle angibst.",
      bridge: "Seine Bridge muss auf demselben Rechner wie Skein laufen und zeigt das Passwort an.",
      enable: "IMAP muss dort erst in den Einstellungen eingeschaltet werden.",
    },
    another: "Ein weiteres verbinden",
  },
  trial: {
    servers: { imap: "Eingehende Mail", smtp: "Ausgehende Mail" },
    well: { settings: "Die Angaben sind lesbar", host: "Der Name des Servers ist bekannt", port: "Er antwortet an diesem Port", tls: "Die Verbindung ist wie gewünscht", signIn: "Die Anmeldung wird angenommen", folder: "Der Ordner ist da" },
    wrong: {
      settings: "So können die Angaben nicht verwendet werden.",
      host: "Der Name des Servers führt nirgendwohin. Prüf ihn auf Tippfehler.",
      port: "An diesem Port antwortet niemand. Prüf den Port, und ob eine Firewall dazwischen steht.",
      tls: "Es gibt keine sichere Verbindung. Prüf Port und Verschlüsselung: sie gehören zusammen.",
      signIn: "Die Anmeldung wird abgelehnt. Prüf Benutzername und Passwort; viele Anbieter verlangen ein App-Passwort.",
      folder: "Der Ordner lässt sich nicht öffnen. Prüf seinen Namen.",
    },
    noSmtp: "Kein Server für ausgehende Mail ist angegeben: Antworten können nicht abgehen.",
    allWell: "Alles funktioniert.",
  },
  orders: {
    have: (n) => (n === 1 ? "1 Bestellung ist hier." : `${figure(n)} Bestellungen sind hier.`),
    choose: "Datei wählen",
    kinds: "CSV mit Überschriften, auch der Export von Shopify, oder JSON. Höchstens 64 MB.",
    currency: "Währung",
    currencyHelp: "Von Preisen, die keine nennen, etwa EUR",
    reading: "Die Datei wird gelesen",
    found: (n) => (n === 1 ? "1 Bestellung ist lesbar." : `${figure(n)} Bestellungen sind lesbar.`),
    broken: (n) => (n === 1 ? "1 Zeile ist nicht lesbar. Sie bleibt weg; bessere sie aus und bring die Datei noch einmal, nichts wird doppelt." : `${figure(n)} Zeilen sind nicht lesbar. Sie bleiben weg; bessere sie aus und bring die Datei noch einmal, nichts wird doppelt.`),
    line: (n) => `Zeile ${n}`,
    columns: ["Nummer", "Kunde", "Bestellt", "Status", "Summe"],
    take: (n) => (n === 1 ? "1 Bestellung übernehmen" : `${figure(n)} Bestellungen übernehmen`),
    taking: "Werden übernommen",
    taken: (n) => (n === 1 ? "1 Bestellung ist übernommen." : `${figure(n)} Bestellungen sind übernommen.`),
    nothing: "Nichts darin ist als Bestellung lesbar.",
    shop: "Shopify, WooCommerce oder einen anderen Shop verbinden",
    first: "Die ersten, wie sie verstanden wurden",
  },
  people: {
    alone: "Bisher bist du allein.",
    have: (n, invited) => [n > 1 ? `${figure(n)} Personen dürfen sich anmelden.` : "", invited > 0 ? `${figure(invited)} eingeladen.` : ""].join(" ").trim(),
  },
  widget: {
    origin: "Adresse deines Shops",
    originHelp: "Der Chat erscheint nur unter dieser Adresse. Weitere kommen unter Einstellungen, Kanäle dazu.",
    brand: "Name im Chat",
    make: "Chat anlegen",
    paste: "Füg das in deine Seiten ein, vor </body>:",
    copy: "Kopieren",
    copied: "Kopiert",
    waiting: "Noch auf keiner Seite gesehen. Öffne eine, die ihn hat: es wird von selbst bemerkt.",
    seen: (origin, ago) => `Auf ${origin} gesehen: ${ago}.`,
  },
  answer: {
    write: (address) => `Schreib von der Mailadresse einer deiner Bestellungen an ${address} und nenn die Nummer der Bestellung, etwa: Wo ist meine Bestellung 1042?`,
    came: "Eine Nachricht ist gekommen",
    linked: "Sie zeigt ihre Bestellung",
    answered: "Du hast sie beantwortet",
    open: (n) => `Gespräch ${n} öffnen`,
    done: "Das ist schon alles.",
    doneText: "Eine Nachricht kam, du hast gesehen, welche Bestellung gemeint ist, und geantwortet. So ist es von nun an mit jedem Kunden.",
    finish: "An die Arbeit",
    noMailbox: "Verbinde erst ein Postfach: dann gibt es eine Adresse, an die man schreiben kann.",
  },
};

export const { words } = catalogue<Words>({ en, de });
