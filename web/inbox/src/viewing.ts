// Saved views: who may change one, what a list is as a query, and the calls.

import { api, body } from "./api/client";
import type { Filter } from "./lists";
import { words } from "./listwords";
import { view as parseView } from "./parse";
import { written } from "./query";
import { queries } from "./runtime";
import type { Me, Sort, View } from "./types";
import { toast } from "./ui/signals";

const priorities = ["low", "normal", "high", "urgent"];

/** Its maker changes a view, and of the shared also supervisors and admins. */
export function mayChange(v: View, me: Me): boolean {
  return v.agentId === me.agent.id || (v.shared && me.agent.role !== "agent");
}

/** A list as the query that says the same. */
export function queryOf(f: Filter, me: Me): string {
  const named = (name: string, id: string, all: readonly { readonly id: string; readonly name: string }[]): string[] => {
    if (id === "") return [];
    const x = all.find((y) => y.id === id);
    // Of two with one name, the id tells which.
    return [written(name, x && all.filter((y) => y.name.toLowerCase() === x.name.toLowerCase()).length === 1 ? x.name : id)];
  };
  const fromText = f.text !== "" && f.tags.length === 0 && !f.whole ? [f.text] : [];
  const assignee = f.assignee === "me" || f.assignee === "none" ? [written("assignee", f.assignee)] : named("assignee", f.assignee, me.agents);
  return [
    ...(f.status === "all" ? [] : [written("status", f.status)]),
    ...named("inbox", f.inbox, me.inboxes),
    ...named("team", f.team, me.teams),
    ...assignee,
    ...f.tags.map((t) => written("tag", t)),
    ...(f.channel === "" ? [] : [written("channel", f.channel)]),
    ...(f.priority === null ? [] : [written("priority", priorities[f.priority + 1] ?? "normal")]),
    ...(f.waiting ? ["is:waiting"] : []),
    ...fromText,
  ].join(" ");
}

export interface ViewEntry {
  readonly name: string;
  readonly query: string;
  readonly sort: Sort;
  readonly shared: boolean;
}

async function again(): Promise<void> {
  await queries.invalidateQueries({ queryKey: ["views"] });
  void queries.invalidateQueries({ queryKey: ["tally"] });
}

/** Makes a view or changes one; answers with it, or the reason why not. */
export async function saveView(of: View | undefined, e: ViewEntry): Promise<View | string> {
  try {
    const { name, query, sort, shared } = e;
    const said = { name, query, sort, shared };
    const answer = of
      ? await body(api.PUT("/api/v1/views/{id}", { params: { path: { id: of.id } }, body: said }))
      : await body(api.POST("/api/v1/views", { body: said }));
    const saved = parseView(answer);
    await again();
    return saved;
  } catch (x) {
    return x instanceof Error ? x.message : words().failed;
  }
}

/** Deletes a view and offers to have it back. Resolves to the reason when refused. */
export async function deleteView(v: View, onBack: (v: View) => void): Promise<string> {
  try {
    await body(api.DELETE("/api/v1/views/{id}", { params: { path: { id: v.id } } }));
    await again();
  } catch (x) {
    return x instanceof Error ? x.message : words().failed;
  }
  toast(words().viewDeleted(v.name), {
    undo: () => {
      void saveView(undefined, v).then((back) => {
        if (typeof back === "string") toast(back, { tone: "bad" });
        else onBack(back);
      });
    },
  });
  return "";
}
