// The customer: who it is and how well that is known, the orders with their
// parcels, the other conversations, and what happened.

import { AtSign, CircleCheck, CircleDashed, CircleHelp, Mail, MessageCircle, Package, Phone, Shield, ShoppingBag, StickyNote, Truck, X, type LucideIcon } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Button as AriaButton, Dialog, Modal, ModalOverlay } from "react-aria-components";
import { useCustomer, useCustomerConversations, useOrders, useTimeline } from "../data";
import { href, type Place } from "../place";
import { store } from "../runtime";
import type { Conversation, Identity, Order, Proof, Shipment } from "../types";
import { Button, Chip, IconButton, Tip, Trouble } from "../ui/controls";
import { useNow } from "../ui/hooks";
import { age, date, exactly, money, orderWord, personName, proofWord, statusWord, steps, subjectOf, timelineWords, when } from "../words";
import { PlaceLink } from "./PlaceLink";
import { Resizer } from "./Resizer";

export function DockedPanel({
  conversation,
  place,
  width,
  onWidth,
}: {
  conversation: Conversation;
  place: Place;
  width: number;
  onWidth: (n: number) => void;
}): ReactNode {
  return (
    <aside aria-label="Customer" className="relative shrink-0 bg-canvas" style={{ width }}>
      <Resizer label="Width of the customer panel" value={width} min={264} max={480} onChange={onWidth} side="right" />
      <div className="h-full overflow-y-auto" tabIndex={-1}>
        <Panel conversation={conversation} place={place} />
      </div>
    </aside>
  );
}

export function PanelDrawer({
  conversation,
  place,
  isOpen,
  onOpenChange,
  full,
}: {
  conversation: Conversation;
  place: Place;
  isOpen: boolean;
  onOpenChange: (open: boolean) => void;
  full: boolean;
}): ReactNode {
  return (
    <ModalOverlay isOpen={isOpen} onOpenChange={onOpenChange} isDismissable className="fixed inset-0 z-40 bg-backdrop">
      <Modal className={`slides fixed inset-y-0 right-0 bg-canvas shadow-float ${full ? "w-full" : "w-[360px]"}`}>
        <Dialog aria-label="Customer" className="h-full overflow-y-auto outline-none!">
          {({ close }) => (
            <>
              <div className="absolute top-2 right-2 z-10">
                <IconButton icon={X} label="Close the panel" keys="Esc" onPress={close} placement="left" />
              </div>
              <Panel conversation={conversation} place={place} onNavigate={close} />
            </>
          )}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function Panel({ conversation: c, place, onNavigate }: { conversation: Conversation; place: Place; onNavigate?: () => void }): ReactNode {
  const id = c.customer.customerId;
  const { customer, error, retry } = useCustomer(id);
  const name = customer?.name || personName(c.customer);
  return (
    <div className="flex flex-col gap-6 p-4">
      <section aria-label="Who it is">
        <h2 className="pr-8 text-lg font-semibold break-words">{name}</h2>
        {customer && <p className="text-xs text-muted">Customer since {date(customer.createdAt)}</p>}
        {error ? (
          <Trouble words="The customer can't be loaded." kept={error.message} retry={retry} />
        ) : customer ? (
          <ul className="mt-2 flex flex-col">
            {customer.identities.map((i) => (
              <IdentityLine key={i.id} identity={i} />
            ))}
          </ul>
        ) : (
          <div aria-hidden="true" className="mt-3 flex flex-col gap-2">
            <div className="skeleton h-3 w-48" />
            <div className="skeleton h-3 w-36" />
          </div>
        )}
      </section>
      <Orders customer={id} />
      <Others c={c} customer={id} place={place} {...(onNavigate ? { onNavigate } : {})} />
      <Timeline c={c} customer={id} place={place} {...(onNavigate ? { onNavigate } : {})} />
    </div>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }): ReactNode {
  return (
    <section aria-label={title}>
      <h3 className="mb-2 text-xs font-medium text-muted">{title}</h3>
      {children}
    </section>
  );
}

const kinds: Record<string, { icon: LucideIcon; word: string }> = {
  email: { icon: Mail, word: "Mail" },
  phone: { icon: Phone, word: "Phone" },
  shop: { icon: ShoppingBag, word: "Shop account" },
  visitor: { icon: MessageCircle, word: "Chat" },
  social: { icon: AtSign, word: "Direct messages" },
};

const proofMark: Record<Proof, { icon: LucideIcon; word: string; tone: string }> = {
  3: { icon: Shield, word: "signed", tone: "text-green-text" },
  2: { icon: CircleCheck, word: "proven", tone: "text-green-text" },
  1: { icon: CircleHelp, word: "claimed", tone: "text-muted" },
  0: { icon: CircleDashed, word: "inferred", tone: "text-muted" },
};

function IdentityLine({ identity: i }: { identity: Identity }): ReactNode {
  const kind = kinds[i.kind] ?? { icon: AtSign, word: i.kind };
  const mark = proofMark[i.proof];
  return (
    <li className="flex h-7 items-center gap-2">
      <kind.icon size={14} strokeWidth={1.75} aria-label={kind.word} className="shrink-0 text-muted" />
      <span className="min-w-0 truncate text-sm select-text" title={i.value}>
        {i.value}
      </span>
      <Tip words={proofWord[i.proof]} placement="left">
        <AriaButton aria-label={proofWord[i.proof]} className={`ml-auto flex h-6 shrink-0 items-center gap-1 rounded px-1 text-xs ${mark.tone}`}>
          <mark.icon size={13} strokeWidth={2} aria-hidden="true" />
          {mark.word}
        </AriaButton>
      </Tip>
    </li>
  );
}

function Orders({ customer }: { customer: string }): ReactNode {
  const { orders, loading, error } = useOrders(customer);
  const [all, setAll] = useState(false);
  if (loading) {
    return (
      <Section title="Orders">
        <div aria-hidden="true" className="skeleton h-24" />
      </Section>
    );
  }
  if (error) {
    return (
      <Section title="Orders">
        <p className="text-sm text-muted">The orders can't be loaded just now. {error.message}</p>
      </Section>
    );
  }
  const shownOrders = all ? orders : orders.slice(0, 3);
  return (
    <Section title={orders.length > 1 ? `Orders · ${orders.length}` : "Orders"}>
      {orders.length === 0 ? (
        <p className="text-sm text-muted">No orders under these addresses.</p>
      ) : (
        <div className="flex flex-col gap-2">
          {shownOrders.map((o, i) => (
            <OrderCard key={o.id} order={o} open={i === 0} />
          ))}
          {orders.length > 3 && (
            <Button className="self-start" onPress={() => setAll(!all)}>
              {all ? "Show fewer" : `Show all ${orders.length}`}
            </Button>
          )}
        </div>
      )}
    </Section>
  );
}

function OrderCard({ order: o, open }: { order: Order; open: boolean }): ReactNode {
  const [expanded, setExpanded] = useState(open);
  const bad = o.status === "cancelled" || o.status === "refunded";
  return (
    <article aria-label={`Order ${o.number}`} className="rounded-md bg-surface">
      <AriaButton
        aria-expanded={expanded}
        onPress={() => setExpanded(!expanded)}
        className="flex min-h-11 w-full items-center gap-2 rounded-md px-3 py-2 text-left data-[hovered]:bg-hover"
      >
        <span className="min-w-0 flex-1">
          <span className="flex items-center gap-2">
            <span className="figures truncate text-sm font-semibold">{o.number.startsWith("#") ? o.number : `#${o.number}`}</span>
            <Chip tone={bad ? "amber" : "quiet"}>{orderWord(o.status)}</Chip>
          </span>
          <span className="block text-xs text-muted">{date(o.placedAt)}</span>
        </span>
        <span className="figures shrink-0 text-sm">{money(o.total, o.currency)}</span>
      </AriaButton>
      {expanded && (
        <div className="border-t border-line px-3 pt-2 pb-3">
          <ul>
            {o.items.map((i) => (
              <li key={`${i.sku} ${i.variant}`} className="flex gap-2 py-0.5 text-sm">
                <span className="figures w-6 shrink-0 text-muted">{i.quantity}×</span>
                <span className="min-w-0 flex-1">
                  {i.title}
                  {i.variant !== "" && <span className="text-muted"> {i.variant}</span>}
                </span>
                <span className="figures shrink-0 text-secondary">{money(i.price * i.quantity, o.currency)}</span>
              </li>
            ))}
          </ul>
          {o.shipments.map((s) => (
            <ShipmentLine key={s.tracking} shipment={s} />
          ))}
        </div>
      )}
    </article>
  );
}

function ShipmentLine({ shipment: s }: { shipment: Shipment }): ReactNode {
  const now = useNow();
  const line = steps(s.status);
  const current = line.steps.find((x) => x.current);
  return (
    <div className="mt-3">
      <p className="flex items-center gap-1.5 text-xs">
        <Truck size={13} strokeWidth={1.75} aria-hidden="true" className="shrink-0 text-muted" />
        <span className={`font-medium ${line.trouble ? "text-red-text" : ""}`}>{line.trouble ? "Trouble on the way" : (current?.word ?? orderWord(s.status))}</span>
        <span className="text-muted" title={exactly(s.at)}>
          {when(s.at, now)}
        </span>
      </p>
      <ol aria-label="Shipment" className="mt-2 flex gap-1">
        {line.steps.map((x) => (
          <li
            key={x.word}
            {...(x.current ? { "aria-current": "step" as const } : {})}
            className={`h-1 flex-1 rounded-full ${x.done ? (line.trouble && x.current ? "bg-red" : "bg-green") : "bg-line-strong"}`}
          >
            <span className="sr-only">
              {x.word}
              {x.done ? ", done" : ", to come"}
            </span>
          </li>
        ))}
      </ol>
      <p className="mt-1.5 text-xs text-muted select-text">
        {s.carrier} <span className="figures">{s.tracking}</span>
      </p>
    </div>
  );
}

function Others({ c, customer, place, onNavigate }: { c: Conversation; customer: string; place: Place; onNavigate?: () => void }): ReactNode {
  const now = useNow();
  const { conversations, more, fetchMore } = useCustomerConversations(customer);
  const others = conversations.filter((o) => o.id !== c.id);
  if (others.length === 0) return null;
  return (
    <Section title="Other conversations">
      <ul className="-mx-2" onClickCapture={() => onNavigate?.()}>
        {others.map((o) => (
          <li key={o.id}>
            <PlaceLink
              to={href({ ...place, open: String(o.number) })}
              className="flex min-h-8 items-center gap-2 rounded-md px-2 py-1 text-sm data-[hovered]:bg-hover"
            >
              <span className="min-w-0 flex-1 truncate">{subjectOf(o) || o.preview}</span>
              {o.status !== "closed" && <Chip>{statusWord[o.status]}</Chip>}
              <span className="figures shrink-0 text-xs text-muted">{age(o.lastAt, now)}</span>
            </PlaceLink>
          </li>
        ))}
      </ul>
      {more && <Button onPress={fetchMore}>Show more</Button>}
    </Section>
  );
}

const timelineIcon: Record<string, LucideIcon> = {
  message: Mail,
  note: StickyNote,
  order: Package,
  shipment: Truck,
  status: CircleCheck,
};

function Timeline({ c, customer, place, onNavigate }: { c: Conversation; customer: string; place: Place; onNavigate?: () => void }): ReactNode {
  const now = useNow();
  const { entries, more, fetchMore, loading } = useTimeline(customer, c.messageSeq);
  if (loading) return null;
  if (entries.length === 0) return null;
  return (
    <Section title="Timeline">
      <ol className="relative" onClickCapture={() => onNavigate?.()}>
        {entries.map((e, i) => {
          const Icon = timelineIcon[e.kind] ?? CircleDashed;
          const target = e.conversationId !== "" && e.conversationId !== c.id ? store.get().conversations.get(e.conversationId) : undefined;
          const words = timelineWords(e);
          const line = (
            <>
              <span className="relative flex w-4 shrink-0 justify-center self-stretch">
                {i < entries.length - 1 && <span className="absolute top-5 -bottom-1 w-px bg-line-strong" />}
                <Icon size={14} strokeWidth={1.75} aria-hidden="true" className="mt-0.5 text-muted" />
              </span>
              <span className="min-w-0 flex-1">
                <span className="flex gap-2">
                  <span className="min-w-0 flex-1 truncate text-sm">{words.title}</span>
                  <time dateTime={e.at} title={exactly(e.at)} className="figures shrink-0 text-xs text-muted">
                    {age(e.at, now)}
                  </time>
                </span>
                {words.detail !== "" && <span className="line-clamp-2 text-xs text-muted">{words.detail}</span>}
              </span>
            </>
          );
          return (
            <li key={e.id}>
              {target ? (
                <PlaceLink to={href({ ...place, open: String(target.number) })} className="-mx-2 flex gap-2.5 rounded-md px-2 py-1.5 data-[hovered]:bg-hover">
                  {line}
                </PlaceLink>
              ) : (
                <div className="flex gap-2.5 py-1.5">{line}</div>
              )}
            </li>
          );
        })}
      </ol>
      {more && (
        <Button className="mt-1" onPress={fetchMore}>
          Show earlier
        </Button>
      )}
    </Section>
  );
}
