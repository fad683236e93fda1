// What the forms of the settings are made of.

import { useId, type ReactNode } from "react";

export const box = "h-8 rounded-md border border-line-strong bg-surface px-2 text-sm max-md:h-11";

/** A labelled line of text. */
export function Line({
  words,
  help,
  value,
  onChange,
  type = "text",
  autoComplete,
}: {
  words: string;
  help?: string;
  value: string;
  onChange: (v: string) => void;
  type?: "text" | "email" | "password";
  autoComplete?: string;
}): ReactNode {
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-sm">
        {words}
      </label>
      <input
        id={id}
        type={type}
        value={value}
        onChange={(e) => onChange(e.target.value)}
        className={`${box} w-full`}
        {...(autoComplete === undefined ? {} : { autoComplete })}
        {...(help === undefined ? {} : { "aria-describedby": `${id}-help` })}
      />
      {help !== undefined && (
        <p id={`${id}-help`} className="mt-1 text-xs text-muted">
          {help}
        </p>
      )}
    </div>
  );
}

/** Several of a set, by check boxes. */
export function Checks({
  words,
  of,
  value,
  onChange,
  empty,
}: {
  words: string;
  of: readonly { readonly id: string; readonly name: string }[];
  value: readonly string[];
  onChange: (v: string[]) => void;
  empty?: string;
}): ReactNode {
  return (
    <fieldset>
      <legend className="mb-1 text-sm">{words}</legend>
      {of.length === 0 && <p className="text-xs text-muted">{empty}</p>}
      <div className="flex flex-wrap gap-x-5">
        {of.map((o) => (
          <label key={o.id} className="flex min-h-8 items-center gap-2 text-sm max-md:min-h-11">
            <input
              type="checkbox"
              checked={value.includes(o.id)}
              onChange={(e) => onChange(e.target.checked ? [...value, o.id] : value.filter((x) => x !== o.id))}
              className="size-4 accent-(--accent)"
            />
            {o.name}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** Why it was not done. */
export function Refusal({ words }: { words: string }): ReactNode {
  return (
    <p role="alert" className="text-sm text-red-text empty:hidden">
      {words}
    </p>
  );
}
