// Changes many conversations, up to a hundred a request. Each is changed only as it
// was seen: a request whose answer was lost is sent again and does nothing twice,
// and what somebody changed meanwhile is looked at again before it is touched.

import { noteActed, type Asked } from "./actions";
import { api, ApiError, body } from "./api/client";
import { fetchPage } from "./data";
import type { Filter } from "./lists";
import { words, type Doing } from "./listwords";
import { conversation, list, record, str } from "./parse";
import { live, recount, store } from "./runtime";
import { bulkShown } from "./selection";
import { overlayAll, putConversations, settleAll, type Patch } from "./state";
import type { Conversation, Values } from "./types";
import { Signal, toast } from "./ui/signals";
import { personName } from "./words";

const atOnce = 100;
/** How often a conversation that others keep changing is looked at again. */
const tries = 5;

export interface Failure {
  readonly id: string;
  readonly number: number;
  readonly name: string;
  readonly why: string;
}

export interface Run {
  readonly what: string;
  readonly done: number;
  /** How many there are, in words: of all of a long list it isn't known to the last. */
  readonly of: string;
  readonly share: number;
  readonly failed: readonly Failure[];
  readonly over: boolean;
  readonly stop: () => void;
}

/** The change that runs, or what the last one left undone. */
export const bulk = new Signal<Run | null>(null);
bulk.subscribe(() => bulkShown.set(bulk.get() !== null));

interface Done {
  readonly before: Conversation;
  readonly after: Conversation;
}

const fieldsOf = (c: Conversation, a: Asked): Values =>
  Object.fromEntries(Object.entries({ ...a.fill, ...c.fields, ...a.fields }).filter(([, v]) => v !== ""));

const fieldsLeft = (before: Conversation, after: Conversation): Record<string, string> =>
  Object.fromEntries([...Object.keys(before.fields), ...Object.keys(after.fields)].filter((k) => before.fields[k] !== after.fields[k]).map((k) => [k, before.fields[k] ?? ""]));

/** What a conversation looks like once it is changed. */
function patchOf(c: Conversation, a: Asked): Patch {
  const add = a.addTags ?? [];
  const remove = a.removeTags ?? [];
  return {
    ...(a.status === undefined ? {} : { status: a.status }),
    ...(a.snoozedUntil === undefined ? {} : { status: "snoozed" as const, snoozedUntil: a.snoozedUntil }),
    ...(a.assigneeId === undefined ? {} : { assigneeId: a.assigneeId }),
    ...(a.teamId === undefined ? {} : { teamId: a.teamId }),
    ...(a.priority === undefined ? {} : { priority: a.priority }),
    ...(a.fields === undefined && a.fill === undefined ? {} : { fields: fieldsOf(c, a) }),
    ...(add.length + remove.length === 0 ? {} : { tags: [...new Set([...c.tags, ...add])].filter((t) => !remove.includes(t)) }),
  };
}

/** Whether it is so already. */
function holds(c: Conversation, a: Asked): boolean {
  const p = patchOf(c, a);
  return (
    (p.status === undefined || c.status === p.status) &&
    (p.snoozedUntil === undefined || Date.parse(c.snoozedUntil) === Date.parse(p.snoozedUntil)) &&
    (p.assigneeId === undefined || c.assigneeId === p.assigneeId) &&
    (p.teamId === undefined || c.teamId === p.teamId) &&
    (p.priority === undefined || c.priority === p.priority) &&
    (p.fields === undefined || JSON.stringify(Object.entries(p.fields).sort()) === JSON.stringify(Object.entries(c.fields).sort())) &&
    (p.tags === undefined || (p.tags.length === c.tags.length && p.tags.every((t) => c.tags.includes(t))))
  );
}

/** What puts it back, of what was changed. */
function backOf(before: Conversation, after: Conversation, a: Asked, now: number): Asked {
  const snoozed = before.status === "snoozed" && Date.parse(before.snoozedUntil) > now;
  return {
    ...(before.status === after.status && before.snoozedUntil === after.snoozedUntil
      ? {}
      : snoozed
        ? { snoozedUntil: before.snoozedUntil }
        : { status: before.status }),
    ...(a.assigneeId === undefined ? {} : { assigneeId: before.assigneeId }),
    ...(a.teamId === undefined ? {} : { teamId: before.teamId }),
    ...(a.priority === undefined ? {} : { priority: before.priority }),
    ...(a.fields === undefined && a.fill === undefined ? {} : { fields: fieldsLeft(before, after) }),
    ...((a.addTags ?? []).length + (a.removeTags ?? []).length === 0
      ? {}
      : {
          addTags: before.tags.filter((t) => !after.tags.includes(t)),
          removeTags: after.tags.filter((t) => !before.tags.includes(t)),
        }),
  };
}

/** Why one that has changed since it was seen is left alone, or "" when what changed is of no matter here. */
function objection(seen: Conversation, fresh: Conversation, a: Asked): "" | "wroteMeanwhile" | "changedMeanwhile" | "joinedMeanwhile" {
  if (fresh.id !== seen.id) return "joinedMeanwhile";
  const puts = a.status !== undefined || a.snoozedUntil !== undefined;
  if (puts && fresh.status !== seen.status) return "changedMeanwhile";
  if (puts && a.status !== "open" && fresh.messageSeq > seen.messageSeq) return "wroteMeanwhile";
  if (a.assigneeId !== undefined && fresh.assigneeId !== seen.assigneeId) return "changedMeanwhile";
  if (a.teamId !== undefined && fresh.teamId !== seen.teamId) return "changedMeanwhile";
  if (a.priority !== undefined && fresh.priority !== seen.priority) return "changedMeanwhile";
  return "";
}

interface Changed {
  readonly id: string;
  readonly conversation: Conversation | null;
  readonly error: string;
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends one request until it is answered. */
async function send(of: readonly Conversation[], change: Asked): Promise<readonly Changed[]> {
  for (let n = 0; ; n++) {
    try {
      const answer = await body(
        api.POST("/api/v1/conversations/changes", { body: { ids: of.map((c) => c.id), versions: of.map((c) => c.version), change } }),
      );
      return list(record(answer, "changes"), "items", (x) => {
        const o = record(x, "change");
        return { id: str(o, "id"), conversation: o["conversation"] ? conversation(o["conversation"]) : null, error: str(o, "error") };
      });
    } catch (e) {
      if (!(e instanceof ApiError && e.passing) || (e.status !== 0 && n >= tries)) throw e;
      await live.whenReady(3_000);
      await wait(e.status === 0 ? 200 : Math.min(8_000, 500 * 2 ** n));
    }
  }
}

const failure = (c: Conversation, why: string): Failure => ({ id: c.id, number: c.number, name: personName(c.customer), why });

/** Changes up to a hundred: shown at once, put back where it is refused. */
async function changeSome(some: readonly Conversation[], a: Asked, into: { done: Done[]; failed: Failure[] }): Promise<void> {
  const key = crypto.randomUUID();
  const w = words();
  store.update((s) => overlayAll(s, key, new Map(some.map((c) => [c.id, patchOf(c, a)]))));
  for (const c of some) noteActed(c.id);
  try {
    let left = some;
    for (let n = 0; left.length > 0; n++) {
      const seen = new Map(left.map((c) => [c.id, c]));
      const answers = await send(left, a);
      const fresh = answers.flatMap((x) => x.conversation ?? []);
      store.update((s) => putConversations(s, fresh));
      const again: Conversation[] = [];
      for (const x of answers) {
        const c = seen.get(x.id);
        if (!c) continue;
        if (x.error === "" && x.conversation) into.done.push({ before: c, after: x.conversation });
        else if (!x.conversation) into.failed.push(failure(c, x.error));
        // Ours, whose answer was lost; or somebody's, to the same end.
        else if (x.conversation.id === c.id && holds(x.conversation, a)) into.done.push({ before: c, after: x.conversation });
        else {
          const why = objection(c, x.conversation, a);
          if (why !== "" || n >= tries) into.failed.push(failure(c, why === "" ? x.error : w[why]));
          else again.push(x.conversation);
        }
      }
      left = again;
    }
  } finally {
    store.update((s) => settleAll(s, key));
    recount();
  }
}

/** Whom to change: those that are named, or all of a list but some. */
export type Target =
  | { readonly kind: "some"; readonly of: readonly Conversation[] }
  | { readonly kind: "list"; readonly filter: Filter; readonly but: ReadonlySet<string>; readonly of: string; readonly about: number };

/** The pages of a target, each of at most a hundred; nothing comes twice. */
async function* pagesOf(t: Target): AsyncGenerator<readonly Conversation[]> {
  if (t.kind === "some") {
    for (let i = 0; i < t.of.length; i += atOnce) yield t.of.slice(i, i + atOnce);
    return;
  }
  const seen = new Set<string>();
  for (let cursor = ""; ; ) {
    const page = await fetchPage(t.filter, cursor, atOnce);
    const fresh = page.items.filter((c) => !seen.has(c.id) && !t.but.has(c.id));
    for (const c of fresh) seen.add(c.id);
    yield fresh;
    if (page.next === "") return;
    cursor = page.next;
  }
}

/**
 * Does the same to many and offers to take all of it back. Resolves, when it is
 * over, to those that could not be changed.
 */
export async function changeMany(target: Target, a: Asked, doing: Doing): Promise<readonly Failure[]> {
  const w = words();
  const into: { done: Done[]; failed: Failure[] } = { done: [], failed: [] };
  const asked = { to: "go on" as "go on" | "stop" };
  const total = target.kind === "some" ? target.of.length : target.about;
  const of = target.kind === "some" ? String(total) : target.of;
  let went = 0;
  const tell = (over: boolean): void => {
    bulk.set({
      what: w.doing[doing],
      done: went,
      of,
      share: Math.min(1, went / Math.max(1, total)),
      failed: [...into.failed],
      over,
      stop: () => {
        asked.to = "stop";
      },
    });
  };
  tell(false);
  let broken = "";
  try {
    for await (const page of pagesOf(target)) {
      if (asked.to === "stop") {
        if (target.kind === "some") into.failed.push(...target.of.slice(went).map((c) => failure(c, w.notReached)));
        break;
      }
      const todo = page.filter((c) => !holds(c, a));
      const before = into.done.length + into.failed.length;
      try {
        if (todo.length > 0) await changeSome(todo, a, into);
      } catch (e) {
        broken = e instanceof Error ? e.message : w.failed;
        const told = new Set([...into.done.map((d) => d.before.id), ...into.failed.map((f) => f.id)]);
        if (into.done.length + into.failed.length - before < todo.length) into.failed.push(...todo.filter((c) => !told.has(c.id)).map((c) => failure(c, broken)));
      }
      went += page.length;
      if (broken !== "") {
        if (target.kind === "some") into.failed.push(...target.of.slice(went).map((c) => failure(c, w.notReached)));
        break;
      }
      tell(false);
    }
  } catch (e) {
    broken = e instanceof Error ? e.message : w.failed;
  }
  tell(true);
  if (into.failed.length === 0) bulk.set(null);
  const { done } = into;
  if (done.length > 0 || into.failed.length === 0) {
    toast(w.did(w.doing[doing], done.length), done.length === 0 ? {} : { undo: () => void takeBack(done, a) });
  }
  if (broken !== "" && into.failed.length === 0) toast(broken, { tone: "bad" });
  return into.failed;
}

/** Puts back each as it was, but for those that somebody has changed since. */
async function takeBack(done: readonly Done[], a: Asked): Promise<void> {
  const w = words();
  const groups = new Map<string, { readonly back: Asked; readonly of: Conversation[] }>();
  const now = Date.now();
  for (const d of done) {
    const back = backOf(d.before, d.after, a, now);
    const key = JSON.stringify(back);
    const group = groups.get(key) ?? { back, of: [] };
    group.of.push(d.after);
    groups.set(key, group);
  }
  const into: { done: Done[]; failed: Failure[] } = { done: [], failed: [] };
  const tell = (over: boolean): void => {
    const went = into.done.length + into.failed.length;
    bulk.set({ what: w.undoing, done: went, of: String(done.length), share: went / done.length, failed: [...into.failed], over, stop: () => undefined });
  };
  tell(false);
  for (const { back, of } of groups.values()) {
    for (let i = 0; i < of.length; i += atOnce) {
      const some = of.slice(i, i + atOnce);
      try {
        await changeSome(some, back, into);
      } catch (e) {
        const told = new Set([...into.done.map((d) => d.before.id), ...into.failed.map((f) => f.id)]);
        into.failed.push(...some.filter((c) => !told.has(c.id)).map((c) => failure(c, e instanceof Error ? e.message : w.failed)));
      }
      tell(false);
    }
  }
  tell(true);
  if (into.failed.length === 0) bulk.set(null);
  toast(w.tookBack(into.done.length));
}
