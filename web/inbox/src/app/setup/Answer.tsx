// The first linked answer: what every day looks like, followed as it happens.

import { Check, Circle } from "lucide-react";
import { useRouter } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useAccounts } from "../../accounts";
import { home } from "../../place";
import { isDone, saveSetup, type Setup } from "../../setup";
import { Button } from "../../ui/controls";
import { PlaceLink } from "../PlaceLink";
import { words } from "./words";

export function Answer({ setup }: { setup: Setup }): ReactNode {
  const w = words().answer;
  const router = useRouter();
  const { items } = useAccounts(true);
  const address = items.find((a) => a.id === setup.mailbox)?.address ?? "";
  const f = setup.first;
  const marks: readonly { readonly word: string; readonly on: boolean; readonly detail: string }[] = [
    { word: w.came, on: f !== null, detail: f?.subject ?? "" },
    { word: w.linked, on: f !== null && f.order !== "", detail: f?.order ?? "" },
    { word: w.answered, on: isDone(setup, "answer"), detail: "" },
  ];
  const done = isDone(setup, "answer");
  return (
    <div className="flex flex-col gap-4">
      <p className="max-w-xl text-sm">{address === "" ? w.noMailbox : w.write(address)}</p>
      <div role="status">
      <ol className="flex flex-col gap-2 rounded-md bg-surface px-4 py-3">
        {marks.map((m) => (
          <li key={m.word} className={`flex items-start gap-2.5 text-sm ${m.on ? "" : "text-muted"}`}>
            {m.on ? <Check size={16} className="mt-0.5 shrink-0 text-green-text" aria-hidden="true" /> : <Circle size={16} className="mt-0.5 shrink-0" aria-hidden="true" />}
            <span className="min-w-0">
              {m.word}
              <span className="sr-only">: {m.on ? words().states.done : words().states.open}</span>
              {m.on && m.detail !== "" && <span className="block truncate text-xs text-muted">{m.detail}</span>}
            </span>
          </li>
        ))}
      </ol>
      </div>
      {f && !done && (
        <PlaceLink to={`/c/${f.number}`} className="inline-flex h-8 w-fit items-center rounded-md bg-accent px-2.5 text-sm font-medium text-on-accent data-[hovered]:bg-accent-hover max-md:h-11">
          {w.open(f.number)}
        </PlaceLink>
      )}
      {done && (
        <div className="rounded-md bg-accent-soft px-4 py-3">
          <p className="text-sm font-medium text-accent-text">{w.done}</p>
          <p className="mt-1 text-sm">{w.doneText}</p>
          <Button
            look="solid"
            className="mt-3"
            onPress={() => {
              void saveSetup(setup.skipped, true);
              router.history.push(`/${home}`);
            }}
          >
            {w.finish}
          </Button>
        </div>
      )}
    </div>
  );
}
