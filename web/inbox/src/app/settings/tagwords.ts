// The words of the tags, in the page's language.

import { catalogue } from "../../words/language";

const en = {
  title: "Tags",
  lead: "What conversations are marked with. A change is made on every conversation, one after the other, and in what saved replies add.",
  failed: "The tags can't be loaded.",
  empty: "No conversation has a tag yet. Press t on one to give it some.",
  count: (n: number) => (n === 1 ? "1 conversation" : `${n.toLocaleString("en")} conversations`),
  rename: "Rename",
  remove: "Delete",
  of: (what: string, tag: string) => `${what}: ${tag}`,
  name: "New name",
  merge: (to: string) => `Merge with ${to}`,
  save: "Rename",
  cancel: "Cancel",
  sure: (tag: string, n: string) => `Take ${tag} away from ${n}?`,
  working: (tag: string) => `${tag} is being changed on every conversation.`,
};

export type Words = typeof en;

const de: Words = {
  title: "Tags",
  lead: "Womit Gespräche markiert sind. Eine Änderung erfasst alle Gespräche, eines nach dem anderen, und was Textbausteine hinzufügen.",
  failed: "Die Tags können nicht geladen werden.",
  empty: "Noch kein Gespräch hat einen Tag. Mit t bekommt eines welche.",
  count: (n) => (n === 1 ? "1 Gespräch" : `${n.toLocaleString("de")} Gespräche`),
  rename: "Umbenennen",
  remove: "Löschen",
  of: (what, tag) => `${what}: ${tag}`,
  name: "Neuer Name",
  merge: (to) => `Mit ${to} zusammenführen`,
  save: "Umbenennen",
  cancel: "Abbrechen",
  sure: (tag, n) => `${tag} von ${n === "1 Gespräch" ? "einem Gespräch" : n.replace("Gespräche", "Gesprächen")} nehmen?`,
  working: (tag) => `${tag} wird auf allen Gesprächen geändert.`,
};

export const { useWords } = catalogue({ en, de });
