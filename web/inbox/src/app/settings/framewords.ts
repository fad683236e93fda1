// The words of the settings' frame, in the page's language.

import { catalogue } from "../../words/language";
import type { Role } from "./pages";

interface Words {
  readonly title: string;
  readonly inbox: string;
  readonly none: string;
  readonly noneKept: string;
  readonly denied: Record<Exclude<Role, "agent">, string>;
  readonly deniedKept: string;
  readonly failed: string;
}

const en: Words = {
  title: "Settings",
  inbox: "Inbox",
  none: "There is no such page.",
  noneKept: "The list shows those that there are.",
  denied: { admin: "These are for admins.", supervisor: "These are for supervisors and admins." },
  deniedKept: "Ask one of them to change something.",
  failed: "The settings can't be loaded.",
};

const de: Words = {
  title: "Einstellungen",
  inbox: "Posteingang",
  none: "Diese Seite gibt es nicht.",
  noneKept: "In der Liste stehen die, die es gibt.",
  denied: { admin: "Das ist für Admins.", supervisor: "Das ist für Supervisoren und Admins." },
  deniedKept: "Bitte jemanden von ihnen, etwas zu ändern.",
  failed: "Die Einstellungen können nicht geladen werden.",
};

export const { useWords } = catalogue({ en, de });
