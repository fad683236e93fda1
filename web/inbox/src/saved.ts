// Saved replies: what they are, how they are found, and the calls about them.
// Their variables are filled in by the server alone.

import { useQuery } from "@tanstack/react-query";
import { api, body } from "./api/client";
import { conversation, list, num, record, str, values } from "./parse";
import { queries, store } from "./runtime";
import { duration, words } from "./savedwords";
import { putConversations } from "./state";
import type { Agent, Me, Party, Values } from "./types";
import { words as pageWords } from "./words/language";

export interface Actions {
  readonly status: "" | "open" | "pending" | "closed";
  /** me, none, or an agent's id; "" leaves as it is. */
  readonly assignee: string;
  /** none, or a team's id; "" leaves as it is. */
  readonly team: string;
  readonly addTags: readonly string[];
  readonly snoozeMinutes: number;
  readonly fields: Values;
}

export const noActions: Actions = { status: "", assignee: "", team: "", addTags: [], snoozeMinutes: 0, fields: {} };

export interface SavedText {
  readonly locale: string;
  readonly text: string;
}

export interface SavedReply {
  readonly id: string;
  readonly version: number;
  /** Whose alone it is; "": everybody's. */
  readonly ownerId: string;
  readonly teamId: string;
  readonly folder: string;
  readonly name: string;
  readonly texts: readonly SavedText[];
  readonly actions: Actions;
}

const savedText = (x: unknown): SavedText => {
  const o = record(x, "text");
  return { locale: str(o, "locale"), text: str(o, "text") };
};

export function actions(x: unknown): Actions {
  if (typeof x !== "object" || x === null) return noActions;
  const o = record(x, "actions");
  const status = (["open", "pending", "closed"] as const).find((s) => s === o["status"]) ?? "";
  return {
    status,
    assignee: str(o, "assignee"),
    team: str(o, "team"),
    addTags: list(o, "addTags", String),
    snoozeMinutes: typeof o["snoozeMinutes"] === "number" ? o["snoozeMinutes"] : 0,
    fields: values(o, "fields"),
  };
}

function savedReply(x: unknown): SavedReply {
  const o = record(x, "saved reply");
  return {
    id: str(o, "id"),
    version: num(o, "version"),
    ownerId: str(o, "ownerId"),
    teamId: str(o, "teamId"),
    folder: str(o, "folder"),
    name: str(o, "name"),
    texts: list(o, "texts", savedText),
    actions: actions(o["actions"]),
  };
}

export const isNothing = (a: Actions): boolean =>
  a.status === "" && a.assignee === "" && a.team === "" && a.addTags.length === 0 && a.snoozeMinutes === 0 && Object.keys(a.fields).length === 0;

/** What a request says of actions: nothing of what stays as it is. */
export function wire(a: Actions): { status?: "open" | "pending" | "closed"; assignee?: string; team?: string; addTags?: string[]; snoozeMinutes?: number; fields?: Record<string, string> } {
  return {
    ...(a.status === "" ? {} : { status: a.status }),
    ...(a.assignee === "" ? {} : { assignee: a.assignee }),
    ...(a.team === "" ? {} : { team: a.team }),
    ...(a.addTags.length === 0 ? {} : { addTags: [...a.addTags] }),
    ...(a.snoozeMinutes === 0 ? {} : { snoozeMinutes: a.snoozeMinutes }),
    ...(Object.keys(a.fields).length === 0 ? {} : { fields: { ...a.fields } }),
  };
}

/** One action after another holds: the later word counts, tags add up. */
export function together(a: Actions, b: Actions): Actions {
  const puts = b.status !== "" || b.snoozeMinutes > 0;
  return {
    status: puts ? b.status : a.status,
    snoozeMinutes: puts ? b.snoozeMinutes : a.snoozeMinutes,
    assignee: b.assignee || a.assignee,
    team: b.team || a.team,
    addTags: [...new Set([...a.addTags, ...b.addTags])],
    fields: { ...a.fields, ...b.fields },
  };
}

/** What actions do, in words, one each. */
export function inWords(a: Actions, me: Me | undefined): string[] {
  const w = words().does;
  const agent = (id: string): string => me?.agents.find((x: Agent) => x.id === id)?.name ?? w.left;
  const team = (id: string): string => me?.teams.find((t) => t.id === id)?.name ?? w.gone;
  return [
    ...(a.assignee === "" ? [] : [a.assignee === "none" ? w.unassign : w.assign(a.assignee === "me" ? w.me : agent(a.assignee))]),
    ...(a.team === "" ? [] : [a.team === "none" ? w.takeTeam : w.hand(team(a.team))]),
    ...a.addTags.map(w.tag),
    ...(a.status === "" ? [] : [w.status[a.status]]),
    ...(a.snoozeMinutes === 0 ? [] : [w.snooze(duration(a.snoozeMinutes))]),
  ];
}

export interface SavedList {
  readonly items: readonly SavedReply[];
  readonly variables: readonly string[];
}

const savedKey = ["saved-replies"] as const;

const nothingSaved: SavedList = { items: [], variables: [] };

export function useSaved(): { saved: SavedList; loading: boolean; error: Error | null } {
  const q = useQuery({
    queryKey: savedKey,
    queryFn: async (): Promise<SavedList> => {
      const o = record(await body(api.GET("/api/v1/saved-replies")), "saved replies");
      return { items: list(o, "items", savedReply), variables: list(o, "variables", String) };
    },
  });
  return { saved: q.data ?? nothingSaved, loading: q.isPending, error: q.data ? null : q.error };
}

const wordsIn = (s: string): string[] => s.toLowerCase().split(/\s+/).filter((w) => w !== "");

/** What fits what was typed: in the name before in the folder before in the text; of the agent's teams first. */
export function find(all: readonly SavedReply[], typed: string, teams: readonly string[]): SavedReply[] {
  const wanted = wordsIn(typed);
  const rank = (r: SavedReply): number => {
    const name = r.name.toLowerCase();
    const rest = `${r.folder} ${r.texts.map((t) => t.text).join(" ")}`.toLowerCase();
    let n = r.teamId === "" || teams.includes(r.teamId) ? 1 : 0;
    for (const w of wanted) {
      if (name.startsWith(w)) n += 8;
      else if (name.includes(w)) n += 4;
      else if (rest.includes(w)) n += 2;
      else return -1;
    }
    return n;
  };
  return all
    .map((r) => ({ r, n: rank(r) }))
    .filter((x) => x.n >= 0)
    .sort((a, b) => b.n - a.n || a.r.folder.localeCompare(b.r.folder) || a.r.name.localeCompare(b.r.name))
    .map((x) => x.r);
}

/** A saved reply filled in for a conversation and those whom it goes to. Throws with what is missing. */
export async function fillIn(conversationId: string, replyId: string, locale: string, to: readonly Party[], cc: readonly Party[]): Promise<SavedText> {
  return savedText(
    await body(
      api.POST("/api/v1/conversations/{id}/saved-replies/{replyId}/render", {
        params: { path: { id: conversationId, replyId } },
        body: { ...(locale === "" ? {} : { locale }), to: to.map((p) => ({ ...p })), cc: cc.map((p) => ({ ...p })) },
      }),
    ),
  );
}

/** Does what a saved reply without a text does. Resolves to the reason when refused. */
export async function applyActions(conversationId: string, a: Actions): Promise<string> {
  try {
    const c = conversation(await body(api.POST("/api/v1/conversations/{id}/actions", { params: { path: { id: conversationId } }, body: wire(a) })));
    store.update((s) => putConversations(s, [c]));
    return "";
  } catch (e) {
    return e instanceof Error ? e.message : pageWords().notices.notDone;
  }
}

export interface SavedEntry {
  readonly shared: boolean;
  readonly teamId: string;
  readonly folder: string;
  readonly name: string;
  readonly texts: readonly SavedText[];
  readonly actions: Actions;
}

async function refusal(doing: Promise<unknown>): Promise<string> {
  try {
    await doing;
    await queries.invalidateQueries({ queryKey: savedKey });
    return "";
  } catch (e) {
    return e instanceof Error ? e.message : words().notSaved;
  }
}

/** Makes a saved reply, or changes one. Resolves to the reason when refused. */
export function save(of: SavedReply | null, e: SavedEntry): Promise<string> {
  const common = {
    ...(e.teamId === "" ? {} : { teamId: e.teamId }),
    folder: e.folder,
    name: e.name,
    texts: e.texts.map((t) => ({ ...t })),
    actions: wire(e.actions),
  };
  return refusal(
    of
      ? body(api.PUT("/api/v1/saved-replies/{id}", { params: { path: { id: of.id } }, body: { ...common, version: of.version } }))
      : body(api.POST("/api/v1/saved-replies", { body: { ...common, shared: e.shared } })),
  );
}

export function remove(id: string): Promise<string> {
  return refusal(body(api.DELETE("/api/v1/saved-replies/{id}", { params: { path: { id } } })));
}
