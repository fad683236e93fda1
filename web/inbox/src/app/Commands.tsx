// Opens the command bar, from wherever the agent is and whatever is being written.

import { Suspense, useEffect, useState, type ReactNode } from "react";
import { press } from "../keys";
import { lazy } from "../ui/later";

const CommandBar = lazy(() => import("./CommandBar"));

export function Commands(): ReactNode {
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const onKey = (e: KeyboardEvent): void => {
      if (e.defaultPrevented || e.isComposing || press(null, e, 0).command !== "commands") return;
      e.preventDefault();
      // Over another dialog it would act on what that one hides.
      if (document.querySelector("[role='dialog']:not([data-exiting] *)") === null) setOpen(true);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return (
    open && (
      <Suspense>
        <CommandBar onClose={() => setOpen(false)} />
      </Suspense>
    )
  );
}
