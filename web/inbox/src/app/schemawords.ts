// The names and meanings of a channel's settings. The schema that the server sends
// is in English; what another language says of a field stands here by its place,
// and a field without an entry, as a connector of one's own has, is shown as the
// schema has it.

import { label, type Schema } from "../schema";
import { catalogue } from "../words/language";

/** What a field is called, and what it means. */
type Field = readonly [label: string, help?: string];
type Fields = Readonly<Record<string, Field>>;

const under = (place: string, fields: Fields): Fields => Object.fromEntries(Object.entries(fields).map(([name, f]) => [`${place}.${name}`, f]));

const server: Fields = {
  host: ["Server", "Der Name des Servers"],
  port: ["Port", "Falls nicht der übliche: 993 oder 143, 465 oder 587"],
  security: ["Verschlüsselung", "Falls nicht tls"],
  username: ["Benutzername", "Falls ein anderer als der des Kontos"],
  password: ["Passwort", "Falls ein anderes als das des Kontos"],
  auth: ["Anmeldung", "Falls eine andere als die des Kontos"],
  token: ["Token", "Falls ein anderes als das des Kontos"],
};

const files: Fields = {
  hosts: ["Hosts", "Hosts im eigenen Netz, die gefragt werden dürfen: andere dort werden es nie"],
  maxMB: ["Höchstens MB", "Wie groß eine Datei sein darf, falls nicht 100 MB"],
};

const shadow: Field = ["Probeweise prüfen", "Was die Prüfung nicht besteht, wird gezählt und trotzdem angenommen"];
const insecure: Field = ["Unverschlüsselt erlauben", "Eine unverschlüsselte Verbindung zu einem anderen Rechner erlauben"];

const en: Fields = {
  settings: ["Settings", "What its connector asks for. All of it is kept secret: what is set stays as it is shown"],
};

const de: Fields = {
  settings: ["Einstellungen", "Was der Connector verlangt. Alles davon bleibt geheim: was gesetzt ist, bleibt, wie es gezeigt wird"],
  ...under("email", {
    imap: ["Eingehende Mail (IMAP)", "Wo Mail ankommt"],
    ...under("imap", server),
    smtp: ["Ausgehende Mail (SMTP)", "Worüber Mail gesendet wird; ohne Angabe empfängt das Konto nur"],
    ...under("smtp", server),
    username: ["Benutzername", "Wer sich anmeldet, falls nicht die Adresse"],
    password: ["Passwort", "Das Passwort beider Server"],
    auth: ["Anmeldung", "Wie angemeldet wird, falls nicht mit Passwort"],
    token: ["Token", "Das Zugriffstoken für oauthbearer und xoauth2"],
    oauth: ["Anmeldung beim Anbieter", "Stattdessen bei Google, Microsoft oder einem anderen Anbieter anmelden"],
    ...under("oauth", {
      provider: ["Anbieter", "Bei wem angemeldet wird"],
      clientId: ["Client-ID", "Der Anwendung, die du dort registriert hast"],
      clientSecret: ["Client-Geheimnis", "Ihr Geheimnis, falls sie eines hat"],
      tenant: ["Mandant", "Das Verzeichnis bei Microsoft, falls nicht common"],
      authUrl: ["Adresse der Zustimmung", "Wo ein anderer Anbieter um Zustimmung fragt"],
      tokenUrl: ["Adresse der Tokens", "Wo ein anderer Anbieter Tokens ausgibt"],
      scope: ["Umfang", "Wofür um Zustimmung gefragt wird, falls nicht das Übliche, mit Leerzeichen getrennt"],
    }),
    folder: ["Ordner", "Der Ordner mit neuer Mail, falls nicht INBOX"],
    junk: ["Spamordner", "Der Spamordner des Anbieters; was darin liegt, kommt als Spam markiert an"],
    recheck: ["Nachsehen alle", "Wie oft nachgesehen wird, neben dem, was der Server meldet, etwa 60s"],
    importSince: ["Übernehmen seit", "Was seit diesem Tag angekommen ist, still übernehmen"],
    markSeen: ["Als gelesen markieren", "Was übernommen wurde, als gelesen markieren"],
    moveTo: ["Verschieben nach", "Der Ordner, in den Übernommenes verschoben wird; ohne Angabe bleibt Mail, wo sie ist"],
    authServId: ["Namen deines Servers", "Die Namen, unter denen dein eigener Server Authentication-Results signiert"],
    insecure,
    caFile: ["CA-Datei", "Eine PEM-Datei mit den Zertifizierungsstellen, denen statt denen des Systems vertraut wird"],
    caPem: ["CA als PEM", "Dasselbe direkt hier"],
  }),
  ...under("chat", {
    origins: ["Herkünfte", "Wo das Widget stehen darf: https://shop.example, oder https://*.shop.example für alle Namen darunter"],
    brand: ["Auftritt"],
    ...under("brand", {
      name: ["Name"],
      color: ["Farbe", "#rrggbb"],
      greeting: ["Begrüßung"],
      locale: ["Sprache"],
      dir: ["Schreibrichtung"],
      theme: ["Farbschema"],
      side: ["Seite"],
    }),
    secrets: ["Geheimnisse", "Womit der Server des Shops signiert, wer angemeldet ist, mit HS256: jeweils mindestens 32 Zeichen"],
    publicKeys: ["Öffentliche Schlüssel", "Dasselbe mit ES256: die öffentlichen Schlüssel, als PEM"],
    store: ["Shop", "Der Name des Shops, wie ihn seine Bestellungen tragen"],
    currency: ["Währung", "Von Warenkörben, die keine nennen, etwa EUR"],
    files: ["Dateien"],
    ...under("files", {
      refused: ["Ablehnen", "Gar keine Dateien"],
      maxBytes: ["Höchstens Bytes", "Einer Datei; ohne Angabe 10 MiB, höchstens 24 MiB"],
      types: ["Arten", "Etwa image/*, application/pdf; ohne Angabe Bilder, PDF und reiner Text"],
    }),
    scan: ["Virenprüfung", "Adresse eines clamd, der jede Datei prüft, host:port oder unix:/pfad; ohne Angabe prüft sie niemand"],
    calendar: ["Kalender", "Kennung des Kalenders mit den Öffnungszeiten; ohne Angabe der des Posteingangs"],
    mail: ["Mail"],
    ...under("mail", {
      account: ["Konto", "Das Mailkonto, über das sie geht; ohne Angabe geht keine"],
      after: ["Nach", "Wie lange niemand die Antwort liest, etwa 5m (die Vorgabe), zwischen 1m und 24h"],
      subject: ["Betreff"],
      intro: ["Einleitung", "Was vor den Antworten steht"],
    }),
    abandonAfter: ["Aufgegeben nach", "Wie lange ein wartender Besucher fort sein muss, um als unbeantwortet gegangen zu zählen, falls nicht 30s"],
  }),
  ...under("phone", {
    provider: ["Anbieter", "Die Telefonanlage: webhook ist jede, die nach Standard Webhooks signiert"],
    secrets: ["Geheimnisse", "Womit Anfragen geprüft werden: das Auth-Token von Twilio, das Webhook-Token von Aircall, whsec_… von Standard Webhooks, benutzer:passwort von FreeSWITCH"],
    shadow,
    abandonAfter: ["Aufgegeben nach", "Wie lange es läutet, bis ein Anruf, den niemand annimmt, als aufgegeben zählt, falls nicht 5s"],
    zone: ["Zeitzone", "Die Zeitzone von Zeiten, die keine nennen, etwa Europe/Vienna; falls nicht UTC"],
    numbers: ["Nummern", "Eigene Nummern neben der des Kontos"],
    extensions: ["Nebenstellen", "Ein regulärer Ausdruck der eigenen Telefone, falls nicht 2 bis 6 Ziffern"],
    agents: ["Agenten", "Wer an einer Nebenstelle, einem Client oder einer Nummer sitzt"],
    file: ["Datei", "Die Datei, der gefolgt wird: Master.csv von Asterisk oder FreeSWITCH, oder eine beliebige CSV"],
    importSince: ["Übernehmen seit", "Was die Datei seit diesem Tag enthält, still übernehmen"],
    recheck: ["Nachsehen alle", "Wie oft in der Datei nachgesehen wird, falls nicht alle 2s"],
    format: ["Format", "Was die Datei ist: 3cx, freeswitch (dessen Vorlage example), freeswitch-asterisk, -opencdrcsv, -sql, -snom, -linksys"],
    columns: ["Spalten", "Oder was in welcher ihrer Spalten steht"],
    ...under("columns", {
      columns: [
        "Spalten",
        "Wo jedes Feld steht: eine Überschrift der ersten Zeile oder eine Zahl, von 1 an gezählt. Felder: id, leg, direction, from, to, start, answer, end, ring, talk, duration, disposition, recording, voicemail, transcript, extension, agent, name, summary",
      ],
      delimiter: ["Trennzeichen", "Zwischen den Spalten, falls kein Komma"],
      times: ["Zeiten", "Formen der Zeiten, wie Go sie schreibt, etwa 02.01.2006 15:04:05"],
      dispositions: ["Ausgänge", "Die Wörter der Anlage für answered, missed, voicemail, busy, failed und ringing, in Kleinbuchstaben"],
      directions: ["Richtungen", "Die Wörter der Anlage für in und out, in Kleinbuchstaben"],
    }),
    ami: ["AMI", "Die Managerschnittstelle von Asterisk, für laufende Anrufe"],
    ...under("ami", {
      host: ["Server", "Der Name der Telefonanlage"],
      port: ["Port", "Falls nicht 5038, mit TLS 5039"],
      user: ["Benutzer", "Der Benutzer in manager.conf, der call und cdr lesen darf"],
      secret: ["Geheimnis", "Das Geheimnis dieses Benutzers"],
      tls: ["TLS", "Über TLS verbinden"],
      caPem: ["CA als PEM", "Die Zertifizierungsstellen, denen statt denen des Systems vertraut wird, als PEM"],
      insecure,
    }),
    accountSid: ["Konto-SID", "Das Konto bei Twilio, falls nicht das, das dessen Anfragen nennen"],
    apiUrl: ["API-Adresse", "Die API von Twilio, falls nicht https://api.twilio.com"],
    answer: ["Annehmen", "Wie Twilio einen Anruf annehmen soll; ohne Angabe gar nicht"],
    ...under("answer", {
      greeting: ["Begrüßung", "Wird zuerst gesprochen"],
      dial: ["Läuten bei", "Läuten zugleich: Nummern, client:… oder sip:…"],
      seconds: ["Sekunden", "Wie lange es läutet, falls nicht 20 s"],
      voicemail: ["Voicemail", "Wird vor dem Signalton gesprochen, wenn niemand abhebt; ohne Angabe gibt es keine Voicemail"],
      record: ["Aufzeichnen", "Gespräche aufzeichnen"],
      transcribe: ["Verschriftlichen", "Voicemail von Twilio verschriftlichen lassen"],
      language: ["Sprache", "Des Gesprochenen, falls nicht en-US"],
    }),
    recordings: ["Aufzeichnungen", "Wie Aufzeichnungen abgeholt werden"],
    ...under("recordings", {
      ...files,
      off: ["Aus", "Sie bleiben bei der Telefonanlage"],
      base: ["Ordner", "Die Adresse ihres Ordners, für Anlagen, die nur eine Datei nennen"],
      user: ["Benutzer", "Wer danach fragt"],
      password: ["Passwort", "Das Passwort dieses Benutzers; ohne Benutzer ein Bearer-Token"],
    }),
  }),
  ...under("shop", {
    provider: ["Anbieter", "Der Shop: webhook ist jeder, der nach Standard Webhooks signiert oder Aufrufe von Segment sendet"],
    secrets: ["Geheimnisse", "Womit Anfragen signiert sind: das Client-Geheimnis der Shopify-App, das Geheimnis der Webhooks von WooCommerce, whsec_… von Standard Webhooks"],
    writeKeys: [
      "Schreibschlüssel",
      "Schlüssel, mit denen der Server des Shops Aufrufe von Segment sendet. Sie gehören in keine Seite: wer einen hat, bürgt dafür, wer jemand ist",
    ],
    shadow,
    currency: ["Währung", "Die des Shops nach ISO 4217: von Preisen und Aufrufen, die keine nennen"],
    verifiedEmails: ["Bestätigte Mailadressen", "Der Shop lässt Kunden ihre Adressen bestätigen, bevor sie ein Konto haben; Shopify sagt es von jeder selbst"],
    url: ["Adresse", "Wo der Shop ist: https://NAME.myshopify.com, oder die Adresse der WordPress-Site"],
    token: ["Token", "Shopify: das Zugriffstoken der App für die Admin-API"],
    consumerKey: ["Consumer Key", "WooCommerce: der REST-Schlüssel, ck_…"],
    consumerSecret: ["Consumer Secret", "WooCommerce: sein Geheimnis, cs_…"],
    since: ["Seit", "Holen, was der Shop seit diesem Tag geändert hat, neben dem, was von selbst kommt; ohne Angabe nichts"],
    poll: ["Abfragen alle", "Wie oft beim Shop nach dem gefragt wird, was seine Webhooks nicht brachten, falls nicht alle 10m"],
    stale: ["Still nach", "Nach welcher Zeit ohne Nachricht der Kanal als still gilt, etwa 6h; falls nicht 24h"],
    insecure: ["Unverschlüsselt erlauben", "Einen unverschlüsselten Shop auf einem anderen Rechner erlauben"],
  }),
  ...under("social", {
    provider: ["Anbieter", "Die Plattform: whatsapp ist die Cloud API von Meta, twilio ist SMS oder, mit einer Adresse wie whatsapp:+15550100, WhatsApp"],
    secrets: ["Geheimnisse", "Womit Anfragen geprüft werden: das App-Geheimnis von Meta, das Secret Token des Telegram-Webhooks, das Auth-Token von Twilio, das Channel Secret von LINE"],
    token: ["Token", "Womit wir senden: das Zugriffstoken von Meta oder LINE, das Token des Telegram-Bots; Twilio sendet mit seinem Auth-Token"],
    verifyToken: ["Verify Token", "Bei Meta: das Verify Token, das dort neben der Adresse des Webhooks eingetragen wird"],
    shadow,
    id: ["ID", "Unsere auf der Plattform: die Telefonnummern-ID von WhatsApp, die ID der Seite, die Konto-ID von Instagram"],
    appId: ["App-ID", "Bei Meta: die ID der App, die sendet; daran werden ihre eigenen Nachrichten erkannt"],
    humanAgent: ["Human Agent", "Meta hat das Human-Agent-Tag freigegeben: Antworten sind sieben Tage lang möglich, nicht nur einen"],
    accountSid: ["Konto-SID", "Das Konto bei Twilio"],
    serviceSid: ["Service-SID", "Der Messaging Service bei Twilio, über den gesendet wird, falls nicht die Adresse des Kontos"],
    poll: ["Abfragen", "Bei Telegram: nach Neuem fragen, statt Webhooks anzunehmen"],
    apiUrl: ["API-Adresse", "Die API der Plattform, falls nicht ihre öffentliche"],
    media: ["Medien", "Wie Bilder und andere Dateien abgeholt werden"],
    ...under("media", { ...files, off: ["Aus", "Sie bleiben auf der Plattform"] }),
    templates: ["Vorlagen", "Die freigegebenen Vorlagen von WhatsApp: nur sie dürfen an Kunden gehen, die seit einem Tag nicht geschrieben haben"],
    stop: ["Abmeldewörter", "Wörter, mit denen jemand in Ruhe gelassen werden will, falls nicht STOP, STOPALL, UNSUBSCRIBE und OPTOUT, bei SMS auch CANCEL, END, QUIT und REVOKE, und sonst keine"],
    start: ["Anmeldewörter", "Wörter, die das zurücknehmen, falls nicht START und UNSTOP"],
  }),
};

/** What the values are called of which one is chosen; others are shown as they are. */
type Options = Readonly<Record<string, string>>;

// Names, which are the same everywhere.
const names: Options = {
  tls: "TLS",
  starttls: "STARTTLS",
  oauthbearer: "OAUTHBEARER",
  xoauth2: "XOAUTH2",
  google: "Google",
  microsoft: "Microsoft",
  twilio: "Twilio",
  aircall: "Aircall",
  webhook: "Webhooks",
  asterisk: "Asterisk",
  freeswitch: "FreeSWITCH",
  csv: "CSV",
  shopify: "Shopify",
  woocommerce: "WooCommerce",
  whatsapp: "WhatsApp",
  messenger: "Messenger",
  instagram: "Instagram",
  telegram: "Telegram",
  line: "LINE",
};

const { useWords } = catalogue<{ readonly fields: Fields; readonly options: Options }>({
  en: {
    fields: en,
    options: {
      ...names,
      none: "None",
      password: "Password",
      other: "Another",
      ltr: "Left to right",
      rtl: "Right to left",
      auto: "As the visitor's device",
      light: "Light",
      dark: "Dark",
      start: "Where lines begin",
      end: "Where lines end",
    },
  },
  de: {
    fields: de,
    options: {
      ...names,
      none: "Keine",
      password: "Passwort",
      other: "Ein anderer",
      ltr: "Von links nach rechts",
      rtl: "Von rechts nach links",
      auto: "Wie das Gerät des Besuchers",
      light: "Hell",
      dark: "Dunkel",
      start: "Wo Zeilen beginnen",
      end: "Wo Zeilen enden",
    },
  },
});

/** What the values of a field are called of which one is chosen. */
export function useOptions(): Options {
  return useWords().options;
}

/** What the field at a place is called, and what it means, in the page's language. */
export function useField(place: string, name: string, of: Schema): { readonly label: string; readonly help: string } {
  const said = useWords().fields[place];
  return said === undefined ? { label: label(name), help: of.description } : { label: said[0], help: said[1] ?? "" };
}
