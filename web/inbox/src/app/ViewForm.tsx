// A saved view: its name, what it holds, put together by filters or written as in
// search, its order, and who sees it.

import { useDeferredValue, useState, type ReactNode } from "react";
import { useTally } from "../data";
import { reasonNames, useFields } from "../fields";
import { everything } from "../lists";
import { useWords } from "../listwords";
import { useGo } from "../navigate";
import { at } from "../place";
import { terms, written } from "../query";
import { useTags } from "../tallies";
import { channels, sorts, statuses, type Me, type Sort, type View } from "../types";
import { Button } from "../ui/controls";
import { toast } from "../ui/signals";
import { deleteView, saveView } from "../viewing";
import { Sheet } from "./Together";

const field = "mt-0.5 h-8 w-full min-w-0 rounded-md border border-line-strong bg-surface px-2 text-sm text-text max-md:h-11";
const levels = ["low", "normal", "high", "urgent"];

/** The query with all of one filter as asked for; name "" are the words. */
function put(query: string, name: string, values: readonly string[]): string {
  const kept = terms(query)
    .filter((t) => t.name !== name)
    .map((t) => query.slice(t.from, t.to));
  return [...kept, ...values.filter((v) => v !== "").map((v) => (name === "" ? v : written(name, v)))].join(" ");
}

const of = (query: string, name: string): string[] => terms(query).filter((t) => t.name === name).map((t) => t.value);

export default function ViewForm({ me, view, query: initial, sort: order, onClose }: { me: Me; view: View | undefined; query: string; sort: Sort; onClose: () => void }): ReactNode {
  const w = useWords();
  const go = useGo();
  const [name, setName] = useState(view?.name ?? "");
  const [query, setQuery] = useState(initial);
  const [sort, setSort] = useState(order);
  const [shared, setShared] = useState(view?.shared ?? false);
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState("");
  const tags = useTags();
  const { fields } = useFields();
  const reasons = reasonNames(fields);
  const asked = useDeferredValue(query.trim());
  const held = useTally({ ...everything, text: asked });
  const set = (filter: string, ...values: string[]): void => setQuery(put(query, filter, values));
  const is = of(query, "is");
  const toggle = (value: string): void => set("is", ...(is.includes(value) ? is.filter((v) => v !== value) : [...is, value]));
  const [tagText, setTagText] = useState<string | null>(null);

  const select = (id: "reason" | "status" | "inbox" | "team" | "assignee" | "priority" | "channel", choices: readonly { readonly value: string; readonly words: string }[]): ReactNode => {
    const now = of(query, id).at(-1) ?? "";
    const known = now === "" || choices.some((c) => c.value.toLowerCase() === now.toLowerCase());
    return (
      <label className="min-w-0 text-xs text-muted">
        {w.field[id]}
        <select className={field} value={choices.find((c) => c.value.toLowerCase() === now.toLowerCase())?.value ?? now} onChange={(e) => set(id, e.target.value)}>
          <option value="">{w.any}</option>
          {!known && <option value={now}>{now}</option>}
          {choices.map((c) => (
            <option key={c.value} value={c.value}>
              {c.words}
            </option>
          ))}
        </select>
      </label>
    );
  };
  const text = (id: "after" | "before" | "words", value: string, type: "date" | "text", onChange: (v: string) => void): ReactNode => (
    <label className="block min-w-0 text-xs text-muted">
      {w.field[id]}
      <input type={type} className={field} value={value} onChange={(e) => onChange(e.target.value)} />
    </label>
  );
  const save = (): void => {
    const named = name.trim();
    if (named === "") {
      setRefusal(w.needName);
      return;
    }
    setBusy(true);
    void saveView(view, { name: named, query: query.trim(), sort, shared }).then((got) => {
      setBusy(false);
      if (typeof got === "string") {
        setRefusal(got);
        return;
      }
      onClose();
      toast(w.viewSaved(got.name));
      go(at("saved", { saved: got.id }));
    });
  };
  return (
    <Sheet title={view ? w.changeView : w.newView} onClose={onClose}>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          save();
        }}
      >
        <label className="block text-xs text-muted">
          {w.name}
          <input
            // eslint-disable-next-line jsx-a11y/no-autofocus -- the sheet was opened to fill it
            autoFocus
            className={field}
            value={name}
            maxLength={60}
            onChange={(e) => {
              setName(e.target.value);
              setRefusal("");
            }}
          />
        </label>
        <div className="mt-3 grid grid-cols-2 gap-x-3 gap-y-2">
          {select("status", statuses.map((s) => ({ value: s, words: w.status[s] })))}
          {select("inbox", me.inboxes.map((i) => ({ value: i.name, words: i.name })))}
          {me.teams.length > 0 && select("team", me.teams.map((t) => ({ value: t.name, words: t.name })))}
          {select("assignee", [
            { value: "me", words: w.me },
            { value: "none", words: w.nobody },
            ...me.agents.map((a) => ({ value: a.name, words: a.name })),
          ])}
          <label className="min-w-0 text-xs text-muted">
            {w.field.tag}
            <input
              className={field}
              list="view-tags"
              value={tagText ?? of(query, "tag").join(", ")}
              onChange={(e) => {
                setTagText(e.target.value);
                set("tag", ...e.target.value.split(",").map((t) => t.trim().toLowerCase()));
              }}
              onBlur={() => setTagText(null)}
            />
            <datalist id="view-tags">
              {tags.map((t) => (
                <option key={t.tag} value={t.tag} />
              ))}
            </datalist>
          </label>
          {reasons.length > 0 && select("reason", reasons.map((r) => ({ value: r, words: r })))}
          {select("priority", levels.map((p, i) => ({ value: p, words: w.priority[i] ?? p })))}
          {select("channel", channels.map((c) => ({ value: c, words: w.channel[c] })))}
          <div className="col-span-2">{text("words", of(query, "").join(" "), "text", (v) => setQuery(put(query, "", [v])))}</div>
          {text("after", of(query, "after").at(-1) ?? "", "date", (v) => set("after", v))}
          {text("before", of(query, "before").at(-1) ?? "", "date", (v) => set("before", v))}
          <Tick words={w.waiting} on={is.includes("waiting")} onChange={() => toggle("waiting")} />
          <Tick words={w.mentioned} on={is.includes("mentioned")} onChange={() => toggle("mentioned")} />
        </div>
        <label className="mt-3 block text-xs text-muted">
          {w.query}
          <input className={`${field} font-mono`} value={query} maxLength={200} aria-describedby="view-query-help" onChange={(e) => setQuery(e.target.value)} />
        </label>
        <p id="view-query-help" className="mt-1 text-xs text-muted">
          {w.queryHelp}
        </p>
        <label className="mt-3 block text-xs text-muted">
          {w.field.sort}
          <select className={field} value={sort} onChange={(e) => setSort(sorts.find((s) => s === e.target.value) ?? sort)}>
            {sorts.map((s) => (
              <option key={s} value={s}>
                {w.sort[s]}
              </option>
            ))}
          </select>
        </label>
        <Tick words={w.share} on={shared} onChange={() => setShared(!shared)} />
        <p className="text-xs text-muted">{w.shareDetail}</p>
        <p role="alert" className="mt-2 text-sm text-red-text empty:hidden">
          {refusal}
        </p>
        <div className="mt-4 flex items-center gap-2">
          {view && (
            <Button
              look="bad"
              isDisabled={busy}
              onPress={() => {
                setBusy(true);
                void deleteView(view, (back) => go(at("saved", { saved: back.id }))).then((why) => {
                  setBusy(false);
                  setRefusal(why);
                  if (why !== "") return;
                  onClose();
                  go(at("all"));
                });
              }}
            >
              {w.remove}
            </Button>
          )}
          <span role="status" className="figures me-auto text-xs text-muted">
            {w.holds(held)}
          </span>
          <Button onPress={onClose}>{w.cancel}</Button>
          <Button look="solid" type="submit" isDisabled={busy}>
            {w.save}
          </Button>
        </div>
      </form>
    </Sheet>
  );
}

function Tick({ words, on, onChange }: { words: string; on: boolean; onChange: () => void }): ReactNode {
  return (
    <label className="flex min-h-8 items-center gap-2 text-sm max-md:min-h-11">
      <input type="checkbox" className="accent-(--accent)" checked={on} onChange={onChange} />
      {words}
    </label>
  );
}
