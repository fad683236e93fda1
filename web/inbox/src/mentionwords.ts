// The words of naming people in a note.

import { catalogue } from "./words/language";

const en = {
  list: "People and teams to name",
  team: "Team",
  hint: (n: number): string => (n === 1 ? "1 name fits" : `${n} names fit`),
};

const de: typeof en = {
  list: "Wer genannt werden kann",
  team: "Team",
  hint: (n) => (n === 1 ? "1 Name passt" : `${n} Namen passen`),
};

export const { words, useWords } = catalogue({ en, de });
