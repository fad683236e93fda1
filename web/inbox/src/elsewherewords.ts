// The words of what colleagues do for the same customer elsewhere.

import { catalogue } from "./words/language";

const en = {
  typing: (who: string, number: number): string => `${who} is answering the same customer in #${number}.`,
  answered: (who: string, number: number, when: string): string => `${who} answered the same customer in #${number}, ${when}.`,
  go: "Go there",
  hide: "Hide",
  somebody: "Somebody",
};

const de: typeof en = {
  typing: (who, number) => `${who} antwortet demselben Kunden gerade in #${number}.`,
  answered: (who, number, when) => `${who} hat demselben Kunden in #${number} geantwortet, ${when}.`,
  go: "Dorthin",
  hide: "Ausblenden",
  somebody: "Jemand",
};

export const { words, useWords } = catalogue<typeof en>({ en, de });
