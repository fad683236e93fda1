import type { Words } from "../en";

export const compose: Words["compose"] = {
  begin: "Neues Gespräch",
  write: "Schreiben",
  sides: "Nebengespräche",
};
