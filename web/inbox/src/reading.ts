// What a query holds, as far as the page can tell by itself: the same reading as
// the server's, see ParseQuery in package inbox. Pure.

import { everything, type Filter } from "./lists";
import { terms } from "./query";
import { channels, statuses, type Me } from "./types";

const priorities = ["low", "normal", "high", "urgent"];

const named = (all: readonly { readonly id: string; readonly name: string }[], value: string): string | null => {
  const fit = all.filter((x) => x.name.toLowerCase() === value || x.id === value);
  return fit.length === 1 ? (fit[0]?.id ?? null) : null;
};

/** The filter of a query. It is whole where there is nothing in it that only the server can tell. */
export function read(query: string, me: Me): Filter {
  let f: Filter = { ...everything, text: query.trim() };
  let whole = true;
  const set = <K extends keyof Filter>(key: K, value: Filter[K] | null | undefined): void => {
    if (value === null || value === undefined) whole = false;
    else f = { ...f, [key]: value };
  };
  let days: { readonly after?: string; readonly before?: string } = {};
  for (const t of terms(query)) {
    const value = t.value.trim();
    const low = value.toLowerCase();
    if (t.name !== "" && value === "") continue; // filters nothing yet
    switch (t.name) {
      case "status":
        if (low === "any" || low === "all") set("status", "all");
        else set("status", low === "waiting" ? "pending" : statuses.find((s) => s === low));
        break;
      case "inbox":
        set("inbox", named(me.inboxes, low));
        break;
      case "team":
        set("team", named(me.teams, low));
        break;
      case "assignee":
        if (low === "me" || low === "none" || low === "nobody") set("assignee", low === "me" ? "me" : "none");
        else {
          const fit = me.agents.filter((a) => [a.name.toLowerCase(), a.name.toLowerCase().split(" ")[0], a.email.toLowerCase(), a.id].includes(low));
          set("assignee", fit.length === 1 ? fit[0]?.id : null);
        }
        break;
      case "tag":
        set("tags", [...f.tags, low]);
        break;
      case "channel":
        set("channel", channels.find((c) => c === low));
        break;
      case "priority":
        set("priority", priorities.includes(low) ? priorities.indexOf(low) - 1 : null);
        break;
      case "is":
        if (low === "waiting") set("waiting", true);
        else whole = false;
        break;
      case "after":
      case "before": {
        const day = /^\d{4}-\d\d-\d\d$/u.test(value) ? Date.parse(`${value}T00:00:00Z`) : NaN;
        if (Number.isNaN(day)) whole = false;
        else days = { ...days, [t.name]: new Date(day).toISOString() };
        break;
      }
      default:
        whole = false;
    }
  }
  // Beside words, days are those of the messages that hold them.
  return { ...f, ...(whole ? days : {}), whole };
}
