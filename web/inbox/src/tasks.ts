// What an agent does about tasks and calls: done by the server in one piece, seen
// by everybody at once. A refusal comes back as words for the place where it
// happened; "" means done.

import { api, ApiError, body } from "./api/client";
import * as parse from "./parse";
import { queries, store } from "./runtime";
import { putMessages, putTasks } from "./state";
import { words as taskWords } from "./taskwords";
import type { Task } from "./types";
import { toast } from "./ui/signals";

async function attempt(what: () => Promise<void>): Promise<string> {
  try {
    await what();
    return "";
  } catch (e) {
    return e instanceof ApiError || e instanceof Error ? e.message : taskWords().failed;
  }
}

interface TaskPatch {
  readonly state?: "open" | "done";
  readonly assigneeId?: string;
  readonly dueAt?: string;
  readonly text?: string;
}

async function patch(id: string, change: TaskPatch): Promise<void> {
  const t = parse.task(await body(api.PATCH("/api/v1/tasks/{id}", { params: { path: { id } }, body: { ...change } })));
  store.update((s) => putTasks(s, [t]));
}

export function giveTask(t: Task, agentId: string): Promise<string> {
  return attempt(() => patch(t.id, { assigneeId: agentId }));
}

/** Closes a task, and offers to open it again. */
export function closeTask(t: Task): Promise<string> {
  return attempt(async () => {
    await patch(t.id, { state: "done" });
    toast(t.kind === "callback" ? taskWords().callbackDone : taskWords().followUpDone, {
      undo: () => {
        void attempt(() => patch(t.id, { state: "open" })).then((words) => {
          if (words !== "") toast(words, { tone: "bad" });
        });
      },
    });
  });
}

export function followUp(conversation: string, text: string, dueAt: string, assigneeId: string): Promise<string> {
  return attempt(async () => {
    const t = parse.task(
      await body(
        api.POST("/api/v1/conversations/{id}/tasks", {
          params: { path: { id: conversation } },
          body: { text, dueAt, ...(assigneeId === "" ? {} : { assigneeId }) },
        }),
      ),
    );
    store.update((s) => putTasks(s, [t]));
  });
}

export interface CallEntry {
  readonly direction: "in" | "out";
  readonly number: string;
  readonly startedAt: string;
  readonly talkSeconds: number;
  readonly disposition: "answered" | "missed" | "voicemail" | "busy" | "failed";
  readonly summary: string;
}

/** Writes a call down. The key makes a second try harmless. */
export function logCall(conversation: string, key: string, c: CallEntry): Promise<string> {
  return attempt(async () => {
    const m = parse.message(
      await body(
        api.POST("/api/v1/conversations/{id}/calls", {
          params: { path: { id: conversation }, header: { "Idempotency-Key": key } },
          body: { ...c },
        }),
      ),
    );
    store.update((s) => putMessages(s, [m]));
  });
}

export function sumUp(message: string, summary: string): Promise<string> {
  return attempt(async () => {
    const m = parse.message(await body(api.PATCH("/api/v1/messages/{id}/call", { params: { path: { id: message } }, body: { summary } })));
    store.update((s) => putMessages(s, [m]));
  });
}

/** Says at which telephone an agent is, which calls are shown there, and in which language the pages are. */
export function changeDesk(agent: string, change: { readonly phone?: string; readonly callPop?: boolean; readonly locale?: string }): Promise<string> {
  return attempt(async () => {
    await body(api.PATCH("/api/v1/agents/{id}", { params: { path: { id: agent } }, body: { ...change } }));
    await queries.invalidateQueries({ queryKey: ["me"] });
    await queries.invalidateQueries({ queryKey: ["agents"] });
  });
}
