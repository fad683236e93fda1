// Naming people in a note: a list at the "@" that is being written, and the names
// in a note that is shown.

import { useQuery } from "@tanstack/react-query";
import { Users } from "lucide-react";
import { useEffect, useId, useLayoutEffect, useRef, useState, type ReactNode, type RefObject } from "react";
import { nameable, namingAt, offered, spans, type Nameable } from "../mentions";
import { useWords } from "../mentionwords";
import { Avatar } from "../ui/controls";
import { initials } from "../words";
import { Linked } from "./MailBody";

/** Stands beside the field of a note, whose keys it takes while it offers names. */
export function Mentioning({
  conversation,
  field,
  text,
  onText,
}: {
  conversation: string;
  field: RefObject<HTMLTextAreaElement | null>;
  text: string;
  onText: (text: string) => void;
}): ReactNode {
  const w = useWords();
  const id = useId();
  const { data } = useQuery({ queryKey: ["nameable", conversation], staleTime: 60_000, queryFn: () => nameable(conversation) });
  const [caret, setCaret] = useState(-1);
  const [chosen, setChosen] = useState(0);
  const [passed, setPassed] = useState(-1); // the sign at which nobody is wanted
  const naming = caret < 0 ? null : namingAt(text, caret);
  const list = naming && naming.from !== passed ? offered(naming.part, data ?? []) : [];
  const at = Math.min(chosen, list.length - 1);

  const take = (who: Nameable): void => {
    const f = field.current;
    if (!naming || !f) return;
    const rest = text.slice(caret);
    const end = `${text.slice(0, naming.from)}@${who.name}${rest.startsWith(" ") ? "" : " "}`;
    after.current = end.length + (rest.startsWith(" ") ? 1 : 0);
    setPassed(naming.from);
    onText(end + rest);
    f.focus();
  };
  // Where the caret goes once the field holds the name.
  const after = useRef(-1);
  useLayoutEffect(() => {
    if (after.current < 0) return;
    field.current?.setSelectionRange(after.current, after.current);
    after.current = -1;
  });

  const keys = useRef<(e: KeyboardEvent) => void>(() => undefined);
  useLayoutEffect(() => {
    keys.current = (e) => {
      if (list.length === 0 || e.isComposing || e.ctrlKey || e.metaKey || e.altKey) return;
      const who = list[at];
      if (e.key === "ArrowDown") setChosen((at + 1) % list.length);
      else if (e.key === "ArrowUp") setChosen((at + list.length - 1) % list.length);
      else if ((e.key === "Enter" || e.key === "Tab") && !e.shiftKey && who) take(who);
      else if (e.key === "Escape" && naming) setPassed(naming.from);
      else return;
      e.preventDefault();
      e.stopPropagation();
    };
  });
  useEffect(() => {
    const f = field.current;
    if (!f) return undefined;
    const look = (): void => setCaret(document.activeElement === f && f.selectionStart === f.selectionEnd ? f.selectionStart : -1);
    const down = (e: KeyboardEvent): void => keys.current(e);
    const leave = (): void => setCaret(-1);
    look();
    f.addEventListener("keydown", down);
    f.addEventListener("blur", leave);
    for (const kind of ["input", "keyup", "click", "focus"]) f.addEventListener(kind, look);
    return () => {
      f.removeEventListener("keydown", down);
      f.removeEventListener("blur", leave);
      for (const kind of ["input", "keyup", "click", "focus"]) f.removeEventListener(kind, look);
    };
  }, [field]);
  const part = naming?.part;
  useEffect(() => setChosen(0), [part]);

  const open = list.length > 0;
  useEffect(() => {
    const f = field.current;
    if (!f || !open) return undefined;
    f.setAttribute("aria-autocomplete", "list");
    f.setAttribute("aria-controls", id);
    f.setAttribute("aria-activedescendant", `${id}-${at}`);
    return () => {
      for (const a of ["aria-autocomplete", "aria-controls", "aria-activedescendant"]) f.removeAttribute(a);
    };
  }, [field, id, open, at]);

  return (
    <>
      <span role="status" className="sr-only">
        {open ? w.hint(list.length) : ""}
      </span>
      {open && (
        <div
          id={id}
          role="listbox"
          aria-label={w.list}
          className="floats absolute start-3 bottom-full z-30 mb-1 max-h-72 w-72 max-w-[calc(100%-24px)] overflow-y-auto rounded-md bg-raised p-1 shadow-float max-md:static max-md:mx-3 max-md:max-h-44 max-md:w-auto"
        >
          {list.map((p, i) => (
            // The field has the focus and takes the keys.
            // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
            <div
              key={`${p.kind} ${p.id}`}
              id={`${id}-${i}`}
              role="option"
              aria-selected={i === at}
              onMouseDown={(e) => e.preventDefault()}
              onMouseMove={() => setChosen(i)}
              onClick={() => take(p)}
              className={`flex h-8 cursor-default items-center gap-2 rounded px-2 text-sm max-md:h-11 ${i === at ? "bg-selected" : ""}`}
            >
              {p.kind === "team" ? <Users size={16} strokeWidth={1.75} aria-hidden="true" className="mx-0.5 shrink-0 text-muted" /> : <Avatar name={initials(p.name)} size={20} ours />}
              <span className="min-w-0 flex-1 truncate">{p.name}</span>
              {p.kind === "team" && <span className="text-xs text-muted">{w.team}</span>}
            </div>
          ))}
        </div>
      )}
    </>
  );
}

/** A note with the names in it marked. */
export function NoteText({ text, names }: { text: string; names: readonly string[] }): ReactNode {
  const found = spans(
    text,
    names.map((name) => ({ name })),
  );
  const parts: ReactNode[] = [];
  let at = 0;
  for (const s of found) {
    if (s.from < at) continue;
    if (s.from > at) parts.push(<Linked key={at} text={text.slice(at, s.from)} />);
    parts.push(
      <mark key={s.from} className="rounded bg-violet-soft px-0.5 font-medium text-violet-text outline-1 outline-violet-line">
        {text.slice(s.from, s.to)}
      </mark>,
    );
    at = s.to;
  }
  if (at < text.length) parts.push(<Linked key={at} text={text.slice(at)} />);
  return <p className="text-base break-words whitespace-pre-wrap [overflow-wrap:anywhere]">{parts}</p>;
}
