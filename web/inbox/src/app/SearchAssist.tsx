// What the word that is being typed may become, under the field. It comes when the
// field is first used.

import type { ReactNode } from "react";
import type { Completion } from "../query";
import { useWords } from "../searchwords";

export { completions } from "../query";

export const assistId = "search-assist";
export const optionId = (i: number): string => `${assistId}-${i}`;

export function SearchAssist({
  options,
  active,
  onTake,
}: {
  options: readonly Completion[];
  active: number;
  onTake: (c: Completion) => void;
}): ReactNode {
  const w = useWords();
  return (
    <div
      id={assistId}
      role="listbox"
      aria-label={w.filters}
      className="floats absolute inset-x-0 top-9 z-30 max-h-80 overflow-y-auto rounded-md bg-raised py-1 shadow-float max-md:top-12"
    >
      {options.map((o, i) => (
        <div
          key={o.words}
          id={optionId(i)}
          role="option"
          aria-selected={i === active}
          tabIndex={-1}
          // The field keeps the focus, and says which one is meant.
          onPointerDown={(e) => {
            e.preventDefault();
            onTake(o);
          }}
          className={`flex h-8 cursor-default items-center gap-3 px-3 text-sm max-md:h-11 ${i === active ? "bg-selected" : "hover:bg-hover"}`}
        >
          <span className="font-medium">{o.words}</span>
          {o.help !== "" && <span className="ms-auto truncate ps-2 text-xs text-muted">{o.help}</span>}
        </div>
      ))}
    </div>
  );
}
