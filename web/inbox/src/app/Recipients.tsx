import { useEffect, useId, useRef, useState, type ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import { useWords } from "../composerwords";
import { parseParties, showParties } from "../recipients";
import type { Party } from "../types";
import { partyName } from "../words";

/** Who the reply goes to, always in sight; a press makes it two fields. */
export function Recipients({
  to,
  cc,
  bcc,
  onChange,
}: {
  to: readonly Party[];
  cc: readonly Party[];
  bcc: readonly Party[];
  /** `bad` is what was typed and is no address: nothing may leave while there is any. */
  onChange: (r: { to?: readonly Party[]; cc?: readonly Party[]; bcc?: readonly Party[] }, bad: readonly string[]) => void;
}): ReactNode {
  const w = useWords();
  const [editing, setEditing] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const returning = useRef(false);
  const done = (): void => {
    returning.current = true;
    setEditing(false);
  };
  useEffect(() => {
    if (editing || !returning.current) return;
    returning.current = false;
    button.current?.focus();
  }, [editing]);
  if (!editing) {
    return (
      <AriaButton
        ref={button}
        aria-label={w.recipients(showParties(to), showParties(cc), showParties(bcc))}
        onPress={() => setEditing(true)}
        className="mx-3 flex h-7 min-w-0 shrink-0 items-center rounded-md px-1 text-start text-xs text-muted data-[hovered]:bg-hover max-md:h-11"
      >
        <span className="min-w-0 truncate">
          {w.inTo} {to.length === 0 && <span className="text-red-text">{w.nobodyYet}</span>}
          {to.map((p, i) => (
            <span key={p.address}>
              {i > 0 && ", "}
              <span className="text-text">{partyName(p)}</span>
              {p.name !== "" && p.name !== p.address && ` ${p.address}`}
            </span>
          ))}
          {cc.length > 0 && (
            <>
              {w.inCc}
              <span className="text-text">{cc.map(partyName).join(", ")}</span>
            </>
          )}
          {bcc.length > 0 && (
            <>
              {w.inBcc}
              <span className="text-text">{bcc.map(partyName).join(", ")}</span>
            </>
          )}
        </span>
      </AriaButton>
    );
  }
  return (
    <div className="flex shrink-0 flex-col gap-1 px-4 py-1">
      {/* eslint-disable-next-line jsx-a11y/no-autofocus -- it takes the place of the button that was pressed */}
      <PartyField label={w.to} parties={to} autoFocus onChange={(p, bad) => onChange({ to: p }, bad)} onDone={done} />
      <PartyField label={w.cc} parties={cc} onChange={(p, bad) => onChange({ cc: p }, bad)} onDone={done} />
      <PartyField label={w.bcc} parties={bcc} onChange={(p, bad) => onChange({ bcc: p }, bad)} onDone={done} />
    </div>
  );
}

function PartyField({
  label,
  parties,
  autoFocus = false,
  onChange,
  onDone,
}: {
  label: string;
  parties: readonly Party[];
  autoFocus?: boolean;
  onChange: (p: readonly Party[], bad: readonly string[]) => void;
  onDone: () => void;
}): ReactNode {
  const w = useWords();
  const id = useId();
  const [text, setText] = useState(() => showParties(parties));
  const [bad, setBad] = useState<readonly string[]>([]);
  const take = (): boolean => {
    const got = parseParties(text);
    setBad(got.bad);
    onChange(got.parties, got.bad);
    return got.bad.length === 0;
  };
  return (
    <div>
      <div className="flex items-center gap-2">
        <label htmlFor={id} className="w-6 text-xs text-muted">
          {label}
        </label>
        <input
          id={id}
          value={text}
          // eslint-disable-next-line jsx-a11y/no-autofocus
          autoFocus={autoFocus}
          inputMode="email"
          autoComplete="off"
          spellCheck={false}
          aria-invalid={bad.length > 0}
          aria-describedby={`${id}-bad`}
          placeholder={w.example}
          className="h-7 min-w-0 flex-1 rounded border-b border-line bg-transparent px-1 text-sm text-text placeholder:text-muted max-md:h-11"
          onChange={(e) => setText(e.target.value)}
          onBlur={take}
          onKeyDown={(e) => {
            if (e.key !== "Enter") return;
            // Sending from here would send to what stood there before: the next press sends.
            e.preventDefault();
            e.stopPropagation();
            if (take()) onDone();
          }}
        />
      </div>
      <p id={`${id}-bad`} role="alert" className="ps-7 text-xs text-red-text empty:hidden">
        {bad.length > 0 ? w.noAddress(bad.join(", ")) : ""}
      </p>
    </div>
  );
}
