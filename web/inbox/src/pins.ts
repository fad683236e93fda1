// What a customer gave in a conversation, and what agents pinned of it.

import { api, ApiError, body } from "./api/client";
import { page, record, str } from "./parse";
import { words } from "./pinwords";
import { queries } from "./runtime";
import { toast } from "./ui/signals";

export interface Pin {
  readonly kind: string;
  readonly key: string;
  readonly text: string;
  readonly messageId: string;
}

function pin(x: unknown): Pin {
  const o = record(x, "pin");
  return { kind: str(o, "kind"), key: str(o, "key"), text: str(o, "text"), messageId: str(o, "messageId") };
}

const path = (id: string): { path: { id: string } } => ({ path: { id } });

export const pinsKey = (conversation: string): readonly string[] => ["pins", conversation];

export async function pinsOf(conversation: string): Promise<readonly Pin[]> {
  return page(await body(api.GET("/api/v1/conversations/{id}/pins", { params: path(conversation) })), pin).items;
}

async function change(conversation: string, call: () => Promise<unknown>): Promise<boolean> {
  try {
    const list = page(await call(), pin).items;
    queries.setQueriesData({ queryKey: pinsKey(conversation) }, list);
    return true;
  } catch (e) {
    toast(e instanceof ApiError ? e.message : words().failed, { tone: "bad" });
    return false;
  }
}

/** Pins words of a message. */
export async function pinWords(conversation: string, messageId: string, text: string): Promise<void> {
  const done = await change(conversation, () => body(api.POST("/api/v1/conversations/{id}/pins", { params: path(conversation), body: { messageId, text } })));
  if (done) toast(words().pinnedDone);
}

/** Takes something off, for everybody, and offers to have it back. */
export async function unpin(conversation: string, p: Pin): Promise<void> {
  const put = (off: boolean): Promise<boolean> =>
    change(conversation, () =>
      body(api.PUT("/api/v1/conversations/{id}/pins", { params: path(conversation), body: { kind: p.kind as "words", key: p.key, off } })),
    );
  if (await put(true)) toast(words().offDone(p.text), { undo: () => void put(false) });
}

/** The sentences of a text that are worth pinning, in their order. */
export function sentences(text: string): string[] {
  const all = text.split(/(?<=[.!?…])\s+|\n+/u).map((s) => s.replace(/\s+/gu, " ").trim());
  return [...new Set(all)].filter((s) => s.length > 2 && s.length <= 300).slice(0, 20);
}
