// A form that is made of a JSON Schema: the settings of a channel's accounts.
// What is needed stands in the open, the rest is folded away. A secret that is
// set shows as such and is kept until another is typed in its place.

import { X } from "lucide-react";
import { useId, useState, type ReactNode } from "react";
import { at, inTheOpen, isEmpty, isSet, type Doc, type Schema } from "../schema";
import { Button, Chip, IconButton } from "../ui/controls";
import { useWords } from "./channelwords";
import { useField, useOptions } from "./schemawords";

export const field =
  "w-full rounded-md border border-line-strong bg-surface px-2 text-sm text-text placeholder:text-muted h-8 max-md:h-11";
const area = `${field} h-auto! min-h-16 py-1.5`;

interface FieldProps<T> {
  readonly of: Schema;
  /** Where it is, after its channel: "email.imap.host". */
  readonly place: string;
  readonly name: string;
  readonly value: T;
  readonly needed: boolean;
  readonly onChange: (v: unknown) => void;
}

export function SchemaForm({
  of,
  place,
  value,
  onChange,
  depth = 0,
  asked = true,
}: {
  of: Schema;
  /** The channel, and where in its settings this stands: "email", "email.imap". */
  place: string;
  value: Doc;
  onChange: (v: Doc) => void;
  depth?: number;
  /** Whether it has to be filled in: a part that may be left out asks for nothing until something is in it. */
  asked?: boolean;
}): ReactNode {
  const w = useWords();
  // What was folded when the form opened stays where it is while it is filled in.
  const [{ open, folded }] = useState(() => {
    const parts = inTheOpen(of, value, depth);
    // A part of which nothing stands in the open was unfolded by whoever sees it.
    return depth > 0 && parts.open.length === 0 ? { open: parts.folded, folded: [] } : parts;
  });
  const show = (names: readonly string[]): ReactNode =>
    names
      .flatMap((name) => of.properties.filter(([n]) => n === name))
      .map(([name, p]) => (
        <AnyField
          key={name}
          of={p}
          place={`${place}.${name}`}
          name={name}
          depth={depth}
          value={value[name]}
          needed={asked && of.required.includes(name)}
          onChange={(v) => onChange({ ...value, [name]: v })}
        />
      ));
  return (
    <div className="flex flex-col gap-4">
      {show(open)}
      {folded.length > 0 && (
        <details className="group">
          <summary className="w-fit cursor-pointer rounded-md py-1 text-sm text-secondary max-md:py-3">{w.more}</summary>
          <div className="mt-3 flex flex-col gap-4">{show(folded)}</div>
        </details>
      )}
    </div>
  );
}

function AnyField({ depth, ...f }: FieldProps<unknown> & { depth: number }): ReactNode {
  const { of, place, value } = f;
  const said = useField(place, f.name, of);
  if (of.secret && of.type === "array") return <SecretList {...f} value={Array.isArray(value) ? value : []} />;
  if (of.secret) return <Secret {...f} />;
  if (of.properties.length > 0)
    return (
      <fieldset className="rounded-md border border-line px-4 pt-2 pb-4">
        <legend className="-ms-1 px-1 text-sm font-medium">{said.label}</legend>
        {said.help !== "" && <p className="mb-3 text-xs text-muted">{said.help}</p>}
        <SchemaForm of={of} place={place} value={at({ v: value }, "v")} onChange={f.onChange} depth={depth + 1} asked={f.needed || !isEmpty(value)} />
      </fieldset>
    );
  if (of.type === "boolean") return <Check {...f} value={value === true} />;
  if (of.options.length > 0) return <Choose {...f} value={typeof value === "string" ? value : ""} />;
  if (of.type === "array" && of.items?.type === "string") return <Lines {...f} value={Array.isArray(value) ? value : []} />;
  if (of.type === "object" && of.further?.type === "string") return <Pairs {...f} value={at({ v: value }, "v")} />;
  if (of.type === "integer" || of.type === "number") return <Figure {...f} value={typeof value === "number" ? value : null} />;
  if (of.type === "string") return <Text {...f} value={typeof value === "string" ? value : ""} />;
  return <Raw {...f} />;
}

/** A label above its control, and what it means below. */
export function Labelled({ id, words, help, needed, children }: { id: string; words: string; help?: string; needed?: boolean; children: ReactNode }): ReactNode {
  const w = useWords();
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-sm">
        {words}
        {needed === true && <span className="text-muted"> {w.needed}</span>}
      </label>
      {children}
      {help !== undefined && help !== "" && (
        <p id={`${id}-help`} className="mt-1 text-xs text-muted">
          {help}
        </p>
      )}
    </div>
  );
}

const sentences = (help: string, more: string): string => (help === "" ? more : `${help}. ${more}`);

function Text({ of, place, name, value, needed, onChange }: FieldProps<string>): ReactNode {
  const id = useId();
  const said = useField(place, name, of);
  const long = of.description.includes("PEM") || value.includes("\n");
  const common = { id, value, required: needed, "aria-describedby": `${id}-help`, spellCheck: false } as const;
  return (
    <Labelled id={id} words={said.label} help={said.help} needed={needed}>
      {long ? (
        <textarea {...common} rows={3} className={`${area} font-mono text-xs!`} onChange={(e) => onChange(e.target.value)} />
      ) : (
        <input {...common} type={of.format === "date" ? "date" : "text"} autoComplete="off" className={field} onChange={(e) => onChange(e.target.value)} />
      )}
    </Labelled>
  );
}

function Figure({ of, place, name, value, needed, onChange }: FieldProps<number | null>): ReactNode {
  const id = useId();
  const said = useField(place, name, of);
  return (
    <Labelled id={id} words={said.label} help={said.help} needed={needed}>
      <input
        id={id}
        type="number"
        inputMode="numeric"
        value={value ?? ""}
        required={needed}
        aria-describedby={`${id}-help`}
        className={`${field} figures max-w-40`}
        onChange={(e) => onChange(e.target.value === "" ? undefined : Number(e.target.value))}
      />
    </Labelled>
  );
}

function Check({ of, place, name, value, onChange }: FieldProps<boolean>): ReactNode {
  const id = useId();
  const said = useField(place, name, of);
  return (
    <div className="flex items-start gap-2">
      <input id={id} type="checkbox" checked={value} aria-describedby={`${id}-help`} className="mt-0.5 size-4 accent-(--accent)" onChange={(e) => onChange(e.target.checked)} />
      <label htmlFor={id} className="text-sm">
        {said.label}
        {said.help !== "" && (
          <span id={`${id}-help`} className="block text-xs text-muted">
            {said.help}
          </span>
        )}
      </label>
    </div>
  );
}

function Choose({ of, place, name, value, needed, onChange }: FieldProps<string>): ReactNode {
  const called = useOptions();
  const id = useId();
  const w = useWords();
  const said = useField(place, name, of);
  return (
    <Labelled id={id} words={said.label} help={said.help} needed={needed}>
      <select id={id} value={value} required={needed} aria-describedby={`${id}-help`} className={`${field} max-w-60`} onChange={(e) => onChange(e.target.value)}>
        <option value="">{needed ? w.choose : w.usual}</option>
        {of.options.map((o) => (
          <option key={o} value={o}>
            {called[o] ?? o}
          </option>
        ))}
      </select>
    </Labelled>
  );
}

function Lines({ of, place, name, value, needed, onChange }: FieldProps<readonly unknown[]>): ReactNode {
  const id = useId();
  const w = useWords();
  const said = useField(place, name, of);
  return (
    <Labelled id={id} words={said.label} help={sentences(said.help, w.oneALine)} needed={needed}>
      <LinesArea id={id} value={value.filter((v) => typeof v === "string")} onChange={onChange} needed={needed} />
    </Labelled>
  );
}

/** Texts, one a line. What is typed stays as it is typed. */
export function LinesArea({ id, value, onChange, needed = false }: { id: string; value: readonly string[]; onChange: (v: string[]) => void; needed?: boolean }): ReactNode {
  const [text, setText] = useState(value.join("\n"));
  // A value of several lines, such as a key, keeps them: the next begins after an empty line.
  const blocks = value.some((v) => v.includes("\n")) || text.includes("-----BEGIN");
  return (
    <textarea
      id={id}
      value={text}
      rows={Math.min(8, Math.max(2, text.split("\n").length))}
      required={needed}
      aria-describedby={`${id}-help`}
      spellCheck={false}
      className={area}
      onChange={(e) => {
        setText(e.target.value);
        onChange(
          e.target.value
            .split(blocks ? /(?<=-----END [A-Z ]+-----)\s*/ : "\n")
            .map((l) => l.trim())
            .filter((l) => l !== ""),
        );
      }}
    />
  );
}

function Pairs({ of, place, name, value, needed, onChange }: FieldProps<Doc>): ReactNode {
  const id = useId();
  const w = useWords();
  const said = useField(place, name, of);
  const [text, setText] = useState(
    Object.entries(value)
      .map(([k, v]) => `${k} = ${typeof v === "string" ? v : ""}`)
      .join("\n"),
  );
  return (
    <Labelled id={id} words={said.label} help={sentences(said.help, w.pairs)} needed={needed}>
      <textarea
        id={id}
        value={text}
        rows={3}
        aria-describedby={`${id}-help`}
        spellCheck={false}
        className={area}
        onChange={(e) => {
          setText(e.target.value);
          onChange(
            Object.fromEntries(
              e.target.value.split("\n").flatMap((l) => {
                const i = l.indexOf("=");
                const k = l.slice(0, i).trim();
                return i > 0 && k !== "" ? [[k, l.slice(i + 1).trim()] as const] : [];
              }),
            ),
          );
        }}
      />
    </Labelled>
  );
}

function Secret({ of, place, name, value, needed, onChange }: FieldProps<unknown>): ReactNode {
  const id = useId();
  const w = useWords();
  const said = useField(place, name, of);
  const [was] = useState(value);
  const kept = isSet(value);
  return (
    <Labelled id={id} words={said.label} help={said.help} needed={needed && !isSet(was)}>
      <div className="flex items-center gap-2">
        <input
          id={id}
          type="password"
          autoComplete="new-password"
          value={typeof value === "string" ? value : ""}
          placeholder={kept ? w.secretKept : ""}
          required={needed && !kept}
          aria-describedby={`${id}-help`}
          className={field}
          onChange={(e) => onChange(e.target.value === "" && isSet(was) ? was : e.target.value)}
        />
        {kept && !needed && <IconButton icon={X} label={w.takeAway(said.label)} onPress={() => onChange("")} />}
      </div>
    </Labelled>
  );
}

/** Secrets of which any will do: the next is added, the other side told, and the first taken away. */
function SecretList({ of, place, name, value, onChange }: FieldProps<readonly unknown[]>): ReactNode {
  const id = useId();
  const w = useWords();
  const said = useField(place, name, of);
  return (
    <div role="group" aria-labelledby={id}>
      <p id={id} className="mb-1 text-sm">
        {said.label}
      </p>
      <ul className="flex flex-col gap-2">
        {value.map((v, i) => (
          <li key={i} className="flex items-center gap-2">
            {isSet(v) ? (
              <span className="flex h-8 flex-1 items-center gap-2 rounded-md border border-line px-2 text-sm text-secondary max-md:h-11">
                {w.secret(i + 1)} <Chip>{w.set}</Chip>
              </span>
            ) : (
              <input
                type="password"
                autoComplete="new-password"
                aria-label={w.numbered(said.label, i + 1)}
                value={typeof v === "string" ? v : ""}
                className={field}
                onChange={(e) => onChange(value.map((x, j) => (j === i ? e.target.value : x)))}
              />
            )}
            <IconButton icon={X} label={w.takeSecret(i + 1)} onPress={() => onChange(value.filter((_, j) => j !== i))} />
          </li>
        ))}
      </ul>
      <Button look="outline" className={value.length > 0 ? "mt-2" : ""} onPress={() => onChange([...value, ""])}>
        {value.length === 0 ? w.addSecret : w.nextSecret}
      </Button>
      {said.help !== "" && <p className="mt-1 text-xs text-muted">{said.help}</p>}
      {value.length > 1 && <p className="mt-1 text-xs text-muted">{w.anySecret}</p>}
    </div>
  );
}

/** What no control fits. */
export function Raw({ of, place, name, value, needed, onChange }: FieldProps<unknown>): ReactNode {
  const id = useId();
  const w = useWords();
  const said = useField(place, name, of);
  const [text, setText] = useState(value === undefined ? "" : JSON.stringify(value, null, 2));
  const [wrong, setWrong] = useState(false);
  return (
    <Labelled id={id} words={said.label} help={wrong ? w.noJson : sentences(said.help, w.json)} needed={needed}>
      <textarea
        id={id}
        value={text}
        rows={4}
        aria-invalid={wrong}
        aria-describedby={`${id}-help`}
        spellCheck={false}
        className={`${area} font-mono text-xs!`}
        onChange={(e) => {
          setText(e.target.value);
          try {
            onChange(e.target.value.trim() === "" ? undefined : (JSON.parse(e.target.value) as unknown));
            setWrong(false);
          } catch {
            setWrong(true);
          }
        }}
      />
    </Labelled>
  );
}
