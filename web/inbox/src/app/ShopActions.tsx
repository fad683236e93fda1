// What may be done in a shop from here, on the page of its account: what the shop
// can't be asked for stands there with the reason.

import { useId, type ReactNode } from "react";
import type { Offer } from "../accounts";
import { actionKinds, useWords } from "./shopwords";

export default function ShopActions({ withheld, offers, onChange }: { withheld: readonly string[]; offers: readonly Offer[]; onChange: (withheld: string[]) => void }): ReactNode {
  const w = useWords();
  const id = useId();
  return (
    <fieldset className="rounded-md border border-line px-4 pt-2 pb-3" aria-describedby={id}>
      <legend className="-ms-1 px-1 text-sm font-medium">{w.title}</legend>
      <p id={id} className="mb-1 text-xs text-muted">
        {w.help}
      </p>
      {actionKinds.map((kind) => {
        const off = withheld.includes(kind);
        const offer = offers.find((o) => o.kind === kind);
        return (
          <label key={kind} className="flex min-h-8 items-start gap-2 py-1 text-sm max-md:min-h-11">
            <input
              type="checkbox"
              checked={!off}
              className="mt-0.5 size-4 shrink-0 accent-(--accent)"
              onChange={(e) => onChange(e.target.checked ? withheld.filter((k) => k !== kind) : [...withheld, kind])}
            />
            <span className="min-w-0">
              {w.kinds[kind]}
              {!off && offer && !offer.offered && <span className="block text-xs text-muted">{offer.why}</span>}
            </span>
          </label>
        );
      })}
    </fieldset>
  );
}
