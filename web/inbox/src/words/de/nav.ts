import type { Words } from "../en";

export const nav: Words["nav"] = {
  queues: "Warteschlangen",
};
