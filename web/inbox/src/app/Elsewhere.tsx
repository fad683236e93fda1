// Below the header: a colleague answers the same customer in another conversation,
// or has just done so.

import { Users, X } from "lucide-react";
import { useCallback, useEffect, useState, type ReactNode } from "react";
import { hereAt, others } from "../around";
import { useMessages, useRelated } from "../data";
import { elsewhere } from "../draft";
import { useWords } from "../elsewherewords";
import { href, type Place } from "../place";
import { around, store } from "../runtime";
import { useSelect } from "../store";
import type { Conversation } from "../types";
import { IconButton } from "../ui/controls";
import { useNow } from "../ui/hooks";
import { useOf } from "../ui/signals";
import { when } from "../words";
import { PlaceLink } from "./PlaceLink";

/** For how long an answer is worth a word, in milliseconds. */
const lately = 10 * 60_000;
/** How many of the customer's conversations are watched. */
const most = 4;

export function Elsewhere({ c, place, agentId }: { c: Conversation; place: Place; agentId: string }): ReactNode {
  const now = useNow();
  useRelated(c.id); // brings the customer's others that are not closed
  const minute = Math.floor(now / 60_000);
  const ids = useSelect(
    store,
    useCallback(
      (s) =>
        [...s.conversations.values()]
          .filter(
            (o) =>
              o.id !== c.id &&
              o.customer.customerId === c.customer.customerId &&
              o.mergedInto === "" &&
              o.sideOf === "" &&
              (o.status === "open" || o.status === "pending" || o.status === "snoozed" || Date.parse(o.lastAt) > (minute + 1) * 60_000 - lately),
          )
          .sort((a, b) => (a.lastAt < b.lastAt ? 1 : -1))
          .slice(0, most)
          .map((o) => o.id)
          .sort()
          .join(" "),
      [c.id, c.customer.customerId, minute],
    ),
  );
  useEffect(() => {
    elsewhere.set(ids);
    return () => elsewhere.set("");
  }, [ids]);
  return ids
    .split(" ")
    .filter((id) => id !== "")
    .map((id) => <One key={id} id={id} place={place} agentId={agentId} now={now} />);
}

function One({ id, place, agentId, now }: { id: string; place: Place; agentId: string; now: number }): ReactNode {
  const w = useWords();
  const o = useSelect(
    store,
    useCallback((s) => s.conversations.get(id), [id]),
  );
  const typing = others(useOf(around, (a) => hereAt(a, `conversation:${id}`)), agentId).find((v) => v.typing === "reply");
  const said = useMessages(o && now - Date.parse(o.lastAt) < lately ? id : "");
  const last = said.messages.findLast((m) => m.kind === "message" && !m.automatic.is && (m.direction === "in" || m.author.kind === "agent"));
  const answer = last && last.author.kind === "agent" && last.author.agentId !== agentId && now - Date.parse(last.createdAt) < lately ? last : undefined;
  const what = typing ? `typing ${typing.id}` : answer ? answer.id : "";
  const [hidden, setHidden] = useState("");
  if (!o || what === "" || what === hidden) return null;
  const words = typing
    ? w.typing(typing.name || w.somebody, o.number)
    : w.answered(answer?.author.name || w.somebody, o.number, when(answer?.createdAt ?? "", now));
  return (
    <div role="status" data-elsewhere="" className="flex min-h-9 shrink-0 items-center gap-2 border-b border-line bg-amber-soft px-5 py-1 text-xs text-amber-text max-md:px-3">
      <Users size={14} strokeWidth={1.75} aria-hidden="true" className="shrink-0" />
      <span className="min-w-0 flex-1">{words}</span>
      <PlaceLink to={href({ ...place, open: String(o.number) })} className="shrink-0 font-medium underline underline-offset-2">
        {w.go}
      </PlaceLink>
      <IconButton icon={X} label={w.hide} className="size-7! text-amber-text!" onPress={() => setHidden(what)} />
    </div>
  );
}
