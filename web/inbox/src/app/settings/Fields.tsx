// Contact reasons and the other fields that are noted of conversations: made,
// changed, archived.

import { ArrowUp, Plus, X } from "lucide-react";
import { useState, type ReactNode } from "react";
import { fieldKinds, saveField, useFields, type Field, type FieldDraft, type FieldOption, type Option } from "../../fields";
import { attempt } from "../../people";
import { Button, Chip, IconButton, Trouble } from "../../ui/controls";
import { box, Checks, Line, Refusal } from "./form";
import type { PageProps } from "./pages";
import { useWords } from "./sortingwords";

const blank = (place: number): FieldDraft => ({ name: "", kind: "reason", options: [], inboxes: [], required: false, place, archived: false });

export default function Fields({ me }: PageProps): ReactNode {
  const w = useWords();
  const { fields, loading, error } = useFields();
  const [open, setOpen] = useState(""); // a field's id, or "new"
  const now = fields.filter((f) => !f.archived);
  const gone = fields.filter((f) => f.archived);
  const last = Math.max(-1, ...now.map((f) => f.place));
  return (
    <>
      <h1 className="text-lg font-semibold">{w.fields}</h1>
      <p className="mt-1 max-w-2xl text-sm text-secondary">{w.lead}</p>
      {error ? (
        <Trouble words={w.failed} kept={error.message} />
      ) : (
        <>
          <ul className="mt-4 rounded-md bg-surface empty:hidden">
            {now.map((f) => (
              <li key={f.id} className="border-b border-line px-4 py-2 last:border-0">
                {open === f.id ? <Form key={f.version} of={f} initial={f} me={me} onClose={() => setOpen("")} /> : <Row of={f} me={me} onEdit={() => setOpen(f.id)} />}
              </li>
            ))}
            {!loading && now.length === 0 && open === "" && <li className="px-4 py-8 text-center text-sm text-muted">{w.empty}</li>}
          </ul>
          {open === "new" ? (
            <div className="mt-4 rounded-md bg-surface px-4 py-3">
              <Form of={undefined} initial={blank(last + 1)} me={me} onClose={() => setOpen("")} />
            </div>
          ) : (
            <Button look="solid" className="mt-4" onPress={() => setOpen("new")}>
              {w.add}
            </Button>
          )}
          {gone.length > 0 && (
            <section aria-labelledby="archived-fields">
              <h2 id="archived-fields" className="mt-8 text-sm font-medium text-muted">
                {w.archived}
              </h2>
              <ul className="mt-2 rounded-md bg-surface">
                {gone.map((f) => (
                  <li key={f.id} className="border-b border-line px-4 py-2 last:border-0">
                    <Row of={f} me={me} onEdit={undefined} />
                  </li>
                ))}
              </ul>
            </section>
          )}
        </>
      )}
    </>
  );
}

function Row({ of: f, me, onEdit }: { of: Field; me: PageProps["me"]; onEdit: (() => void) | undefined }): ReactNode {
  const w = useWords();
  const [refusal, setRefusal] = useState("");
  const entries = f.options.filter((o) => !o.retired).reduce((n, o) => n + 1 + o.below.filter((b) => !b.retired).length, 0);
  const where = me.inboxes.filter((i) => f.inboxes.includes(i.id)).map((i) => i.name);
  return (
    <div className="flex min-h-10 flex-wrap items-center gap-3">
      <span className="min-w-40 flex-1">
        <span className="block truncate text-sm">{f.name}</span>
        <span className="block truncate text-xs text-muted">
          {w.kinds[f.kind]}
          {entries > 0 && ` · ${w.entries(entries)}`}
          {` · ${where.length === 0 ? w.everywhere : where.join(", ")}`}
        </span>
      </span>
      {f.required && !f.archived && <Chip tone="accent">{w.onClose}</Chip>}
      {onEdit ? (
        <Button look="outline" aria-label={w.of(w.edit, f.name)} onPress={onEdit}>
          {w.edit}
        </Button>
      ) : (
        <Button look="outline" aria-label={w.of(w.restore, f.name)} onPress={() => void attempt(() => saveField(f, { ...f, options: f.options.filter((o) => !o.retired), archived: false })).then(setRefusal)}>
          {w.restore}
        </Button>
      )}
      <Refusal words={refusal} />
    </div>
  );
}

function Form({ of: f, initial, me, onClose }: { of: Field | undefined; initial: FieldDraft; me: PageProps["me"]; onClose: () => void }): ReactNode {
  const w = useWords();
  // What is retired the server keeps by itself.
  const [d, setDraft] = useState<FieldDraft>({ ...initial, options: initial.options.filter((o) => !o.retired).map((o) => ({ ...o, below: o.below.filter((b) => !b.retired) })) });
  const [refusal, setRefusal] = useState("");
  const [busy, setBusy] = useState(false);
  const set = (next: Partial<FieldDraft>): void => setDraft({ ...d, ...next });
  const save = (archived: boolean): void => {
    const named = (all: readonly Option[]): Option[] => all.filter((o) => o.name.trim() !== "");
    setBusy(true);
    void attempt(() =>
      saveField(f, { ...d, archived, options: d.options.filter((o) => o.name.trim() !== "").map((o) => ({ ...o, below: named(o.below) })) }),
    ).then((words) => {
      setBusy(false);
      setRefusal(words);
      if (words === "") onClose();
    });
  };
  return (
    <form
      aria-label={f ? w.change(f.name) : w.add}
      className="flex flex-col gap-3 py-1"
      onSubmit={(e) => {
        e.preventDefault();
        save(d.archived);
      }}
    >
      <Line words={w.name} value={d.name} onChange={(name) => set({ name })} />
      {!f && (
        <label className="text-sm">
          <span className="mb-1 block">{w.kind}</span>
          <select className={`${box} w-full`} value={d.kind} onChange={(e) => set({ kind: fieldKinds.find((k) => k === e.target.value) ?? d.kind })}>
            {fieldKinds.map((k) => (
              <option key={k} value={k}>
                {w.kinds[k]}
              </option>
            ))}
          </select>
        </label>
      )}
      {(d.kind === "reason" || d.kind === "choice") && <Options of={d.options} two={d.kind === "reason"} onChange={(options) => set({ options })} />}
      {me.inboxes.length > 1 && (
        <div>
          <Checks words={w.inboxes} of={me.inboxes} value={d.inboxes} onChange={(inboxes) => set({ inboxes })} />
          {d.inboxes.length === 0 && <p className="text-xs text-muted">{w.allInboxes}</p>}
        </div>
      )}
      <label className="flex min-h-8 items-center gap-2 text-sm max-md:min-h-11">
        <input type="checkbox" checked={d.required} onChange={(e) => set({ required: e.target.checked })} className="size-4 accent-(--accent)" />
        {w.onClose}
      </label>
      <label className="text-sm">
        <span className="mb-1 block">{w.place}</span>
        <input type="number" min={0} max={100000} className={`${box} w-24`} value={d.place} onChange={(e) => set({ place: Math.trunc(e.target.valueAsNumber) || 0 })} />
      </label>
      <Refusal words={refusal} />
      <div className="flex flex-wrap items-center gap-2">
        <Button look="solid" type="submit" isDisabled={busy || d.name.trim() === ""}>
          {w.save}
        </Button>
        <Button onPress={onClose}>{w.cancel}</Button>
        {f && (
          <Button look="bad" className="ms-auto" isDisabled={busy} onPress={() => save(true)}>
            {w.archive}
          </Button>
        )}
      </div>
    </form>
  );
}

const fresh: FieldOption = { id: "", name: "", retired: false, below: [] };

function Options({ of, two, onChange }: { of: readonly FieldOption[]; two: boolean; onChange: (all: readonly FieldOption[]) => void }): ReactNode {
  const w = useWords();
  const put = (i: number, o: FieldOption): void => onChange(of.map((x, n) => (n === i ? o : x)));
  const without = <T,>(all: readonly T[], i: number): T[] => all.filter((_, n) => n !== i);
  const up = <T,>(all: readonly T[], i: number): T[] => {
    const next = [...all];
    const moved = next.splice(i, 1);
    next.splice(i - 1, 0, ...moved);
    return next;
  };
  return (
    <fieldset>
      <legend className="mb-1 text-sm">{w.list}</legend>
      <ul className="flex flex-col gap-1">
        {of.map((o, i) => (
          <li key={i}>
            <Entry words={w.entry} name={o.name} first={i === 0} onName={(name) => put(i, { ...o, name })} onUp={() => onChange(up(of, i))} onRemove={() => onChange(without(of, i))} />
            {two && (
              <ul className="ms-6 mt-1 flex flex-col gap-1">
                {o.below.map((b, j) => (
                  <li key={j}>
                    <Entry
                      words={w.entryBelow(o.name)}
                      name={b.name}
                      first={j === 0}
                      onName={(name) => put(i, { ...o, below: o.below.map((x, n) => (n === j ? { ...x, name } : x)) })}
                      onUp={() => put(i, { ...o, below: up(o.below, j) })}
                      onRemove={() => put(i, { ...o, below: without(o.below, j) })}
                    />
                  </li>
                ))}
                {o.name.trim() !== "" && (
                  <li>
                    <Button className="text-xs" aria-label={w.addBelow(o.name)} onPress={() => put(i, { ...o, below: [...o.below, { id: "", name: "", retired: false }] })}>
                      <Plus size={14} aria-hidden="true" />
                      {w.addBelow(o.name)}
                    </Button>
                  </li>
                )}
              </ul>
            )}
          </li>
        ))}
      </ul>
      <Button look="outline" className="mt-2" onPress={() => onChange([...of, fresh])}>
        <Plus size={14} aria-hidden="true" />
        {w.addEntry}
      </Button>
      <p className="mt-1 text-xs text-muted">{w.listHelp}</p>
    </fieldset>
  );
}

function Entry({ words, name, first, onName, onUp, onRemove }: { words: string; name: string; first: boolean; onName: (name: string) => void; onUp: () => void; onRemove: () => void }): ReactNode {
  const w = useWords();
  return (
    <div className="flex items-center gap-1">
      {/* eslint-disable-next-line jsx-a11y/no-autofocus -- it was asked for */}
      <input aria-label={words} value={name} maxLength={60} autoFocus={name === ""} onChange={(e) => onName(e.target.value)} className={`${box} min-w-0 flex-1`} />
      <IconButton icon={ArrowUp} label={w.up(name)} isDisabled={first} onPress={onUp} />
      <IconButton icon={X} label={w.removeEntry(name)} onPress={onRemove} />
    </div>
  );
}
