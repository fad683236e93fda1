// What an agent does to a conversation: shown at once, confirmed by the server,
// put back with the reason when refused.

import { api, ApiError, body } from "./api/client";
import type { components } from "./api/schema.gen";
import { conversation, message } from "./parse";
import { live, recount, store } from "./runtime";
import { overlay, putConversations, putMessages, settle, shown, type Patch } from "./state";
import type { Conversation, Values } from "./types";
import { forgive, refuse, toast } from "./ui/signals";
import { statusWord } from "./words";
import { words } from "./words/language";

const tries = 5;

// What this agent sent away leaves a list at once, even a list that is held still.
const acted = new Set<string>();

/** Whether this agent changed the conversation since the page was loaded. */
export function actedOn(id: string): boolean {
  return acted.has(id);
}

export function noteActed(id: string): void {
  acted.add(id);
}

/** What the server is asked for, where that is not what is shown meanwhile. */
export type Asked = Omit<components["schemas"]["ConversationPatch"], "version">;

async function patchOnce(id: string, asked: Asked, version: number): Promise<Conversation> {
  return conversation(
    await body(api.PATCH("/api/v1/conversations/{id}", { params: { path: { id } }, body: { ...asked, version } })),
  );
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function plain(p: Patch): Asked {
  return {
    ...(p.status === undefined ? {} : { status: p.status }),
    ...(p.assigneeId === undefined ? {} : { assigneeId: p.assigneeId }),
    ...(p.priority === undefined ? {} : { priority: p.priority }),
  };
}

/**
 * Changes a conversation. A newer version that left alone what the agent saw
 * (a message came in) is no reason to refuse: the change is made to that one.
 */
export async function change(id: string, patch: Patch, asked: Asked = plain(patch)): Promise<boolean> {
  const seen = shown(store.get(), id);
  if (!seen) return false;
  const key = crypto.randomUUID();
  store.update((s) => overlay(s, id, key, patch));
  forgive(id);
  acted.add(id);
  let base = store.get().conversations.get(id) ?? seen;
  try {
    for (let n = 0; ; n++) {
      try {
        const fresh = await patchOnce(id, asked, base.version);
        store.update((s) => settle(putConversations(s, [fresh]), id, key));
        recount();
        return true;
      } catch (e) {
        if (!(e instanceof ApiError)) throw e;
        if (e.status === 409 && n < tries) {
          const fresh = conversation(await body(api.GET("/api/v1/conversations/{id}", { params: { path: { id } } })));
          store.update((s) => putConversations(s, [fresh]));
          const untouched =
            (patch.status === undefined || fresh.status === base.status) &&
            (patch.assigneeId === undefined || fresh.assigneeId === base.assigneeId);
          if (!untouched) throw new ApiError(409, "conflict", words().notices.raced);
          base = fresh;
        } else if (e.status === 0) {
          // No connection: it stays shown and waits.
          n = 0;
          await live.whenReady(3_000);
          await wait(200);
        } else throw e;
      }
    }
  } catch (e) {
    store.update((s) => settle(s, id, key));
    refuse(id, e instanceof Error ? e.message : words().notices.notChanged);
    // The page may have gone on already.
    if (e instanceof ApiError && e.status === 422) toast(`#${seen.number}: ${e.message}`, { tone: "bad" });
    return false;
  }
}

/** Changes a conversation and offers to undo it. */
function changeWithUndo(c: Conversation, patch: Patch, what: string, fields: Values = {}): void {
  const back: Patch = {
    ...(patch.status === undefined ? {} : { status: c.status }),
    ...(patch.assigneeId === undefined ? {} : { assigneeId: c.assigneeId }),
  };
  const done = change(c.id, { ...patch, fields: { ...c.fields, ...fields } }, { ...plain(patch), fields });
  toast(words().notices.did(what, c.number), {
    undo: () => {
      void done.then((ok) => {
        if (ok) void change(c.id, back);
      });
    },
  });
}

export function setStatus(c: Conversation, status: Conversation["status"], fields: Values = {}): void {
  if (c.status === status) return;
  const w = words().notices;
  changeWithUndo(c, { status }, status === "open" ? w.opened : status === "spam" ? w.toSpam : statusWord(status), fields);
}

/** Gives a conversation to an agent, or with "" to nobody. Without a name it is the one who acts. */
export function assign(c: Conversation, agentId: string, name = ""): void {
  if (c.assigneeId === agentId) return;
  const w = words().notices;
  changeWithUndo(c, { assigneeId: agentId }, agentId === "" ? w.unassigned : name === "" ? w.assignedToYou : w.assignedTo(name));
}

/** Sends a failed or uncertain message again. Resolves to the reason when refused. */
export async function resend(messageId: string): Promise<string> {
  try {
    const m = message(await body(api.POST("/api/v1/messages/{id}/resend", { params: { path: { id: messageId } } })));
    store.update((s) => putMessages(s, [m]));
    return "";
  } catch (e) {
    return e instanceof Error ? e.message : words().notices.notSentAgain;
  }
}
