import { ChevronRight } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import { editCustomer } from "../../relations";
import type { Customer, Fact } from "../../types";
import { Button, Chip } from "../../ui/controls";
import { date } from "../../words";
import { useWords } from "./panelwords";
import { fieldWord, sourceWord } from "./said";
import { Refusal } from "./Section";

/** What is known of them besides their addresses: whose word it is, and what others say. */
export function Profile({ customer: c }: { customer: Customer }): ReactNode {
  const w = useWords();
  const [open, setOpen] = useState(false);
  const own = new Set(c.identities.map((i) => i.value));
  const facts = c.profile.filter((f) => f.value !== "" && !(own.has(f.value) && f.others.length === 0));
  if (facts.length === 0 && c.consents.length === 0) return null;
  return (
    <div>
      {c.consents.length > 0 && (
        <ul aria-label={w.consents} className="mt-1.5 flex flex-wrap gap-1">
          {c.consents.map((x) => (
            <li key={x.purpose}>
              <Chip tone={x.granted ? "quiet" : "amber"}>{w.consent(x.purpose, x.granted)}</Chip>
            </li>
          ))}
        </ul>
      )}
      {facts.length > 0 && (
        <AriaButton
          aria-expanded={open}
          onPress={() => setOpen(!open)}
          className="mt-1 -ms-1 flex h-7 items-center gap-1 rounded px-1 text-xs text-muted data-[hovered]:text-text max-md:h-11"
        >
          <ChevronRight size={13} aria-hidden="true" className={open ? "rotate-90" : ""} />
          {w.profile}
        </AriaButton>
      )}
      {open && (
        <dl className="flex flex-col gap-2 pt-1 ps-4">
          {facts.map((f) => (
            <FactLine key={f.field} customer={c.id} fact={f} />
          ))}
        </dl>
      )}
    </div>
  );
}

function FactLine({ customer, fact: f }: { customer: string; fact: Fact }): ReactNode {
  const w = useWords();
  const [editing, setEditing] = useState(false);
  const [text, setText] = useState(f.value);
  const [refusal, setRefusal] = useState("");
  const save = (value: string): void => {
    void editCustomer(customer, f.field, value).then((words) => {
      setRefusal(words);
      if (words === "") setEditing(false);
    });
  };
  return (
    <div>
      <dt className="text-xs text-muted">
        {fieldWord(f.field)} <span>· {sourceWord(f.source)}</span>
      </dt>
      <dd className="text-sm break-words select-text">
        {editing ? (
          <form
            className="flex flex-wrap items-center gap-1 pt-1"
            onSubmit={(e) => {
              e.preventDefault();
              save(text.trim());
            }}
          >
            <input
              aria-label={fieldWord(f.field)}
              value={text}
              // eslint-disable-next-line jsx-a11y/no-autofocus -- it takes the place of the button that was pressed
              autoFocus
              onChange={(e) => setText(e.target.value)}
              onKeyDown={(e) => {
                if (e.key === "Escape") setEditing(false);
              }}
              className="h-8 min-w-0 flex-1 rounded-md border border-line-strong bg-surface px-2 text-sm"
            />
            <Button look="solid" type="submit">
              {w.save}
            </Button>
            {f.source === "agent" && (
              <Button onPress={() => save("")}>{w.takeBack}</Button>
            )}
          </form>
        ) : (
          <span className="flex items-start gap-2">
            <span className="min-w-0 flex-1">{f.value}</span>
            <Button
              className="h-6! px-1.5! text-xs text-muted"
              aria-label={w.correctField(fieldWord(f.field))}
              onPress={() => {
                setText(f.value);
                setEditing(true);
              }}
            >
              {w.correct}
            </Button>
          </span>
        )}
        {f.others.map((o) => (
          <span key={`${o.source} ${o.value}`} className="block text-xs text-muted">
            {w.also(o.value, sourceWord(o.source), date(o.at))}
          </span>
        ))}
        <Refusal words={refusal} />
      </dd>
    </div>
  );
}
