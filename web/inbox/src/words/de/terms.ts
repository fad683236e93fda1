import type { Words } from "../en";

export const terms: Words["terms"] = {
  now: "jetzt",
  underMinute: "unter einer Minute",
  unknownSender: "Unbekannter Absender",
  noSubject: "(kein Betreff)",
  you: "Du",
  me: "Ich",
  somebody: "Jemand",
  nobody: "Niemand",
  status: { open: "Offen", pending: "Wartend", snoozed: "Zurückgestellt", closed: "Geschlossen", spam: "Spam" },
  channel: { email: "Mail", chat: "Chat", phone: "Telefon", social: "Direktnachricht", shop: "Shop" },
  low: "Niedrig",
  normal: "Normal",
  high: "Hoch",
  urgent: "Dringend",
  presence: { online: "Online", idle: "Untätig", away: "Abwesend", offline: "Offline" },
  ctrl: "Strg",
  escape: "Esc",
  enter: "Eingabetaste",
  tryAgain: "Noch einmal versuchen",
  current: ", ausgewählt",
};
