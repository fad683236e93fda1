// Watching a conversation, and blocking its sender. Both wait for the connection, as
// every change of a conversation does.

import { useQuery } from "@tanstack/react-query";
import { change, noteActed } from "./actions";
import { api, ApiError, body } from "./api/client";
import { fieldWords } from "./fieldwords";
import { conversation, flag, record } from "./parse";
import { live, queries, recount, store } from "./runtime";
import { overlay, putConversations, settle } from "./state";
import type { Conversation } from "./types";
import { refuse, toast } from "./ui/signals";

const key = (id: string): readonly string[] => ["watching", id];

export function useWatching(id: string): boolean {
  const q = useQuery({
    queryKey: key(id),
    queryFn: async () => flag(record(await body(api.GET("/api/v1/conversations/{id}/watch", { params: { path: { id } } })), "watching"), "watching"),
  });
  return q.data ?? false;
}

// It may be tried as often as it takes: done twice, it is done once.
async function insist<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (e) {
      if (!(e instanceof ApiError) || e.status !== 0) throw e;
      await live.whenReady(3_000);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

const why = (e: unknown): string => (e instanceof Error ? e.message : fieldWords().failed);

/** Watches a conversation, or no more. */
async function watch(c: Conversation, on: boolean): Promise<void> {
  const w = fieldWords();
  const params = { path: { id: c.id } };
  await queries.cancelQueries({ queryKey: key(c.id) });
  queries.setQueryData(key(c.id), on);
  toast(on ? w.watched(c.number) : w.unwatched(c.number));
  try {
    await insist(() => body(on ? api.PUT("/api/v1/conversations/{id}/watch", { params }) : api.DELETE("/api/v1/conversations/{id}/watch", { params })));
  } catch (e) {
    queries.setQueryData(key(c.id), !on);
    refuse(c.id, why(e));
  }
}

/** Watches what isn't watched, and the other way round. */
export async function turnWatch(c: Conversation): Promise<void> {
  await watch(c, !(queries.getQueryData<boolean>(key(c.id)) ?? false));
}

/** Moves a conversation to spam and blocks its sender; offers to take both back. */
export async function block(c: Conversation): Promise<void> {
  const w = fieldWords();
  const laid = crypto.randomUUID();
  store.update((s) => overlay(s, c.id, laid, { status: "spam" }));
  noteActed(c.id);
  const done = insist(async () => conversation(await body(api.POST("/api/v1/conversations/{id}/block", { params: { path: { id: c.id } }, body: {} }))));
  toast(w.blockedNow(c.customer.address || c.customer.name), {
    undo: () => {
      void done.then(
        (after) => unblock(after, c.status),
        () => undefined,
      );
    },
  });
  try {
    const fresh = await done;
    store.update((s) => putConversations(s, [fresh]));
  } catch (e) {
    refuse(c.id, why(e));
    toast(`#${c.number}: ${why(e)}`, { tone: "bad" });
  } finally {
    store.update((s) => settle(s, c.id, laid));
    recount();
  }
}

/** Lets the sender through again, and gives the conversation a status where one is asked for. */
export async function unblock(c: Conversation, status: Conversation["status"] | "" = ""): Promise<void> {
  try {
    await insist(() => body(api.DELETE("/api/v1/identities/{id}/block", { params: { path: { id: c.customer.identityId } } })));
    if (status !== "" && status !== "snoozed" && status !== "spam") {
      await change(c.id, { status });
    }
    toast(fieldWords().unblockedNow(c.customer.address || c.customer.name));
  } catch (e) {
    refuse(c.id, why(e));
    toast(`#${c.number}: ${why(e)}`, { tone: "bad" });
  }
}
