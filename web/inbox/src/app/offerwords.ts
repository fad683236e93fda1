// The words of replies that colleagues began and left.

import { catalogue } from "../words/language";

const en = {
  failed: "It could not be taken over.",
  taken: (name: string) => `Begun by ${name}. It stays ${name}’s too.`,
  left: (when: string) => ` began a reply and left, ${when}`,
  take: "Take it over",
  notNow: "Not now",
  takenBy: (name: string) => `${name} took this draft over. Yours is still here.`,
};

const de: typeof en = {
  failed: "Das ließ sich nicht übernehmen.",
  taken: (name) => `Angefangen von ${name}, wo es ebenfalls stehen bleibt.`,
  left: (when) => ` hat eine Antwort angefangen und ist gegangen, ${when}`,
  take: "Übernehmen",
  notNow: "Jetzt nicht",
  takenBy: (name) => `${name} hat diesen Entwurf übernommen. Deiner ist noch hier.`,
};

export const { words, useWords } = catalogue({ en, de });
