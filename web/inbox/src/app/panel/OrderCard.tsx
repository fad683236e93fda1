import { Ban, Ellipsis, ExternalLink, Link2, Reply, RotateCcw, Truck, Undo2 } from "lucide-react";
import { Suspense, useState, type ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import { useStock } from "../../data";
import { judgeOrder, type Verdict } from "../../relations";
import type { Conversation, Order, OrderLink, Shipment } from "../../types";
import { Button, Chip, MenuButton, type Choice } from "../../ui/controls";
import { useNow } from "../../ui/hooks";
import { lazy } from "../../ui/later";
import { date, exactly, money, numberWord, when } from "../../words";
import { useWords } from "./panelwords";
import { reason } from "./reasonwords";
import { linkWords, orderWord, steps } from "./said";
import { Refusal } from "./Section";

const OrderActions = lazy(() => import("./OrderActions"));

/** An order: what it is to the conversation, what is in it, and where it is. */
export function OrderCard({
  conversation: c,
  order: o,
  link,
  open,
}: {
  conversation: Conversation;
  order: Order;
  /** What it is to the conversation; null for another of the customer's orders. */
  link: OrderLink | null;
  open: boolean;
}): ReactNode {
  const w = useWords();
  const [expanded, setExpanded] = useState(open);
  const [refusal, setRefusal] = useState("");
  const bad = o.status === "cancelled" || o.status === "refunded";
  const judge = (verdict: Verdict): void => void judgeOrder(c.id, o, verdict).then(setRefusal);
  const about = link !== null && link.state !== "rejected";
  const words = link ? linkWords(link) : null;
  const choices: Choice[] = [
    ...(link?.meant === true && link.state === "linked" ? [] : [{ id: "linked", words: w.thisOne, icon: Link2 }]),
    ...(link?.state === "rejected" ? [{ id: "none", words: w.maybeAfterAll, icon: RotateCcw }] : []),
    ...(about ? [{ id: "rejected", words: w.notThisOrder, icon: Ban }] : []),
    ...(link?.meant === true ? [{ id: "items", words: w.putItems, icon: Reply }] : []),
    ...(link?.meant === true && o.shipments.some((s) => s.tracking !== "") ? [{ id: "tracking", words: w.putTracking, icon: Truck }] : []),
    ...(o.url === "" ? [] : [{ id: "shop", words: w.openInShop, icon: ExternalLink }]),
  ];
  return (
    <article
      aria-label={link?.meant === true ? w.meantOrder(o.number) : w.order(o.number)}
      className={`rounded-md bg-surface ${link?.meant === true ? "shadow-[inset_3px_0_0_var(--accent)]" : ""}`}
    >
      <div className="flex items-center">
        <AriaButton
          aria-expanded={expanded}
          onPress={() => setExpanded(!expanded)}
          className="flex min-h-11 min-w-0 flex-1 items-center gap-2 rounded-md py-2 ps-3 text-start data-[hovered]:bg-hover"
        >
          <span className="min-w-0 flex-1">
            <span className="flex items-center gap-2">
              <span className="figures truncate text-sm font-semibold">{numberWord(o.number)}</span>
              <Chip tone={bad ? "amber" : "quiet"}>{orderWord(o.status)}</Chip>
            </span>
            <span className="block text-xs text-muted">{date(o.placedAt)}</span>
          </span>
          <span className="figures shrink-0 text-sm">{money(o.total, o.currency)}</span>
        </AriaButton>
        <MenuButton
          label={w.order(o.number)}
          choices={choices}
          onChoose={(id) => {
            if (id === "shop") window.open(o.url, "_blank", "noopener");
            else if (id === "items" || id === "tracking") void import("../../cards").then((k) => k.putCard(c.id, o, id)).then(setRefusal);
            else judge(id as Verdict);
          }}
        >
          <Button aria-label={w.more(o.number)} className="me-1 w-8 justify-center px-0!">
            <Ellipsis size={16} aria-hidden="true" />
          </Button>
        </MenuButton>
      </div>
      {about && words && (
        <div className="px-3 pb-2">
          <p className={`text-xs ${words.tone === "amber" ? "text-amber-text" : "text-secondary"}`}>
            {words.lead}
            {link.text !== "" && <span className="text-muted"> {reason(link.text)}</span>}
          </p>
          {link.state === "suggested" && (
            <div className="mt-2 flex gap-1.5">
              <Button look="outline" className="h-7!" onPress={() => judge("linked")}>
                {w.thisOne}
              </Button>
              <Button className="h-7!" onPress={() => judge("rejected")}>
                {w.notThis}
              </Button>
            </div>
          )}
        </div>
      )}
      <div className="px-3">
        <Refusal words={refusal} />
      </div>
      {expanded && <Contents order={o} />}
    </article>
  );
}

function Contents({ order: o }: { order: Order }): ReactNode {
  const w = useWords();
  const now = useNow();
  const stock = useStock(o.store, o.items.map((i) => i.sku).filter((s) => s !== ""));
  const recipient = o.parties.find((p) => p.role === "recipient");
  const extras: [string, number][] = [
    [w.shipping, o.shipping],
    [w.tax, o.tax],
    [w.discount, -o.discount],
  ];
  return (
    <div className="border-t border-line px-3 pt-2 pb-3">
      <ul>
        {o.items.map((i, n) => {
          const p = stock.get(i.sku);
          return (
            <li key={`${i.sku} ${i.variant} ${n}`} className="flex gap-2 py-0.5 text-sm">
              <span className="figures w-6 shrink-0 text-muted">{i.quantity}×</span>
              <span className="min-w-0 flex-1">
                {i.title}
                {i.variant !== "" && <span className="text-muted"> {i.variant}</span>}
                {p && p.stock !== null && (
                  <span className={`block text-xs ${p.stock > 0 ? "text-muted" : "text-amber-text"}`} title={w.asOf(exactly(p.stockAt))}>
                    {p.stock > 0 ? w.inStock(p.stock) : w.outOfStock}
                  </span>
                )}
              </span>
              <span className="figures shrink-0 text-secondary">{money(i.price * i.quantity, o.currency)}</span>
            </li>
          );
        })}
        {extras
          .filter(([, n]) => n !== 0)
          .map(([words, n]) => (
            <li key={words} className="flex gap-2 py-0.5 text-xs text-muted">
              <span className="min-w-0 flex-1 ps-8">{words}</span>
              <span className="figures shrink-0">{money(n, o.currency)}</span>
            </li>
          ))}
      </ul>
      {o.financialStatus !== "" && <p className="mt-1.5 text-xs text-muted">{w.payment(orderWord(o.financialStatus))}</p>}
      {recipient && (recipient.name !== "" || recipient.address !== "") && (
        <p className="mt-1.5 text-xs text-muted select-text">
          {w.to([recipient.name, recipient.address].filter((x) => x !== "").join(", "))}
        </p>
      )}
      {o.shipments.map((s, i) => (
        <ShipmentLine key={s.tracking || i} shipment={s} />
      ))}
      {[...o.refunds.map((r) => ({ ...r, words: w.refunded(money(r.amount, o.currency)) })), ...o.returns.map((r) => ({ ...r, words: w.returned(orderWord(r.status)) }))].map(
        (r) => (
          <p key={`${r.words} ${r.id}`} className="mt-2 flex gap-1.5 text-xs">
            <Undo2 size={13} strokeWidth={1.75} aria-hidden="true" className="mt-0.5 shrink-0 text-muted" />
            <span className="min-w-0">
              <span className="font-medium">{r.words}</span>{" "}
              <span className="text-muted" title={exactly(r.at)}>
                {r.reason !== "" && `${r.reason}, `}
                {when(r.at, now)}
              </span>
            </span>
          </p>
        ),
      )}
      <Suspense fallback={<div className="mt-3" />}>
        <OrderActions order={o} />
      </Suspense>
    </div>
  );
}

function ShipmentLine({ shipment: s }: { shipment: Shipment }): ReactNode {
  const w = useWords();
  const now = useNow();
  const line = steps(s.status);
  const current = line.steps.find((x) => x.current);
  const last = s.events.at(-1);
  return (
    <div className="mt-3">
      <p className="flex items-center gap-1.5 text-xs">
        <Truck size={13} strokeWidth={1.75} aria-hidden="true" className="shrink-0 text-muted" />
        <span className={`font-medium ${line.trouble ? "text-red-text" : ""}`}>{line.trouble ? w.trouble : (current?.word ?? orderWord(s.status))}</span>
        <span className="text-muted" title={exactly(s.at)}>
          {when(s.at, now)}
        </span>
      </p>
      <ol aria-label={w.shipment} className="mt-2 flex gap-1">
        {line.steps.map((x) => (
          <li
            key={x.word}
            {...(x.current ? { "aria-current": "step" as const } : {})}
            className={`h-1 flex-1 rounded-full ${x.done ? (line.trouble && x.current ? "bg-red" : "bg-green") : "bg-line-strong"}`}
          >
            <span className="sr-only">{x.done ? w.stepDone(x.word) : w.stepToCome(x.word)}</span>
          </li>
        ))}
      </ol>
      {last && (last.text !== "" || last.place !== "") && (
        <p className="mt-1.5 text-xs text-secondary">{[last.text, last.place].filter((x) => x !== "").join(" · ")}</p>
      )}
      <p className="mt-1.5 text-xs text-muted select-text">
        {s.carrier}{" "}
        {s.url === "" ? (
          <span className="figures">{s.tracking}</span>
        ) : (
          <a href={s.url} target="_blank" rel="noreferrer noopener" className="figures text-accent-text underline underline-offset-2">
            {s.tracking}
          </a>
        )}
      </p>
    </div>
  );
}
