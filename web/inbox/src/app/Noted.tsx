// What is noted of the open conversation, beside its tags: its team, its fields,
// whether the agent watches it, and whether its sender is blocked. It is loaded with
// the first conversation, and brings what can be done with these.

import { Ban, Eye, EyeOff, ListChecks, UsersRound } from "lucide-react";
import { useEffect, type ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import { asking, extras } from "../closing";
import { shownValue, useFields } from "../fields";
import { useFieldWords } from "../fieldwords";
import { keyOf } from "../keys";
import { useWatching } from "../watching";
import type { Conversation, Me } from "../types";
import { Chip, Tip } from "../ui/controls";
import { useSignal } from "../ui/signals";
import { AskSheet } from "./FieldSheets";

export default function Noted({ c, me, onWatch }: { c: Conversation; me: Me | undefined; onWatch: () => void }): ReactNode {
  const w = useFieldWords();
  const { fields } = useFields();
  const watching = useWatching(c.id);
  const ask = useSignal(asking);
  const teams = (me?.teams.length ?? 0) > 0;
  const blocked = c.customer.blocked;
  useEffect(() => {
    extras.set([
      { id: "fields", words: w.fields, icon: ListChecks, keys: keyOf("fields") },
      ...(teams ? [{ id: "team", words: w.teams, icon: UsersRound, keys: keyOf("team") }] : []),
      { id: "watch", words: watching ? w.unwatch : w.watch, icon: watching ? EyeOff : Eye, keys: keyOf("watch") },
      { id: "block", words: blocked ? w.unblock : w.block, icon: Ban, keys: keyOf("block") },
    ]);
  }, [w, teams, watching, blocked]);
  useEffect(() => () => asking.set(null), [c.id]);
  const team = me?.teams.find((t) => t.id === c.teamId)?.name;
  return (
    <>
      {team !== undefined && (
        <Chip>
          <UsersRound size={12} aria-hidden="true" />
          <span className="sr-only">{w.team}: </span>
          {team}
        </Chip>
      )}
      {fields.map((f) => {
        const value = shownValue(f, c.fields[f.id] ?? "");
        if (value === "") return null;
        return (
          <Chip key={f.id}>
            <span className="max-w-40 truncate" title={`${f.name}: ${value}`}>
              <span className={f.options.length > 0 ? "sr-only" : ""}>{f.name}: </span>
              {value}
            </span>
          </Chip>
        );
      })}
      {blocked && <Chip tone="red">{w.blocked}</Chip>}
      {watching && (
        <Tip words={w.unwatch} keys={keyOf("watch")}>
          <AriaButton aria-label={w.watching} aria-pressed onPress={onWatch} className="-my-1 inline-flex size-6 shrink-0 items-center justify-center rounded text-accent-text data-[hovered]:bg-hover">
            <Eye size={14} aria-hidden="true" />
          </AriaButton>
        </Tip>
      )}
      {ask?.of === c.id && <AskSheet c={c} of={ask} />}
    </>
  );
}
