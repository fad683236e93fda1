// The words of what was done between the messages, in the page's language.

import { catalogue } from "./words/language";

const priorities = (names: readonly [string, string, string, string]) => (p: number): string => names[p + 1] ?? "";

const en = {
  status: { open: "opened it again", closed: "closed it", snoozed: "snoozed it", spam: "moved it to spam" } as Readonly<Record<string, string>>,
  statusAlone: { open: "Opened again", closed: "Closed", snoozed: "Snoozed", spam: "Moved to spam" } as Readonly<Record<string, string>>,
  took: "took it",
  assigned: (name: string): string => `assigned it to ${name}`,
  unassigned: "assigned it to nobody",
  assignedAlone: (name: string): string => `Assigned to ${name}`,
  unassignedAlone: "Assigned to nobody",
  team: (name: string): string => (name === "" ? "took it from its team" : `gave it to ${name}`),
  teamAlone: (name: string): string => (name === "" ? "No team" : `Team: ${name}`),
  inbox: (name: string): string => `moved it to ${name === "" ? "another inbox" : name}`,
  inboxAlone: (name: string): string => `Moved to ${name === "" ? "another inbox" : name}`,
  priority: (p: number): string => `set its priority to ${priorities(["low", "normal", "high", "urgent"])(p)}`,
  priorityAlone: (p: number): string => `Priority: ${priorities(["low", "normal", "high", "urgent"])(p)}`,
  tagged: (tags: string): string => `tagged it ${tags}`,
  taggedAlone: (tags: string): string => `Tagged ${tags}`,
  untagged: (tags: string): string => `took away the tag ${tags}`,
  untaggedAlone: (tags: string): string => `Tag ${tags} taken away`,
  joined: (n: string): string => `joined #${n} to it`,
  joinedAlone: (n: string): string => `#${n} became part of it`,
  did: (name: string, what: string): string => `${name} ${what}`,
  and: ", ",
  ordered: (n: string): string => `Order ${n} was placed`,
  parcel: (n: string, status: string): string => `Parcel of ${n}: ${status}`,
  parcels: { label: "label printed", in_transit: "on its way", out_for_delivery: "out for delivery", delivered: "delivered", exception: "in trouble" } as Readonly<Record<string, string>>,
  refund: (n: string, sum: string): string => `${sum} of ${n} went back`,
  returned: (n: string, status: string): string => `Return of ${n}: ${status}`,
  returns: { requested: "asked for", approved: "approved", in_transit: "on its way", received: "received", closed: "closed", rejected: "rejected" } as Readonly<Record<string, string>>,
};

const de: typeof en = {
  status: { open: "hat es wieder geöffnet", closed: "hat es geschlossen", snoozed: "hat es zurückgestellt", spam: "hat es in den Spam verschoben" },
  statusAlone: { open: "Wieder geöffnet", closed: "Geschlossen", snoozed: "Zurückgestellt", spam: "In den Spam verschoben" },
  took: "hat es übernommen",
  assigned: (name) => `hat es ${name} zugewiesen`,
  unassigned: "hat die Zuweisung aufgehoben",
  assignedAlone: (name) => `${name} zugewiesen`,
  unassignedAlone: "Niemandem mehr zugewiesen",
  team: (name) => (name === "" ? "hat es seinem Team genommen" : `hat es an ${name} gegeben`),
  teamAlone: (name) => (name === "" ? "Kein Team" : `An das Team ${name}`),
  inbox: (name) => `hat es in ${name === "" ? "einen anderen Posteingang" : name} verschoben`,
  inboxAlone: (name) => `In ${name === "" ? "einen anderen Posteingang" : name} verschoben`,
  priority: (p) => `hat die Priorität auf ${priorities(["niedrig", "normal", "hoch", "dringend"])(p)} gesetzt`,
  priorityAlone: (p) => `Priorität ${priorities(["niedrig", "normal", "hoch", "dringend"])(p)}`,
  tagged: (tags) => `hat das Tag ${tags} gesetzt`,
  taggedAlone: (tags) => `Mit ${tags} getaggt`,
  untagged: (tags) => `hat das Tag ${tags} entfernt`,
  untaggedAlone: (tags) => `${tags} entfernt`,
  joined: (n) => `hat #${n} damit zusammengeführt`,
  joinedAlone: (n) => `#${n} wurde ein Teil davon`,
  did: (name, what) => `${name} ${what}`,
  and: ", ",
  ordered: (n) => `Bestellung ${n} ging ein`,
  parcel: (n, status) => `Paket zu ${n}: ${status}`,
  parcels: { label: "Etikett gedruckt", in_transit: "unterwegs", out_for_delivery: "in Zustellung", delivered: "zugestellt", exception: "gestört" },
  refund: (n, sum) => `${sum} von ${n} gingen zurück`,
  returned: (n, status) => `Rücksendung zu ${n}: ${status}`,
  returns: { requested: "angefragt", approved: "genehmigt", in_transit: "unterwegs", received: "eingetroffen", closed: "abgeschlossen", rejected: "abgelehnt" },
};

export type Words = typeof en;
export const { words, useWords } = catalogue({ en, de });
