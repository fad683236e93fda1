// How each store numbers its orders.

import type { ReactNode } from "react";
import { useStores } from "../../data";
import { Trouble } from "../../ui/controls";
import { useNow } from "../../ui/hooks";
import { age, exactly } from "../../words";
import { PlaceLink } from "../PlaceLink";
import { useWords } from "./customerwords";

export default function Stores(): ReactNode {
  const w = useWords();
  const now = useNow();
  const { value: stores, loading, error } = useStores(true);
  return (
    <>
      <h1 className="text-lg font-semibold">{w.stores}</h1>
      <p className="mt-1 max-w-2xl text-sm text-secondary">
        {w.storesLead}
      </p>
      {error ? (
        <Trouble words={w.storesFailed} kept={error.message} />
      ) : (
        <ul className="mt-4 flex flex-col gap-2">
          {stores.map((s) => (
            <li key={s.store} className="rounded-md bg-surface px-4 py-3">
              <p className="flex items-baseline gap-2">
                <span className="text-sm font-semibold">{s.store}</span>
                <span className="figures text-xs text-muted">{w.orders(s.orders)}</span>
                {s.newestOrderAt !== "" && (
                  <span className="ms-auto text-xs text-muted" title={exactly(s.newestOrderAt)}>
                    {w.newest(age(s.newestOrderAt, now))}
                  </span>
                )}
              </p>
              <p className="figures mt-1 text-sm select-text">{w.grammar(s.text) || s.examples.join(", ") || w.nothingLearned}</p>
            </li>
          ))}
          {!loading && stores.length === 0 && (
            <li className="flex flex-col items-center gap-3 py-8 text-center text-sm text-muted">
              {w.noStores}
              <PlaceLink to="/setup/orders" className="rounded-md px-2 py-1 text-accent-text data-[hovered]:underline">
                {w.bring}
              </PlaceLink>
            </li>
          )}
        </ul>
      )}
    </>
  );
}
