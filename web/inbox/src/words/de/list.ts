import type { Words } from "../en";

export const list: Words["list"] = {
  conversations: "Gespräche",
  width: "Breite der Liste",
  cannotLoad: "Die Liste kann nicht geladen werden.",
  fresh: (n) => `${n} neu`,
  loadingMore: "Mehr wird geladen",
  nothingOpen: (key) => `Öffne ein Gespräch aus der Liste, oder drücke ${key} und die Eingabetaste.`,
  about: (channel, number) => `, ${channel}, Nummer ${number}`,
  waiting: (span) => `, wartet ${span}`,
  search: "Suchen",
  clearSearch: "Suche leeren",
};
