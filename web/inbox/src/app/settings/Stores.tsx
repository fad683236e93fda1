// How each store numbers its orders.

import type { ReactNode } from "react";
import { useStores } from "../../data";
import { Trouble } from "../../ui/controls";
import { useNow } from "../../ui/hooks";
import { age, exactly } from "../../words";
import { PlaceLink } from "../PlaceLink";

export default function Stores(): ReactNode {
  const now = useNow();
  const { value: stores, loading, error } = useStores(true);
  return (
    <>
      <h1 className="text-lg font-semibold">Order numbers</h1>
      <p className="mt-1 max-w-2xl text-sm text-secondary">
        How each store numbers its orders, learned from the orders themselves. It is how a number in a message is known to be one.
      </p>
      {error ? (
        <Trouble words="The stores can't be loaded." kept={error.message} />
      ) : (
        <ul className="mt-4 flex flex-col gap-2">
          {stores.map((s) => (
            <li key={s.store} className="rounded-md bg-surface px-4 py-3">
              <p className="flex items-baseline gap-2">
                <span className="text-sm font-semibold">{s.store}</span>
                <span className="figures text-xs text-muted">
                  {s.orders.toLocaleString()} {s.orders === 1 ? "order" : "orders"}
                </span>
                {s.newestOrderAt !== "" && (
                  <span className="ms-auto text-xs text-muted" title={exactly(s.newestOrderAt)}>
                    newest {age(s.newestOrderAt, now)}
                  </span>
                )}
              </p>
              <p className="figures mt-1 text-sm select-text">{s.text || s.examples.join(", ") || "Nothing learned yet."}</p>
            </li>
          ))}
          {!loading && stores.length === 0 && (
            <li className="flex flex-col items-center gap-3 py-8 text-center text-sm text-muted">
              No shop has sent an order yet. With the first ones their numbers are learned by themselves.
              <PlaceLink to="/setup/orders" className="rounded-md px-2 py-1 text-accent-text data-[hovered]:underline">
                Bring orders from a file, or connect a shop
              </PlaceLink>
            </li>
          )}
        </ul>
      )}
    </>
  );
}
