// The sheets of a bulk action that want more than one choice: until when to snooze,
// and which tags to add and take away.

import { useState, type ReactNode } from "react";
import { useWords } from "../listwords";
import { tagsIn } from "../tags";
import type { Conversation } from "../types";
import { Button } from "../ui/controls";
import { until } from "../until";
import { exactly } from "../words";
import { TagField, tagRefusal } from "./TagField";
import { Sheet } from "./Together";

const field = "mt-1 h-8 w-full rounded-md border border-line-strong bg-surface px-2 text-sm text-text max-md:h-11";

export function BulkSnooze({ onClose, onSnooze }: { onClose: () => void; onSnooze: (until: string) => void }): ReactNode {
  const w = useWords();
  const [text, setText] = useState("");
  const [now] = useState(() => new Date());
  const meant = until(text, now);
  return (
    <Sheet title={w.snooze} onClose={onClose}>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          if (meant) onSnooze(meant.toISOString());
        }}
      >
        <label className="block text-xs text-muted">
          {w.snoozeUntil}
          {/* eslint-disable-next-line jsx-a11y/no-autofocus -- it was asked for by its key */}
          <input autoFocus className={field} value={text} onChange={(e) => setText(e.target.value)} />
        </label>
        <p role="status" className="mt-1 h-5 text-xs text-muted">
          {meant ? exactly(meant.toISOString()) : text.trim() === "" ? "" : w.noTime}
        </p>
        <div className="mt-2 flex flex-wrap gap-2">
          {w.presets.map((p) => (
            <Button key={p.means} look="outline" onPress={() => onSnooze((until(p.means, now) ?? now).toISOString())}>
              {p.words}
            </Button>
          ))}
          <Button look="solid" type="submit" isDisabled={!meant} className="ms-auto">
            {w.snooze}
          </Button>
        </div>
      </form>
    </Sheet>
  );
}

export function BulkTags({
  of,
  onClose,
  onTags,
}: {
  of: readonly Conversation[];
  onClose: () => void;
  onTags: (add: readonly string[], remove: readonly string[]) => void;
}): ReactNode {
  const w = useWords();
  const [text, setText] = useState("");
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set());
  const there = [...new Set(of.flatMap((c) => c.tags))].sort();
  const add = tagsIn(text).filter((t) => !gone.has(t));
  const refusal = tagRefusal(w, text, add.length, 0);
  return (
    <Sheet title={w.tags} onClose={onClose}>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          if (refusal === "" && add.length + gone.size > 0) onTags(add, [...gone]);
        }}
      >
        <TagField label={w.tagsAdd} text={text} refusal={refusal} onText={setText} />
        {there.length > 0 && (
          <fieldset className="mt-3">
            <legend className="text-xs text-muted">{w.tagsRemove}</legend>
            <div className="mt-1 max-h-48 overflow-y-auto">
              {there.map((t) => (
                <label key={t} className="flex min-h-8 items-center gap-2 text-sm max-md:min-h-11">
                  <input
                    type="checkbox"
                    className="accent-(--accent)"
                    checked={gone.has(t)}
                    onChange={() => {
                      const next = new Set(gone);
                      if (!next.delete(t)) next.add(t);
                      setGone(next);
                    }}
                  />
                  {t}
                </label>
              ))}
            </div>
          </fieldset>
        )}
        <Button look="solid" type="submit" className="mt-3" isDisabled={add.length + gone.size === 0}>
          {w.apply}
        </Button>
      </form>
    </Sheet>
  );
}
