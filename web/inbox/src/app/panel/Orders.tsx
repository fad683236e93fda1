import { TriangleAlert } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useLinks } from "../../data";
import { useOrders, useStaleFeeds } from "../../panel";
import { linkByNumber } from "../../relations";
import type { Conversation } from "../../types";
import { Button } from "../../ui/controls";
import { useNow } from "../../ui/hooks";
import { exactly } from "../../words";
import { ago } from "../../words/ago";
import { Claimed, Dismissed } from "./Claimed";
import { OrderCard } from "./OrderCard";
import { useWords } from "./panelwords";
import { Refusal, Section } from "./Section";

/** The order that is meant first, with why; then what else it may be about; then the customer's other orders. */
export function Orders({ conversation: c, customer }: { conversation: Conversation; customer: string }): ReactNode {
  const w = useWords();
  const orders = useOrders(customer);
  const links = useLinks(c.id);
  const [all, setAll] = useState(false);
  if ((orders.loading && orders.value.length === 0) || links.loading) {
    return (
      <Section title={w.orders}>
        <div aria-hidden="true" className="skeleton h-24" />
      </Section>
    );
  }
  const trouble = orders.error ?? links.error;
  if (trouble) {
    return (
      <Section title={w.orders}>
        <p className="text-sm text-muted">{w.ordersFailed} {trouble.message}</p>
      </Section>
    );
  }
  const about = links.value.filter((l) => l.state !== "rejected");
  const placed = new Set(about.map((l) => l.orderId));
  const rest = orders.value.filter((o) => !placed.has(o.id));
  const some = all ? rest : rest.slice(0, about.length > 0 ? 1 : 3);
  return (
    <Section title={w.orders} count={orders.value.length}>
      <Stale />
      <div className="flex flex-col gap-2">
        {about.map((l) =>
          l.order === null ? (
            <Claimed key={l.claimId || l.mention || l.orderId} conversation={c} link={l} />
          ) : (
            <OrderCard key={l.orderId} conversation={c} order={l.order} link={l} open={l.meant} />
          ),
        )}
        {some.map((o, i) => (
          <OrderCard
            key={o.id}
            conversation={c}
            order={o}
            link={links.value.find((l) => l.orderId === o.id) ?? null}
            open={about.length === 0 && i === 0}
          />
        ))}
        {links.value.map((l) => l.state === "rejected" && l.claimId !== "" && <Dismissed key={l.claimId} conversation={c} link={l} />)}
        {orders.value.length === 0 && about.length === 0 && <p className="text-sm text-muted">{w.noOrders}</p>}
        <div className="flex flex-wrap items-center gap-1">
          {rest.length > some.length || all ? (
            <Button onPress={() => setAll(!all)}>{all ? w.fewer : w.showMore(rest.length - some.length)}</Button>
          ) : null}
          <ByNumber conversation={c} />
        </div>
      </div>
    </Section>
  );
}

/** That the orders are as they were a while ago. */
function Stale(): ReactNode {
  const w = useWords();
  const now = useNow();
  return useStaleFeeds().map((f) => (
    <p key={f.account} title={exactly(f.at)} className="mb-2 flex gap-2 rounded-md bg-amber-soft px-2.5 py-1.5 text-xs text-amber-text">
      <TriangleAlert size={14} strokeWidth={1.75} aria-hidden="true" className="mt-px shrink-0" />
      {w.staleOrders(ago(f.at, now), f.name)}
    </p>
  ));
}

function ByNumber({ conversation: c }: { conversation: Conversation }): ReactNode {
  const w = useWords();
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("");
  const [refusal, setRefusal] = useState("");
  if (!open) return <Button onPress={() => setOpen(true)}>{w.byNumber}</Button>;
  return (
    <form
      className="w-full"
      onSubmit={(e) => {
        e.preventDefault();
        if (text.trim() === "") return;
        void linkByNumber(c.id, text.trim()).then((words) => {
          setRefusal(words);
          if (words === "") {
            setOpen(false);
            setText("");
          }
        });
      }}
    >
      <div className="flex gap-1.5">
        <input
          aria-label={w.number}
          placeholder={w.number}
          value={text}
          // eslint-disable-next-line jsx-a11y/no-autofocus -- it takes the place of the button that was pressed
          autoFocus
          onChange={(e) => setText(e.target.value)}
          onKeyDown={(e) => {
            if (e.key === "Escape") setOpen(false);
          }}
          className="h-8 min-w-0 flex-1 rounded-md border border-line-strong bg-surface px-2 text-sm max-md:h-11"
        />
        <Button look="outline" type="submit">
          {w.link}
        </Button>
      </div>
      <Refusal words={refusal} />
    </form>
  );
}
