import { useEffect, useId, useState, type ReactNode } from "react";
import { filled, type SendTemplate } from "../sending";
import { useWords } from "../sendwords";
import { Button } from "../ui/controls";
import { Sheet } from "./Together";

/** A template with its gaps filled, and what it comes to. */
export interface Filled {
  readonly name: string;
  readonly language: string;
  readonly values: readonly string[];
  readonly text: string;
}

export const field = "h-8 w-full rounded-md border border-line-strong bg-surface px-2 text-sm text-text max-md:h-11";

/** Chooses one of a service's templates and fills its gaps. `value` is null while one is open. */
export function TemplateFields({ templates, onChange }: { templates: readonly SendTemplate[]; onChange: (t: Filled | null) => void }): ReactNode {
  const w = useWords();
  const id = useId();
  const [at, setAt] = useState(0);
  const [values, setValues] = useState<readonly string[]>([]);
  const t = templates[at];
  useEffect(() => {
    const first = templates[0];
    if (first?.values === 0) onChange({ name: first.name, language: first.language, values: [], text: first.text });
    // eslint-disable-next-line react-hooks/exhaustive-deps -- at the beginning alone
  }, []);
  if (!t) return null;
  const tell = (of: SendTemplate, v: readonly string[]): void => {
    const all = Array.from({ length: of.values }, (_, i) => (v[i] ?? "").trim());
    onChange(all.every((s) => s !== "") ? { name: of.name, language: of.language, values: all, text: filled(of, all) } : null);
  };
  return (
    <div className="flex flex-col gap-3">
      <label className="block text-xs text-muted" htmlFor={id}>
        {w.which}
        <select
          id={id}
          value={at}
          className={`${field} mt-1`}
          onChange={(e) => {
            const n = Number(e.target.value);
            setAt(n);
            setValues([]);
            const next = templates[n];
            if (next) tell(next, []);
          }}
        >
          {templates.map((x, i) => (
            <option key={`${x.name} ${x.language}`} value={i}>
              {x.name} ({x.language})
            </option>
          ))}
        </select>
      </label>
      {Array.from({ length: t.values }, (_, i) => (
        <label key={i} className="block text-xs text-muted">
          {w.value(i + 1)}
          <input
            className={`${field} mt-1`}
            value={values[i] ?? ""}
            maxLength={1000}
            onChange={(e) => {
              const next = Array.from({ length: t.values }, (_v, j) => (j === i ? e.target.value : (values[j] ?? "")));
              setValues(next);
              tell(t, next);
            }}
          />
        </label>
      ))}
      <div>
        <p className="text-xs text-muted">{w.preview}</p>
        <p role="status" className="mt-1 rounded-md bg-sunken px-3 py-2 text-sm whitespace-pre-wrap">
          {filled(t, values)}
        </p>
      </div>
    </div>
  );
}

export function TemplateSheet({ templates, onSend, onClose }: { templates: readonly SendTemplate[]; onSend: (t: Filled) => void; onClose: () => void }): ReactNode {
  const w = useWords();
  const [ready, setReady] = useState<Filled | null>(null);
  return (
    <Sheet title={w.templates} onClose={onClose}>
      <TemplateFields templates={templates} onChange={setReady} />
      <div className="mt-4 flex justify-end gap-2">
        <Button onPress={onClose}>{w.cancel}</Button>
        <Button look="solid" isDisabled={!ready} onPress={() => ready && onSend(ready)}>
          {w.send}
        </Button>
      </div>
    </Sheet>
  );
}
