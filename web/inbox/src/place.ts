// Where the agent is, and the address of it. Every place survives a reload.

import { everything, type Filter } from "./lists";
import { statuses, type Sort, type Status } from "./types";
import { words } from "./words/language";

export const views = ["mine", "unassigned", "mentions", "all", "saved", "callbacks", "closed", "spam", "search"] as const;
export type View = (typeof views)[number];

/** Where the day begins: what nobody has taken yet is where mail arrives. */
export const home: View = "unassigned";

export interface Place {
  /** The list that is shown beside the conversation. */
  readonly view: View;
  readonly status: Status | "all";
  readonly inbox: string;
  readonly team: string;
  readonly tag: string;
  /** The id of the saved view, of a "saved" one. */
  readonly saved: string;
  readonly q: string;
  /** The number (or id) of the open conversation, or "". */
  readonly open: string;
}

/** Whether a view is a list of conversations by their state. */
export function listed(view: View): boolean {
  return view !== "search" && view !== "callbacks";
}

/** The status that a view shows unless another is asked for. */
function usual(view: View): Status | "all" {
  if (view === "closed" || view === "spam") return view;
  return view === "search" || view === "saved" ? "all" : "open";
}

/** Whether the view itself says which status it shows. */
export function fixed(view: View): boolean {
  return view === "closed" || view === "spam" || view === "saved" || !listed(view);
}

export function at(view: View, more: Partial<Omit<Place, "view">> = {}): Place {
  return { view, status: usual(view), inbox: "", team: "", tag: "", saved: "", q: "", open: "", ...more };
}

const isView = (s: string | null): s is View => views.some((v) => v === s);
const isStatus = (s: string | null): s is Status | "all" => s === "all" || statuses.some((v) => v === s);

/** Reads an address. Null when it is none of ours. */
export function placeOf(path: string, query: string): Place | null {
  const q = new URLSearchParams(query);
  const parts = path.split("/").filter((p) => p !== "");
  const [first = home, second = ""] = parts;
  if (parts.length > 2) return null;
  let view: View;
  let open = "";
  if (first === "c" && second !== "") {
    open = decodeURIComponent(second);
    const list = q.get("list");
    view = isView(list) ? list : "all";
  } else if (isView(first) && second === "") view = first;
  else return null;
  const status = q.get("status");
  return at(view, {
    open,
    status: !fixed(view) && isStatus(status) ? status : usual(view),
    inbox: q.get("inbox") ?? "",
    team: q.get("team") ?? "",
    tag: q.get("tag") ?? "",
    saved: view === "saved" ? (q.get("id") ?? "") : "",
    q: q.get("q") ?? "",
  });
}

export function href(p: Place): string {
  const q = new URLSearchParams();
  if (p.open !== "") q.set("list", p.view);
  if (p.status !== usual(p.view)) q.set("status", p.status);
  if (p.inbox !== "") q.set("inbox", p.inbox);
  if (p.team !== "") q.set("team", p.team);
  if (p.tag !== "") q.set("tag", p.tag);
  if (p.view === "saved") q.set("id", p.saved);
  if (p.view === "search" && p.q !== "") q.set("q", p.q);
  const query = q.toString();
  return (p.open === "" ? `/${p.view}` : `/c/${encodeURIComponent(p.open)}`) + (query === "" ? "" : `?${query}`);
}

/** What a place shows, apart from a saved view's own. */
export function filterOf(p: Place, sort: Sort = "newest"): Filter {
  return {
    ...everything,
    status: p.status,
    assignee: p.view === "mine" ? "me" : p.view === "unassigned" ? "none" : "",
    inbox: p.inbox,
    team: p.team,
    tags: p.tag === "" ? [] : [p.tag],
    text: p.view === "mentions" ? "is:mentioned" : p.tag === "" ? "" : `tag:"${p.tag}"`,
    whole: p.view !== "mentions",
    sort,
  };
}

/** What tells one list from another, whatever is open and whichever status it shows. */
export function listOf(p: Place): string {
  return [p.view, p.inbox, p.team, p.tag, p.saved].filter((s) => s !== "").join(" ");
}

export function viewWord(v: View): string {
  return words().nav.view[v];
}
