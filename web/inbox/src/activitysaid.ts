// An activity as a sentence.

import type { Activity } from "./activity";
import type { Words } from "./activitywords";
import { money } from "./words";

/** What happened, in words: "Ana closed it", "Order HP-1 was placed". */
export function saidOf(a: Activity, w: Words): string {
  const o = a.order;
  if (o) {
    switch (o.kind) {
      case "shipment":
        return w.parcel(o.number, w.parcels[o.status] ?? o.status);
      case "refund":
        return w.refund(o.number, money(o.amount, o.currency));
      case "return":
        return w.returned(o.number, w.returns[o.status] ?? o.status);
      default:
        return w.ordered(o.number);
    }
  }
  const by = a.by !== "";
  const all: string[] = [];
  const say = (done: string, alone: string): void => void all.push(by ? done : alone);
  if (a.joined > 0) say(w.joined(String(a.joined)), w.joinedAlone(String(a.joined)));
  if (a.assigned) {
    const { id, name } = a.assigned;
    say(id === "" ? w.unassigned : by && id === a.byId ? w.took : w.assigned(name), id === "" ? w.unassignedAlone : w.assignedAlone(name));
  }
  if (a.team) say(w.team(a.team.name), w.teamAlone(a.team.name));
  if (a.inbox) say(w.inbox(a.inbox.name), w.inboxAlone(a.inbox.name));
  if (a.priority !== null) say(w.priority(a.priority), w.priorityAlone(a.priority));
  if (a.tagged.length > 0) say(w.tagged(a.tagged.join(w.and)), w.taggedAlone(a.tagged.join(w.and)));
  if (a.untagged.length > 0) say(w.untagged(a.untagged.join(w.and)), w.untaggedAlone(a.untagged.join(w.and)));
  if (a.status !== "") say(w.status[a.status] ?? a.status, w.statusAlone[a.status] ?? a.status);
  return by ? w.did(a.by, all.join(w.and)) : all.join(w.and);
}
