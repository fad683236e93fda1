// Why a file isn't taken while a note is written.

import { catalogue } from "./words/language";

const { words } = catalogue({
  en: { refused: "Files go with a reply: a note has words alone." },
  de: { refused: "Dateien gehen mit einer Antwort: eine Notiz hat nur Worte." },
});

export const noteFiles = (): string => words().refused;
