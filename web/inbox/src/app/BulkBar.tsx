// What can be done with all that is selected, at the foot of the list: choosing it,
// how far it has come, and what could not be done, by name.

import { AlarmClock, Check, Ellipsis, Flag, Tag, UserRound, UsersRound, X } from "lucide-react";
import { Suspense, useEffect, useState, type ReactNode } from "react";
import type { Asked } from "../actions";
import { bulk, changeMany, type Target } from "../bulk";
import { useTally } from "../data";
import { knownFields, missingOf } from "../fields";
import { keyOf } from "../keys";
import { summed, type Filter } from "../lists";
import { useWords, words, type Doing } from "../listwords";
import { has, isEmpty, nothing, selection } from "../selection";
import type { Conversation, Me } from "../types";
import { Button, IconButton, MenuButton, type Choice } from "../ui/controls";
import { useCommand } from "../ui/hooks";
import { announce, useSignal } from "../ui/signals";
import { lazy } from "../ui/later";
import { BulkSnooze, BulkTags } from "./BulkForms";

const BulkFields = lazy(() => import("./FieldSheets").then((m) => ({ default: m.BulkFields })));

type Menu = "" | "fields" | "whole" | "assign" | "team" | "priority" | "more" | "snooze" | "tags";

export default function BulkBar({
  filter,
  list,
  rows,
  more,
  sum,
  me,
  person,
  onDone,
}: {
  filter: Filter;
  list: string;
  rows: readonly Conversation[];
  /** There are rows that aren't loaded. */
  more: boolean;
  /** How many the list holds, where the sums tell. */
  sum: number;
  me: string;
  person: Me | undefined;
  /** The keys go back to the list. */
  onDone: () => void;
}): ReactNode {
  const w = useWords();
  const chosen = useSignal(selection);
  const run = useSignal(bulk);
  const [menu, setMenu] = useState<Menu>("");
  const active = chosen.list === list && !isEmpty(chosen);
  const counted = useTally(filter, active && more && !summed(filter));
  const known = more ? (summed(filter) ? sum : counted) : rows.length;
  const whole = more && !summed(filter) && counted > 99 ? "99+" : String(Math.max(known, rows.length));
  const picked = active ? rows.filter((c) => has(chosen, c.id)) : [];
  const count = chosen.all ? (whole === "99+" ? whole : String(Number(whole) - chosen.ids.size)) : String(picked.length);
  const busy = run !== null && !run.over;

  const clear = (): void => {
    selection.set(nothing);
    onDone();
  };
  const act = (a: Asked, doing: Doing): void => {
    const target: Target =
      chosen.all && more
        ? { kind: "list", filter, but: chosen.ids, of: count, about: Math.max(known, rows.length) - chosen.ids.size }
        : { kind: "some", of: picked };
    setMenu("");
    clear();
    void changeMany(target, a, doing).then((failed) => {
      if (failed.length === 0) return;
      // What could not be changed stays selected, to be looked at.
      selection.set({ list, all: false, ids: new Set(failed.map((f) => f.id)), anchor: "" });
    });
  };
  const on = active && !busy;
  // What is lacking is asked for first, of all together: each takes what it lacks.
  const close = (): void => {
    void knownFields().then((fields) => (missingOf(fields, picked).length > 0 ? setMenu("whole") : act({ status: "closed" }, "closed")));
  };
  useCommand("close", close, on, true);
  useCommand("fields", () => setMenu("fields"), on, true);
  useCommand("assign-me", () => act({ assigneeId: me }, "assigned"), on, true);
  useCommand("assign", () => setMenu("assign"), on, true);
  useCommand("snooze", () => setMenu("snooze"), on, true);
  useCommand("tags", () => setMenu("tags"), on, true);
  useCommand("priority", () => setMenu("priority"), on, true);
  useCommand("clear-selection", clear, active, true);
  useEffect(() => {
    if (active) announce(words().selected(count));
  }, [active, count]);

  const agents: Choice[] = [
    { id: me, words: w.me, keys: keyOf("assign-me") },
    ...(person?.agents ?? []).filter((a) => a.id !== me).map((a) => ({ id: a.id, words: a.name })),
    { id: "nobody", words: w.nobody },
  ];
  const teams: Choice[] = [...(person?.teams ?? []).map((t) => ({ id: t.id, words: t.name })), { id: "none", words: w.noTeam }];
  const levels: Choice[] = [2, 1, 0, -1].map((p) => ({ id: String(p), words: w.priority[p + 1] ?? "" }));
  const rest: Choice[] = [
    { id: "open", words: w.open },
    { id: "pending", words: w.pending },
    { id: "spam", words: w.spam },
    { id: "fields", words: w.fields, keys: keyOf("fields") },
  ];
  const menuOf = (which: Menu): { isOpen: boolean; onOpenChange: (open: boolean) => void } => ({
    isOpen: menu === which,
    onOpenChange: (open) => setMenu(open ? which : ""),
  });
  if (!active && run === null) return null;
  return (
    <section aria-label={w.bar} className="floats absolute inset-x-2 bottom-2 z-20 rounded-lg bg-raised p-1.5 shadow-float">
      {run !== null && (
        <div role="status" className="px-1.5 py-1">
          {busy ? (
            <div className="flex items-center gap-2">
              <span className="figures min-w-0 flex-1 truncate text-sm">{w.progress(run.what, run.done, run.of)}</span>
              <Button onPress={run.stop}>{w.stop}</Button>
            </div>
          ) : (
            <>
              <div className="flex items-center gap-2">
                <span className="flex-1 text-sm font-medium text-red-text">{w.notDone(run.failed.length)}</span>
                <Button
                  onPress={() => {
                    bulk.set(null);
                    onDone();
                  }}
                >
                  {w.dismiss}
                </Button>
              </div>
              <ul className="max-h-32 overflow-y-auto text-xs">
                {run.failed.map((f) => (
                  <li key={f.id} className="py-0.5">
                    <span className="figures text-muted">#{f.number}</span> <span className="font-medium">{f.name}</span> <span className="text-secondary">{f.why}</span>
                  </li>
                ))}
              </ul>
            </>
          )}
          {busy && (
            <div className="mt-1 h-1 overflow-hidden rounded bg-hover" aria-hidden="true">
              <div className="h-full origin-left bg-accent transition-transform duration-100" style={{ transform: `scaleX(${run.share})` }} />
            </div>
          )}
        </div>
      )}
      {active && (
        <>
          <div className="flex items-center gap-1 ps-1.5">
            <span className="figures min-w-0 flex-1 truncate text-sm font-medium">{w.selected(count)}</span>
            {!chosen.all && (more || picked.length < rows.length) && (
              <Button onPress={() => selection.set({ list, all: true, ids: new Set(), anchor: "" })}>{w.selectAll(whole)}</Button>
            )}
            <IconButton icon={X} label={w.selectNone} keys={keyOf("clear-selection")} placement="top" onPress={clear} />
          </div>
          <div role="toolbar" aria-label={w.bar} className="flex items-center justify-between">
            <IconButton icon={Check} label={w.close} keys={keyOf("close")} placement="top" isDisabled={busy} onPress={close} />
            <MenuButton
              label={w.assign}
              choices={agents}
              placement="top start"
              {...menuOf("assign")}
              onChoose={(id) => (id === "nobody" ? act({ assigneeId: "" }, "unassigned") : act({ assigneeId: id }, "assigned"))}
            >
              <IconButton icon={UserRound} label={w.assign} keys={keyOf("assign")} placement="top" isDisabled={busy} />
            </MenuButton>
            {teams.length > 1 && (
              <MenuButton label={w.team} choices={teams} placement="top start" {...menuOf("team")} onChoose={(id) => act({ teamId: id === "none" ? "" : id }, "team")}>
                <IconButton icon={UsersRound} label={w.team} placement="top" isDisabled={busy} />
              </MenuButton>
            )}
            <IconButton icon={AlarmClock} label={w.snooze} keys={keyOf("snooze")} placement="top" isDisabled={busy} onPress={() => setMenu("snooze")} />
            <IconButton icon={Tag} label={w.tags} keys={keyOf("tags")} placement="top" isDisabled={busy} onPress={() => setMenu("tags")} />
            <MenuButton label={w.priorityTitle} choices={levels} placement="top end" {...menuOf("priority")} onChoose={(id) => act({ priority: Number(id) }, "priority")}>
              <IconButton icon={Flag} label={w.priorityTitle} keys={keyOf("priority")} placement="top" isDisabled={busy} />
            </MenuButton>
            <MenuButton
              label={w.more}
              choices={rest}
              placement="top end"
              {...menuOf("more")}
              onChoose={(id) => {
                if (id === "fields") setMenu("fields");
                else if (id === "open" || id === "pending" || id === "spam") act({ status: id }, id);
              }}
            >
              <IconButton icon={Ellipsis} label={w.more} placement="top" isDisabled={busy} />
            </MenuButton>
          </div>
        </>
      )}
      <Suspense fallback={null}>
        {menu === "whole" && <BulkFields of={picked} whole onClose={() => setMenu("")} onFields={(fill) => act({ status: "closed", fill }, "closed")} />}
        {menu === "fields" && <BulkFields of={picked} whole={false} onClose={() => setMenu("")} onFields={(fields) => act({ fields }, "fields")} />}
      </Suspense>
      {menu === "snooze" && <BulkSnooze onClose={() => setMenu("")} onSnooze={(until) => act({ snoozedUntil: until }, "snoozed")} />}
      {menu === "tags" && <BulkTags of={picked} onClose={() => setMenu("")} onTags={(addTags, removeTags) => act({ addTags: [...addTags], removeTags: [...removeTags] }, "tags")} />}
    </section>
  );
}
