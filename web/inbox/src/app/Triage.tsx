// Priority, tags, team, fields, watching, blocking, and snoozing until a time: a small
// sheet for each that wants a choice, by its key.

import { useEffect, useRef, useState, type ReactNode } from "react";
import { change, type Asked } from "../actions";
import { useWords } from "../listwords";
import type { Patch } from "../state";
import { fieldWords, useFieldWords } from "../fieldwords";
import type { Conversation, Me } from "../types";
import { tagsIn } from "../tags";
import { Button } from "../ui/controls";
import { toast } from "../ui/signals";
import { until } from "../until";
import { exactly, priorityWord, when } from "../words";
import { words } from "../words/language";
import { block, turnWatch, unblock } from "../watching";
import { FieldSheet } from "./FieldSheets";
import { TagField, tagRefusal } from "./TagField";
import { Sheet } from "./Together";

export type Sorting = "snooze" | "tags" | "priority" | "team" | "fields" | "watch" | "block";

const field = "h-8 w-full rounded-md border border-line-strong bg-surface px-2 text-sm max-md:h-11";

function act(c: Conversation, what: string, patch: Patch, asked: Asked, back: Patch, askedBack: Asked): void {
  const done = change(c.id, patch, asked);
  toast(words().notices.did(what, c.number), {
    undo: () => {
      void done.then((ok) => {
        if (ok) void change(c.id, back, askedBack);
      });
    },
  });
}

export function Triage({
  c,
  me,
  which,
  onClose,
  onGone,
}: {
  c: Conversation;
  me: Me | undefined;
  which: Sorting;
  onClose: () => void;
  /** Goes on: this one is dealt with. */
  onGone: () => void;
}): ReactNode {
  switch (which) {
    case "priority":
      return <Priority c={c} onClose={onClose} />;
    case "tags":
      return <Tags c={c} onClose={onClose} />;
    case "snooze":
      return <Snooze c={c} onClose={onClose} onGone={onGone} />;
    case "team":
      return <Team c={c} me={me} onClose={onClose} onGone={onGone} />;
    case "fields":
      return <FieldSheet c={c} onClose={onClose} />;
    case "watch":
      return <Once run={() => void turnWatch(c)} onClose={onClose} />;
    case "block":
      return (
        <Once
          run={() => {
            if (c.customer.blocked) {
              void unblock(c);
              return;
            }
            onGone();
            void block(c);
          }}
          onClose={onClose}
        />
      );
  }
}

/** What needs no choice. */
function Once({ run, onClose }: { run: () => void; onClose: () => void }): ReactNode {
  const ran = useRef(false);
  useEffect(() => {
    if (ran.current) return;
    ran.current = true;
    onClose();
    run();
  });
  return null;
}

function Team({ c, me, onClose, onGone }: { c: Conversation; me: Me | undefined; onClose: () => void; onGone: () => void }): ReactNode {
  const w = useFieldWords();
  const teams = [...(me?.teams ?? []), { id: "", name: w.noTeam }];
  return (
    <Sheet title={w.teams} onClose={onClose}>
      {teams.length === 1 && <p className="mb-2 text-sm text-secondary">{w.noTeams}</p>}
      <div className="flex flex-wrap gap-2">
        {teams.map((t) => (
          <Button
            key={t.id}
            look={t.id === c.teamId ? "solid" : "outline"}
            // eslint-disable-next-line jsx-a11y/no-autofocus -- it was asked for by its key
            autoFocus={t.id === c.teamId}
            onPress={() => {
              onClose();
              if (t.id === c.teamId) return;
              if (t.id !== "") onGone();
              act(c, t.id === "" ? fieldWords().handedBack : w.handed(t.name), { teamId: t.id }, { teamId: t.id }, { teamId: c.teamId }, { teamId: c.teamId });
            }}
          >
            {t.name}
          </Button>
        ))}
      </div>
    </Sheet>
  );
}

function Priority({ c, onClose }: { c: Conversation; onClose: () => void }): ReactNode {
  const w = useWords();
  return (
    <Sheet title={w.priorityTitle} onClose={onClose}>
      <div className="flex flex-wrap gap-2">
        {[2, 1, 0, -1].map((p) => (
          <Button
            key={p}
            look={p === c.priority ? "solid" : "outline"}
            // eslint-disable-next-line jsx-a11y/no-autofocus -- it was asked for by its key
            autoFocus={p === c.priority}
            onPress={() => {
              if (p !== c.priority) act(c, priorityWord(p), { priority: p }, { priority: p }, { priority: c.priority }, { priority: c.priority });
              onClose();
            }}
          >
            {priorityWord(p)}
          </Button>
        ))}
      </div>
    </Sheet>
  );
}

function Tags({ c, onClose }: { c: Conversation; onClose: () => void }): ReactNode {
  const w = useWords();
  // With a comma behind them: the next one is what is typed.
  const [text, setText] = useState(c.tags.map((t) => `${t}, `).join(""));
  const tags = tagsIn(text);
  const addTags = tags.filter((t) => !c.tags.includes(t));
  const removeTags = c.tags.filter((t) => !tags.includes(t));
  const refusal = tagRefusal(w, text, addTags.length, addTags.length > 0 ? tags.length : 0);
  const save = (): void => {
    if (refusal !== "") return;
    if (addTags.length > 0 || removeTags.length > 0) {
      act(c, w.doing.tags, { tags }, { addTags, removeTags }, { tags: c.tags }, { addTags: removeTags, removeTags: addTags });
    }
    onClose();
  };
  return (
    <Sheet title={w.tags} onClose={onClose}>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          save();
        }}
      >
        <TagField label={w.commas} text={text} refusal={refusal} onText={setText} />
        <Button look="solid" type="submit" className="mt-3">
          {w.save}
        </Button>
      </form>
    </Sheet>
  );
}

function Snooze({ c, onClose, onGone }: { c: Conversation; onClose: () => void; onGone: () => void }): ReactNode {
  const w = useWords();
  const [text, setText] = useState("");
  const [now] = useState(() => new Date());
  const meant = until(text, now);
  const snooze = (at: Date): void => {
    const iso = at.toISOString();
    onClose();
    onGone();
    const before = c.snoozedUntil;
    const again = c.status === "snoozed" && Date.parse(before) > Date.now();
    act(
      c,
      w.snoozedUntil(when(iso, now.getTime())),
      { status: "snoozed", snoozedUntil: iso },
      { snoozedUntil: iso },
      { status: c.status, snoozedUntil: before },
      again ? { snoozedUntil: before } : { status: c.status },
    );
  };
  return (
    <Sheet title={w.snooze} onClose={onClose}>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          if (meant) snooze(meant);
        }}
      >
        <label className="block text-xs text-muted">
          {w.snoozeUntil}
          {/* eslint-disable-next-line jsx-a11y/no-autofocus -- it was asked for by its key */}
          <input autoFocus className={`${field} mt-1 text-text`} value={text} onChange={(e) => setText(e.target.value)} />
        </label>
        <p role="status" className="mt-1 h-5 text-xs text-muted">
          {meant ? exactly(meant.toISOString()) : text.trim() === "" ? "" : w.noTime}
        </p>
        <div className="mt-2 flex flex-wrap gap-2">
          {w.presets.map((p) => (
            <Button key={p.means} look="outline" onPress={() => snooze(until(p.means, now) ?? now)}>
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
