// Who a reply goes to: what is suggested, and what an agent typed. Pure.

import type { Conversation, Message, Party } from "./types";

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** Whether an answer goes to addresses that are named. */
export const addressed = (c: Pick<Conversation, "channel">): boolean => c.channel === "email";

/**
 * The recipients that a reply starts with: the customer, and whoever the
 * customer's newest mail had in Cc. Addresses that we ourselves write from are
 * left out. Somebody who joined from an unknown address is never suggested. On
 * other channels than mail nobody is named: an answer goes to where it is heard.
 */
export function suggest(c: Conversation, messages: readonly Message[]): { to: Party[]; cc: Party[] } {
  if (!addressed(c)) return { to: [], cc: [] };
  const to = [{ address: c.customer.address, name: c.customer.name }];
  const ours = messages.filter((m) => m.direction === "out").map((m) => m.author.address);
  const last = messages.findLast((m) => m.kind === "message" && m.direction === "in" && !m.automatic.is);
  const cc = (last?.cc ?? []).filter(
    (p) => p.address !== "" && !same(p.address, c.customer.address) && !ours.some((o) => same(o, p.address)),
  );
  return { to, cc: [...cc] };
}

/** Reads "Name <address>, address; …". What isn't an address comes back in `bad`. */
export function parseParties(text: string): { parties: Party[]; bad: string[] } {
  const parties: Party[] = [];
  const bad: string[] = [];
  for (const piece of text.split(/[,;\n]+/)) {
    const s = piece.trim();
    if (s === "") continue;
    const named = /^(.*)<([^<>]+)>$/.exec(s);
    const address = (named?.[2] ?? s).trim();
    const name = (named?.[1] ?? "").trim().replace(/^"|"$/g, "");
    if (/^[^\s@<>"]+@[^\s@<>"]+\.[^\s@<>".]+$/.test(address)) {
      if (!parties.some((p) => same(p.address, address))) parties.push({ address, name });
    } else bad.push(s);
  }
  return { parties, bad };
}

export function showParties(parties: readonly Party[]): string {
  return parties.map((p) => (p.name && p.name !== p.address ? `${p.name.replace(/[<>,;"]/g, " ").trim()} <${p.address}>` : p.address)).join(", ");
}
