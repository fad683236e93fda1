import { BadgePercent, Heart, ShoppingCart } from "lucide-react";
import { Suspense, type ReactNode } from "react";
import { useShelf } from "../../panel";
import type { Cart } from "../../types";
import { Chip } from "../../ui/controls";
import { useNow } from "../../ui/hooks";
import { lazy } from "../../ui/later";
import { age, exactly, money } from "../../words";
import { figure } from "../../words/figures";
import { useWords } from "./panelwords";
import { orderWord } from "./said";
import { Section } from "./Section";

const CartActions = lazy(() => import("./CartActions"));

/** What they have in the shop beside orders: cart, saved items, points, the pages that they saw last. */
export function Shop({ customer, conversation }: { customer: string; conversation: string }): ReactNode {
  const { carts, saved, loyalty, pages } = useShelf(customer);
  const now = useNow();
  const w = useWords();
  const cart = carts.find((c) => c.status !== "completed" && c.items.length > 0);
  const points = loyalty.balances.filter((b) => b.points !== 0);
  if (!cart && saved.length === 0 && points.length === 0 && pages.length === 0) return null;
  return (
    <>
      {(cart || saved.length > 0 || points.length > 0) && (
        <Section title={w.inShop}>
          <div className="flex flex-col gap-2">
            {cart && <CartCard cart={cart} conversation={conversation} />}
            {saved.length > 0 && (
              <p className="flex items-start gap-1.5 text-sm">
                <Heart size={14} strokeWidth={1.75} aria-hidden="true" className="mt-0.5 shrink-0 text-muted" />
                <span className="min-w-0">
                  <span className="text-muted">{w.saved} </span>
                  {saved.map((s) => s.title || s.sku).join(", ")}
                </span>
              </p>
            )}
            {points.map((b) => (
              <p key={b.store} className="flex items-center gap-1.5 text-sm">
                <BadgePercent size={14} strokeWidth={1.75} aria-hidden="true" className="shrink-0 text-muted" />
                <span className="figures">{figure(b.points)}</span>
                <span className="text-muted">{points.length > 1 ? w.pointsAt(b.store) : w.points(b.points)}</span>
              </p>
            ))}
          </div>
        </Section>
      )}
      {pages.length > 0 && (
        <Section title={w.lastPages}>
          <ul>
            {pages.slice(0, 5).map((p) => (
              <li key={p.id} className="flex h-7 items-center gap-2 text-sm">
                {p.url === "" ? (
                  <span className="min-w-0 flex-1 truncate">{p.title}</span>
                ) : (
                  <a href={p.url} target="_blank" rel="noreferrer noopener" className="min-w-0 flex-1 truncate hover:underline" title={p.url}>
                    {p.title || p.url}
                  </a>
                )}
                <time dateTime={p.at} title={exactly(p.at)} className="figures shrink-0 text-xs text-muted">
                  {age(p.at, now)}
                </time>
              </li>
            ))}
          </ul>
        </Section>
      )}
    </>
  );
}

function CartCard({ cart: c, conversation }: { cart: Cart; conversation: string }): ReactNode {
  const now = useNow();
  const w = useWords();
  return (
    <article aria-label={w.cart} className="rounded-md bg-surface px-3 py-2">
      <p className="flex items-center gap-2">
        <ShoppingCart size={14} strokeWidth={1.75} aria-hidden="true" className="shrink-0 text-muted" />
        <span className="text-sm font-semibold">{w.cart}</span>
        {c.status !== "open" && <Chip>{orderWord(c.status)}</Chip>}
        <span className="ms-auto text-xs text-muted" title={exactly(c.updatedAt)}>
          {age(c.updatedAt, now)}
        </span>
        <span className="figures text-sm">{money(c.total, c.currency)}</span>
      </p>
      <ul className="mt-1">
        {c.items.map((i, n) => (
          <li key={`${i.sku} ${n}`} className="flex gap-2 py-0.5 text-sm">
            <span className="figures w-6 shrink-0 text-muted">{i.quantity}×</span>
            <span className="min-w-0 flex-1">
              {i.title}
              {i.variant !== "" && <span className="text-muted"> {i.variant}</span>}
            </span>
          </li>
        ))}
      </ul>
      <Suspense fallback={null}>
        <CartActions cart={c} conversation={conversation} />
      </Suspense>
    </article>
  );
}
