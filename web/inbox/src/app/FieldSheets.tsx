// The sheets in which contact reason and other fields are filled in: of the open
// conversation, before it is closed, and of all that are selected.

import { useState, type ReactNode } from "react";
import { change } from "../actions";
import { asking, type Asking } from "../closing";
import { fieldsOf, missing, missingOf, shownValue, useFields, type Field } from "../fields";
import { useFieldWords } from "../fieldwords";
import type { Conversation, Values } from "../types";
import { Button } from "../ui/controls";
import { toast } from "../ui/signals";
import { Sheet } from "./Together";

const box = "mt-1 h-8 w-full rounded-md border border-line-strong bg-surface px-2 text-sm text-text max-md:h-11";

/** One field's control. `empty` says what choosing nothing means. */
export function FieldControl({ of: f, value, focus, empty, onChange }: { of: Field; value: string; focus: boolean; empty?: string; onChange: (v: string) => void }): ReactNode {
  const w = useFieldWords();
  const nothing = empty ?? w.none;
  const known = shownValue(f, value);
  const options = f.options.flatMap((o) => [{ ...o, depth: 0, off: o.retired }, ...o.below.map((b) => ({ ...b, depth: 1, off: o.retired || b.retired }))]);
  const common = { value, autoFocus: focus, className: box, required: false };
  switch (f.kind) {
    case "reason":
    case "choice":
      return (
        <select {...common} onChange={(e) => onChange(e.target.value)}>
          <option value="">{nothing}</option>
          {options
            .filter((o) => !o.off || o.id === value)
            .map((o) => (
              <option key={o.id} value={o.id}>
                {o.depth === 1 ? "\u2003" : ""}
                {o.off ? w.retired(known) : o.name}
              </option>
            ))}
        </select>
      );
    case "yes-no":
      return (
        <select {...common} onChange={(e) => onChange(e.target.value)}>
          <option value="">{nothing}</option>
          <option value="yes">{w.yes}</option>
          <option value="no">{w.no}</option>
        </select>
      );
    case "number":
      return <input {...common} type="number" step="any" onChange={(e) => onChange(e.target.value)} />;
    case "date":
      return <input {...common} type="date" onChange={(e) => onChange(e.target.value)} />;
    case "text":
      return <input {...common} type="text" maxLength={500} onChange={(e) => onChange(e.target.value)} />;
  }
}

function Form({
  title,
  text,
  fields,
  initial,
  must,
  words,
  empty,
  onClose,
  onSave,
}: {
  title: string;
  text: string;
  fields: readonly Field[];
  initial: Values;
  /** Those that can't be left empty. */
  must: readonly Field[];
  words: string;
  empty: string;
  onClose: () => void;
  onSave: (values: Values) => void;
}): ReactNode {
  const w = useFieldWords();
  const [values, setValues] = useState(initial);
  const [tried, setTried] = useState(false);
  const lacking = must.filter((f) => (values[f.id] ?? "").trim() === "");
  const first = lacking[0] ?? fields[0];
  return (
    <Sheet title={title} onClose={onClose}>
      <form
        noValidate
        onSubmit={(e) => {
          e.preventDefault();
          setTried(true);
          if (lacking.length === 0) onSave(values);
        }}
      >
        {text !== "" && <p className="-mt-1 mb-3 text-sm text-secondary">{text}</p>}
        {fields.length === 0 && <p className="text-sm text-secondary">{empty}</p>}
        <div className="flex flex-col gap-3">
          {fields.map((f) => (
            <label key={f.id} className="block text-xs text-muted">
              {f.name}
              {f.required && ` (${w.required})`}
              <FieldControl of={f} value={values[f.id] ?? ""} focus={f === first} onChange={(v) => setValues({ ...values, [f.id]: v })} />
              {tried && lacking.includes(f) && (
                <span role="alert" className="mt-1 block text-red-text">
                  {w.requiredEmpty}
                </span>
              )}
            </label>
          ))}
        </div>
        <div className="mt-4 flex justify-end gap-2">
          <Button onPress={onClose}>{w.cancel}</Button>
          {fields.length > 0 && (
            <Button look="solid" type="submit">
              {words}
            </Button>
          )}
        </div>
      </form>
    </Sheet>
  );
}

/** What is other than before, as a request says it: "" takes away. */
function turned(before: Values, after: Values): Record<string, string> {
  return Object.fromEntries(Object.entries(after).filter(([id, v]) => v.trim() !== (before[id] ?? "")));
}

/** The fields of one conversation. */
export function FieldSheet({ c, onClose }: { c: Conversation; onClose: () => void }): ReactNode {
  const w = useFieldWords();
  const { fields, loading } = useFields();
  if (loading) return null;
  const save = (values: Values): void => {
    onClose();
    const set = turned(c.fields, values);
    const back = turned(Object.fromEntries(Object.keys(set).map((id) => [id, set[id] ?? ""])), Object.fromEntries(Object.keys(set).map((id) => [id, c.fields[id] ?? ""])));
    if (Object.keys(set).length === 0) return;
    const done = change(c.id, { fields: { ...c.fields, ...set } }, { fields: set });
    toast(`${w.saved}: #${c.number}`, {
      undo: () => {
        void done.then((ok) => {
          if (ok) void change(c.id, { fields: c.fields }, { fields: back });
        });
      },
    });
  };
  const own = fieldsOf(fields, c);
  const must = c.status === "closed" ? own.filter((f) => f.required && (c.fields[f.id] ?? "") !== "") : [];
  return <Form title={w.title(c.number)} text="" fields={own} initial={c.fields} must={must} words={w.save} empty={w.nothing} onClose={onClose} onSave={save} />;
}

/** What a conversation lacks before it is closed. */
export function AskSheet({ c, of }: { c: Conversation; of: Asking }): ReactNode {
  const w = useFieldWords();
  const { fields } = useFields();
  const own = fieldsOf(fields, c);
  const must = own.filter((f) => f.required);
  const lacking = missing(fields, c, of.has);
  return (
    <Form
      title={w.lacking(c.number)}
      text={w.lackingText}
      fields={[...lacking, ...own.filter((f) => !lacking.includes(f))]}
      initial={of.has}
      must={must}
      words={w.close}
      empty={w.nothing}
      onClose={() => asking.set(null)}
      onSave={(values) => {
        asking.set(null);
        of.go(turned(of.has, values));
      }}
    />
  );
}

/** The same for many: what they lack before they are closed, or what they have in common. */
export function BulkFields({ of, whole, onClose, onFields }: { of: readonly Conversation[]; whole: boolean; onClose: () => void; onFields: (values: Record<string, string>) => void }): ReactNode {
  const w = useFieldWords();
  const { fields, loading } = useFields();
  if (loading) return null;
  const lacking = missingOf(fields, of);
  const some = whole ? of.filter((c) => lacking.some((f) => missing([f], c, c.fields).length > 0)) : of;
  return (
    <Form
      title={whole ? w.lackingSeveral(some.length) : w.several(of.length)}
      text={whole ? w.lackingSeveralText : w.severalText}
      fields={whole ? lacking : fields.filter((f) => of.every((c) => fieldsOf([f], c).length > 0))}
      initial={{}}
      must={whole ? lacking : []}
      words={whole ? w.close : w.save}
      empty={w.nothingCommon}
      onClose={onClose}
      onSave={(values) => onFields(turned({}, values))}
    />
  );
}
