// What is done with the conversation when the reply leaves, above it to be seen
// and taken off.

import { X } from "lucide-react";
import type { ReactNode } from "react";
import { useWords } from "../composerwords";
import { useMe } from "../data";
import type { Then as Wire } from "../outbox";
import { actions, inWords, isNothing, noActions, wire, type Actions } from "../saved";
import { noted, useFields } from "../fields";
import { Button } from "../ui/controls";

export default function Then({ of, onChange }: { of: Wire; onChange: (next: Wire | undefined) => void }): ReactNode {
  const w = useWords();
  const { me } = useMe();
  const { fields } = useFields();
  const all = actions(of);
  // One part of them each, with what is left without it.
  const parts: [Actions, Actions][] = [
    [{ ...noActions, assignee: all.assignee }, { ...all, assignee: "" }],
    [{ ...noActions, team: all.team }, { ...all, team: "" }],
    ...all.addTags.map((t): [Actions, Actions] => [{ ...noActions, addTags: [t] }, { ...all, addTags: all.addTags.filter((x) => x !== t) }]),
    ...Object.entries(all.fields).map(([id, value]): [Actions, Actions] => [
      { ...noActions, fields: { [id]: value } },
      { ...all, fields: Object.fromEntries(Object.entries(all.fields).filter(([x]) => x !== id)) },
    ]),
    [{ ...noActions, status: all.status, snoozeMinutes: all.snoozeMinutes }, { ...all, status: "", snoozeMinutes: 0 }],
  ];
  return (
    <ul aria-label={w.whenSent} className="flex flex-wrap items-center gap-1.5 px-4 pb-2">
      {parts
        .filter(([part]) => !isNothing(part))
        .map(([part, rest]) => {
          const words = [...inWords(part, me), ...noted(fields, part.fields)].join(", ");
          return (
            <li key={words} className="flex h-7 items-center rounded-md bg-hover ps-2.5 text-xs">
              {words}
              <Button aria-label={w.dont(words)} className="h-7! w-7 justify-center px-0!" onPress={() => onChange(isNothing(rest) ? undefined : wire(rest))}>
                <X size={13} aria-hidden="true" />
              </Button>
            </li>
          );
        })}
    </ul>
  );
}
