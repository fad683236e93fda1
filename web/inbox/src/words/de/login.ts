import type { Words } from "../en";
import { plural } from "../figures";

export const login: Words["login"] = {
  title: "Bei Skein anmelden",
  email: "E-Mail-Adresse",
  password: "Passwort",
  signIn: "Anmelden",
  signingIn: "Anmeldung läuft",
  forgot: "Passwort vergessen?",
  away: "Der Server ist nicht erreichbar. Prüfe die Verbindung und versuche es noch einmal.",
  tooMany: "Zu viele Versuche. Warte eine Minute und versuche es noch einmal.",
  tooManyFor: (seconds) =>
    seconds < 90
      ? plural(seconds, {
          one: "Zu viele Versuche. Warte # Sekunde und versuche es noch einmal.",
          other: "Zu viele Versuche. Warte # Sekunden und versuche es noch einmal.",
        })
      : plural(Math.ceil(seconds / 60), {
          one: "Zu viele Versuche. Warte # Minute und versuche es noch einmal.",
          other: "Zu viele Versuche. Warte # Minuten und versuche es noch einmal.",
        }),
  mismatch: "Adresse und Passwort passen nicht zusammen. Prüfe beides und versuche es noch einmal.",
  unable: "Der Server kann dich gerade nicht anmelden. Versuche es gleich noch einmal.",
  unreadable: "Die Antwort des Servers war nicht lesbar. Lade die Seite neu und versuche es noch einmal.",
};
