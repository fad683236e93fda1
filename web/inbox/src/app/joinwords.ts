// The words of the ways in without a password.

import { catalogue } from "../words/language";

const en = {
  join: "Welcome to Skein",
  joinLead: (email: string) => `You were invited as ${email}. Choose a name and a password.`,
  password: "Set a new password",
  passwordLead: (email: string) => `For ${email}. Your sessions on other devices end.`,
  forgot: "Forgot your password?",
  forgotLead: "Say your address. If an agent has it, a link to a new password is mailed there.",
  asked: "If an agent has this address, a link is on its way. It is good for an hour. Nothing came? Ask an admin for a link.",
  name: "Your name",
  nameHelp: "Customers and colleagues see it.",
  email: "Email",
  word: "Password",
  wordHelp: "At least ten characters.",
  begin: "Begin",
  set: "Set password and sign in",
  ask: "Send a link",
  signIn: "Sign in",
  away: "The server can't be reached. Check the connection and try again.",
  bad: "This link opens nothing.",
};

export type Words = typeof en;

const de: Words = {
  join: "Willkommen bei Skein",
  joinLead: (email) => `Du bist als ${email} eingeladen. Wähle einen Namen und ein Passwort.`,
  password: "Neues Passwort setzen",
  passwordLead: (email) => `Für ${email}. Deine Sitzungen auf anderen Geräten enden.`,
  forgot: "Passwort vergessen?",
  forgotLead: "Nenne deine Adresse. Gehört sie einem Agenten, geht ein Link zu einem neuen Passwort dorthin.",
  asked: "Gehört diese Adresse einem Agenten, ist ein Link unterwegs. Er gilt eine Stunde. Nichts gekommen? Bitte einen Admin um einen Link.",
  name: "Dein Name",
  nameHelp: "Kunden und Kollegen sehen ihn.",
  email: "E-Mail",
  word: "Passwort",
  wordHelp: "Mindestens zehn Zeichen.",
  begin: "Loslegen",
  set: "Passwort setzen und anmelden",
  ask: "Link senden",
  signIn: "Anmelden",
  away: "Der Server ist nicht erreichbar. Prüfe die Verbindung und versuche es noch einmal.",
  bad: "Dieser Link öffnet nichts.",
};

export const { useWords } = catalogue({ en, de });
