// When a reply leaves, or when its conversation comes back: some times that are
// asked for often, and any other. Loaded when it is opened.

import { useState, type ReactNode } from "react";
import { useWords, words } from "../composerwords";
import { Button } from "../ui/controls";
import { dates } from "../words/figures";
import { Sheet } from "./Together";

/** An instant as a field for date and time has it, in the agent's own zone. */
const local = (at: Date): string => new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);

function times(now: Date): { words: string; at: Date }[] {
  const w = words();
  const on = (days: number, hour: number): Date => {
    const d = new Date(now);
    d.setDate(d.getDate() + days);
    d.setHours(hour, 0, 0, 0);
    return d;
  };
  const monday = (8 - now.getDay()) % 7 || 7;
  const soon = new Date(now.getTime() + 3600_000);
  return [
    { words: w.inAnHour, at: soon },
    ...(now.getHours() < 13 ? [{ words: w.afternoon, at: on(0, 14) }] : []),
    { words: w.tomorrow, at: on(1, 9) },
    ...(monday === 1 ? [] : [{ words: w.monday, at: on(monday, 9) }]),
  ];
}

export default function SendLater({ what, onChoose, onClose }: { what: "send" | "snooze"; onChoose: (at: string) => void; onClose: () => void }): ReactNode {
  const w = useWords();
  const [now] = useState(() => new Date());
  const [when, setWhen] = useState(() => local(times(now).at(-1)?.at ?? now));
  const [refusal, setRefusal] = useState("");
  const show = dates({ weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
  return (
    <Sheet title={what === "send" ? w.later : w.snoozeUntil} onClose={onClose}>
      <ul className="mb-3 flex flex-col">
        {times(now).map((t, i) => (
          <li key={t.words}>
            {/* eslint-disable-next-line jsx-a11y/no-autofocus -- the first choice of a sheet that was asked for */}
            <Button autoFocus={i === 0} className="w-full justify-between" onPress={() => onChoose(t.at.toISOString())}>
              {t.words}
              <span className="figures text-muted">{show.format(t.at)}</span>
            </Button>
          </li>
        ))}
      </ul>
      <form
        className="flex flex-wrap items-end gap-2"
        onSubmit={(e) => {
          e.preventDefault();
          const at = new Date(when);
          if (Number.isNaN(at.getTime()) || at.getTime() <= Date.now()) setRefusal(w.toCome);
          else onChoose(at.toISOString());
        }}
      >
        <label className="flex-1 text-xs text-muted">
          {w.otherTime}
          <input
            type="datetime-local"
            value={when}
            min={local(now)}
            onChange={(e) => setWhen(e.target.value)}
            className="mt-1 h-8 w-full rounded-md border border-line-strong bg-surface px-2 text-sm text-text max-md:h-11"
          />
        </label>
        <Button look="solid" type="submit">
          {what === "send" ? w.schedule : w.andSnooze}
        </Button>
      </form>
      <p role="alert" className="mt-2 text-xs text-red-text empty:hidden">
        {refusal}
      </p>
    </Sheet>
  );
}
