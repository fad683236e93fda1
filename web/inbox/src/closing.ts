// What stands between a conversation and its being closed, and what else can be done
// with it. Both are known to what is loaded with the first conversation: see Noted.tsx.

import type { Conversation, Values } from "./types";
import type { Choice } from "./ui/controls";
import { Signal } from "./ui/signals";

export interface Asking {
  readonly of: string;
  /** What it has, or gets with what is to be done. */
  readonly has: Values;
  readonly go: (fields: Values) => void;
}

/** What is asked for before a conversation is closed. */
export const asking = new Signal<Asking | null>(null);

/** Whether a conversation with such fields lacks one that it is closed with alone, once that is known. */
export const gate: { known: boolean; lacks: (c: Conversation, has: Values) => boolean } = { known: false, lacks: () => false };

/** Goes on at once, or with what was asked for because it was lacking. */
export function whole(c: Conversation, more: Values, go: (fields: Values) => void): void {
  if (!gate.known) {
    const again = (): void => {
      gate.known = true; // or the server says so
      whole(c, more, go);
    };
    import("./fields").then((m) => m.knownFields()).then(again, again);
    return;
  }
  const has = { ...c.fields, ...more };
  if (gate.lacks(c, has)) asking.set({ of: c.id, has, go });
  else go({});
}

/** More choices for the open conversation's menu. */
export const extras = new Signal<readonly Choice[]>([]);
