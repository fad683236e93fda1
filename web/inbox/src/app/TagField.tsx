// The field in which tags are typed, with the ones in use below it, and what is wrong
// with what it says.

import { useId, useLayoutEffect, useRef, useState, type ReactNode } from "react";
import { useWords } from "../listwords";
import { maxAdded, maxTag, maxTagged, tagsFor, tagsIn, withTag, wrongTag } from "../tags";
import { useTags } from "../tallies";

type Words = ReturnType<typeof useWords>;

/** Why tags can't be kept; "" when they can. has is how many a conversation would have then. */
export function tagRefusal(w: Words, text: string, added: number, has: number): string {
  const wrong = wrongTag(tagsIn(text));
  if (wrong?.why === "long") return w.tagLong(`${Array.from(wrong.tag).slice(0, 20).join("")}…`, Array.from(wrong.tag).length, maxTag);
  if (wrong) return w.tagQuote(wrong.tag);
  if (added > maxAdded) return w.tagsAdded(added, maxAdded);
  return has > maxTagged ? w.tagsMany(has, maxTagged) : "";
}

export function TagField({ label, text, refusal, onText }: { label: string; text: string; refusal: string; onText: (text: string) => void }): ReactNode {
  const w = useWords();
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [caret, setCaret] = useState(text.length);
  const [chosen, setChosen] = useState(-1);
  const known = useTags();
  const list = tagsFor(text, caret, known.map((t) => t.tag));
  const at = Math.min(chosen, list.length - 1);
  // Where the caret goes once the field holds what was taken; at first the end.
  const after = useRef(text.length);
  useLayoutEffect(() => {
    if (after.current < 0) return;
    field.current?.setSelectionRange(after.current, after.current);
    after.current = -1;
  });
  const look = (): void => setCaret(field.current?.selectionStart ?? text.length);
  const take = (tag: string): void => {
    const next = withTag(text, caret, tag);
    after.current = next.caret;
    setCaret(next.caret);
    setChosen(-1);
    onText(next.text);
  };
  const move = (to: number): void => {
    setChosen(to);
    document.getElementById(`${id}-${to}`)?.scrollIntoView({ block: "nearest" });
  };
  return (
    <>
      <label className="block text-xs text-muted">
        {label}
        <input
          ref={field}
          role="combobox"
          aria-expanded={list.length > 0}
          aria-controls={list.length > 0 ? `${id}-list` : undefined}
          aria-autocomplete="list"
          aria-activedescendant={at >= 0 ? `${id}-${at}` : undefined}
          aria-invalid={refusal !== ""}
          aria-describedby={`${id}-why`}
          autoComplete="off"
          // eslint-disable-next-line jsx-a11y/no-autofocus -- it was asked for by its key
          autoFocus
          className="mt-1 h-8 w-full rounded-md border border-line-strong bg-surface px-2 text-sm text-text max-md:h-11"
          value={text}
          maxLength={3000}
          onSelect={look}
          onChange={(e) => {
            setCaret(e.target.selectionStart ?? e.target.value.length);
            setChosen(-1);
            onText(e.target.value);
          }}
          onKeyDown={(e) => {
            const tag = list[at];
            if (e.nativeEvent.isComposing || list.length === 0) return;
            if (e.key === "ArrowDown") move((at + 1) % list.length);
            else if (e.key === "ArrowUp") move(at <= 0 ? list.length - 1 : at - 1);
            else if (e.key === "Enter" && tag !== undefined) take(tag);
            else return;
            e.preventDefault();
          }}
        />
      </label>
      <p id={`${id}-why`} role="alert" className="mt-1 text-sm text-red-text empty:hidden">
        {refusal}
      </p>
      {known.length > 0 && (
        // Its room stays, so that nothing moves as one types.
        <div className="mt-2 h-40 overflow-y-auto rounded-md border border-line p-1 max-md:h-56">
          {list.length === 0 ? (
            <p className="px-2 py-1.5 text-sm text-muted">{w.noTag}</p>
          ) : (
            <div id={`${id}-list`} role="listbox" aria-label={w.tagsUsed}>
              {list.map((t, i) => (
                // The field has the focus and takes the keys.
                // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
                <div
                  key={t}
                  id={`${id}-${i}`}
                  role="option"
                  aria-selected={i === at}
                  onMouseDown={(e) => e.preventDefault()}
                  onClick={() => take(t)}
                  className={`flex min-h-8 cursor-default items-center rounded px-2 text-sm max-md:min-h-11 ${i === at ? "bg-selected" : "hover:bg-hover"}`}
                >
                  <span className="truncate">{t}</span>
                </div>
              ))}
            </div>
          )}
        </div>
      )}
    </>
  );
}
