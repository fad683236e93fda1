// What is done with an order in its shop: by whom, and how it went. Fetched when
// an order is first opened.

import { useQuery } from "@tanstack/react-query";
import { useId, useState, type ReactNode } from "react";
import { api, ApiError, body } from "../../api/client";
import { useMe } from "../../data";
import * as parse from "../../parse";
import { queries } from "../../runtime";
import type { Order } from "../../types";
import { Button } from "../../ui/controls";
import { useNow } from "../../ui/hooks";
import { whyNot } from "../../whynot";
import { exactly, money, numberWord, when } from "../../words";
import { Sheet } from "../Together";
import { useWords, words as actionWords } from "./actionwords";
import { Refusal } from "./Section";

const kinds = ["refund", "cancel", "address", "resend"] as const;
type Kind = (typeof kinds)[number];

const cartKinds = ["cart_link", "cart_completed"] as const;
export type CartKind = (typeof cartKinds)[number];

export interface Action {
  readonly id: string;
  readonly kind: Kind | CartKind;
  readonly state: "sending" | "sent" | "failed" | "uncertain";
  readonly detail: string;
  readonly amount: number;
  readonly agent: string;
  readonly at: string;
}

/** What was done, and which kinds the shop can be asked for: of the rest, why not. */
export interface Actions {
  readonly items: readonly Action[];
  readonly offered: ReadonlySet<string>;
  readonly why: ReadonlyMap<string, string>;
}

export function actions(x: unknown): Actions {
  const o = parse.record(x, "actions");
  const offers = parse.list(o, "offered", (y) => {
    const f = parse.record(y, "offer");
    return { kind: parse.str(f, "kind"), offered: f["offered"] === true, why: whyNot(parse.str(f, "code"), parse.str(f, "why")) };
  });
  return {
    items: parse.list(o, "items", action),
    offered: new Set(offers.filter((f) => f.offered).map((f) => f.kind)),
    why: new Map(offers.filter((f) => !f.offered).map((f) => [f.kind, f.why])),
  };
}

function action(x: unknown): Action {
  const o = parse.record(x, "action");
  const str = (name: string): string => (typeof o[name] === "string" ? o[name] : "");
  return {
    id: str("id"),
    kind: [...kinds, ...cartKinds].find((k) => k === o["kind"]) ?? "resend",
    state: (["sending", "sent", "failed", "uncertain"] as const).find((s) => s === o["state"]) ?? "uncertain",
    detail: str("detail"),
    amount: typeof o["amount"] === "number" ? o["amount"] : 0,
    agent: str("agentName"),
    at: str("updatedAt"),
  };
}

interface Terms {
  readonly amount?: number;
  readonly lines?: { itemId: string; quantity: number }[];
  readonly restock?: boolean;
  readonly refund?: boolean;
  readonly notify?: boolean;
  readonly reason?: string;
  readonly name?: string;
  readonly phone?: string;
  readonly address?: { lines: string[]; city: string; region: string; postcode: string; country: string };
}

/** Runs a call; what went wrong comes back as words, "" means done. */
export async function attempt(what: () => Promise<unknown>): Promise<string> {
  try {
    await what();
    return "";
  } catch (e) {
    return e instanceof ApiError || e instanceof Error ? e.message : actionWords().failed;
  } finally {
    void queries.invalidateQueries({ queryKey: ["order-actions"] });
  }
}

const act = (order: string, key: string, kind: Kind, terms: Terms): Promise<string> =>
  attempt(async () => body(api.POST("/api/v1/orders/{id}/actions", { params: { path: { id: order }, header: { "Idempotency-Key": key } }, body: { kind, ...terms } })));

const say = (id: string, word: "again" | "done" | "aside"): Promise<string> =>
  attempt(async () => body(api.POST("/api/v1/actions/{id}", { params: { path: { id } }, body: { word } })));

export default function OrderActions({ order: o }: { order: Order }): ReactNode {
  const { me } = useMe();
  const w = useWords();
  const may = me !== undefined && (me.agent.role !== "agent" || me.agent.orderActions);
  const [open, setOpen] = useState<Kind | null>(null);
  const q = useQuery({
    queryKey: ["order-actions", o.id],
    queryFn: async () => actions(await body(api.GET("/api/v1/orders/{id}/actions", { params: { path: { id: o.id } } }))),
  });
  const list = q.data?.items ?? [];
  const offers = (kind: Kind): boolean => q.data?.offered.has(kind) === true;
  const busy = list.some((a) => a.state === "sending");
  const over = o.status === "cancelled" || o.status === "refunded";
  // Said where nothing can be done at all: beside what can be, it is noise in each order.
  const whys = over || kinds.some(offers) ? [] : [...new Set(kinds.map((k) => q.data?.why.get(k) ?? ""))].filter((why) => why !== "");
  return (
    <div className="mt-3">
      {list.length > 0 && (
        <ul aria-label={w.done} className="mb-2">
          {list.map((a) => (
            <Done key={a.id} action={a} order={o} may={may} />
          ))}
        </ul>
      )}
      {may &&
        whys.map((why) => (
          <p key={why} className="text-xs text-muted">
            {w.notOffered(why)}
          </p>
        ))}
      {may && kinds.some(offers) && (
        <div className="flex flex-wrap gap-1.5" role="group" aria-label={w.inShop(o.number)}>
          {offers("refund") && o.total > o.refunded && o.currency !== "" && (
            <Button look="outline" className="h-7!" isDisabled={busy} onPress={() => setOpen("refund")}>
              {w.open.refund}
            </Button>
          )}
          {!over && offers("cancel") && (
            <Button look="outline" className="h-7!" isDisabled={busy} onPress={() => setOpen("cancel")}>
              {w.open.cancel}
            </Button>
          )}
          {!over && offers("address") && (
            <Button look="outline" className="h-7!" isDisabled={busy} onPress={() => setOpen("address")}>
              {w.open.address}
            </Button>
          )}
          {offers("resend") && (
            <Button look="outline" className="h-7!" isDisabled={busy} onPress={() => setOpen("resend")}>
              {w.open.resend}
            </Button>
          )}
        </div>
      )}
      {open !== null && <Ask kind={open} order={o} onClose={() => setOpen(null)} />}
    </div>
  );
}

export function Done({ action: a, order: o, may }: { action: Action; order: Pick<Order, "currency">; may: boolean }): ReactNode {
  const now = useNow();
  const w = useWords();
  const [refusal, setRefusal] = useState("");
  const word = (it: "again" | "done" | "aside"): void => void say(a.id, it).then(setRefusal);
  const bad = a.state === "failed" || a.state === "uncertain";
  return (
    <li className="py-1 text-xs">
      <span className="font-medium">{a.kind === "refund" && a.amount > 0 ? w.refundOf(money(a.amount, o.currency)) : w.nouns[a.kind]}</span>{" "}
      <span className={bad ? "text-amber-text" : "text-secondary"}>{w.states[a.state]}</span>{" "}
      <span className="text-muted" title={exactly(a.at)}>
        {a.agent}, {when(a.at, now)}
      </span>
      {a.detail !== "" && <span className="block text-muted select-text">{a.detail}</span>}
      {may && bad && (
        <span className="mt-1 flex gap-1.5">
          <Button className="h-7!" onPress={() => word("again")}>
            {w.again}
          </Button>
          {a.state === "uncertain" && (
            <>
              <Button className="h-7!" onPress={() => word("done")}>
                {w.isDone}
              </Button>
              <Button className="h-7!" onPress={() => word("aside")}>
                {w.isNot}
              </Button>
            </>
          )}
        </span>
      )}
      <Refusal words={refusal} />
    </li>
  );
}

const field = "h-8 w-full rounded-md border border-line-strong bg-surface px-2 text-sm max-md:h-11";

function Field({ words, value, onChange, ...rest }: { words: string; value: string; onChange: (v: string) => void; inputMode?: "decimal"; maxLength?: number }): ReactNode {
  const id = useId();
  return (
    <div className="min-w-0 flex-1">
      <label htmlFor={id} className="mb-1 block text-xs text-muted">
        {words}
      </label>
      <input id={id} value={value} onChange={(e) => onChange(e.target.value)} className={field} {...rest} />
    </div>
  );
}

function Tick({ words, on, onChange }: { words: string; on: boolean; onChange: (on: boolean) => void }): ReactNode {
  return (
    <label className="flex min-h-8 items-center gap-2 text-sm max-md:min-h-11">
      <input type="checkbox" checked={on} onChange={(e) => onChange(e.target.checked)} />
      {words}
    </label>
  );
}

/** What somebody wrote as an amount, in minor units; null for what is none. */
export function minor(text: string, currency: string): number | null {
  const digits = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
  const m = /^(\d{1,12})(?:[.,](\d*))?$/.exec(text.trim());
  const fraction = m?.[2] ?? "";
  if (!m || fraction.length > digits) return null;
  return Number(`${m[1] ?? ""}${fraction.padEnd(digits, "0")}`);
}

function Ask({ kind, order: o, onClose }: { kind: Kind; order: Order; onClose: () => void }): ReactNode {
  const w = useWords();
  // The same however often it is pressed.
  const [key] = useState(() => crypto.randomUUID());
  const [how, setHow] = useState<"whole" | "items" | "amount">("whole");
  const [amount, setAmount] = useState("");
  const [taken, setTaken] = useState<ReadonlyMap<string, number>>(new Map());
  const [restock, setRestock] = useState(false);
  const [refund, setRefund] = useState(true);
  const [notify, setNotify] = useState(true);
  const [reason, setReason] = useState("");
  const recipient = o.parties.find((p) => p.role === "recipient");
  const [name, setName] = useState(recipient?.name ?? "");
  const [street, setStreet] = useState("");
  const [more, setMore] = useState("");
  const [postcode, setPostcode] = useState("");
  const [city, setCity] = useState("");
  const [region, setRegion] = useState("");
  const [country, setCountry] = useState("");
  const [refusal, setRefusal] = useState("");
  const [busy, setBusy] = useState(false);

  const left = o.total - o.refunded;
  const wanted = how === "amount" && o.currency !== "" ? minor(amount, o.currency) : null;
  // Items of one id are one line of the shop's.
  const lines = [...new Map(o.items.filter((i) => i.id !== "").map((i) => [i.id, { ...i, quantity: o.items.filter((x) => x.id === i.id).reduce((n, x) => n + x.quantity, 0) }])).values()];
  const words: Readonly<Record<Kind, string>> = {
    refund: how === "whole" ? w.go.refundAmount(money(left, o.currency)) : how === "amount" && wanted !== null ? w.go.refundAmount(money(wanted, o.currency)) : w.go.refund,
    cancel: refund ? w.go.cancelAndRefund : w.go.cancel,
    address: w.go.address,
    resend: w.go.resend,
  };

  function terms(): Terms | string {
    const why = reason.trim() === "" ? {} : { reason: reason.trim() };
    switch (kind) {
      case "refund": {
        if (how === "amount") return wanted === null || wanted === 0 ? w.noAmount(money(left, o.currency)) : { amount: wanted, notify, ...why };
        if (how === "whole") return { restock, notify, ...why };
        const chosen = [...taken].filter(([, n]) => n > 0).map(([itemId, quantity]) => ({ itemId, quantity }));
        return chosen.length === 0 ? w.noItems : { lines: chosen, restock, notify, ...why };
      }
      case "cancel":
        return { refund, restock, notify, ...why };
      case "address":
        return { name: name.trim(), address: { lines: [street.trim(), more.trim()].filter((l) => l !== ""), city: city.trim(), region: region.trim(), postcode: postcode.trim(), country: country.trim().toUpperCase() } };
      case "resend":
        return {};
    }
  }

  return (
    <Sheet title={w.titles[kind](numberWord(o.number))} onClose={onClose}>
      <form
        className="flex flex-col gap-3"
        onSubmit={(e) => {
          e.preventDefault();
          const t = terms();
          if (typeof t === "string") {
            setRefusal(t);
            return;
          }
          setBusy(true);
          void act(o.id, key, kind, t).then((said) => {
            setBusy(false);
            setRefusal(said);
            if (said === "") onClose();
          });
        }}
      >
        {kind === "refund" && (
          <>
            <fieldset className="flex flex-wrap gap-x-4">
              <legend className="sr-only">{w.howMuch}</legend>
              {(
                [
                  ["whole", w.whole(money(left, o.currency))],
                  ...(lines.length > 0 ? [["items", w.items]] : []),
                  ["amount", w.anAmount],
                ] as ["whole" | "items" | "amount", string][]
              ).map(([id, label]) => (
                <label key={id} className="flex min-h-8 items-center gap-2 text-sm max-md:min-h-11">
                  <input type="radio" name="how" checked={how === id} onChange={() => setHow(id)} />
                  {label}
                </label>
              ))}
            </fieldset>
            {how === "items" &&
              lines.map((i) => (
                <label key={i.id} className="flex items-center gap-2 text-sm">
                  <input
                    type="number"
                    min={0}
                    max={i.quantity}
                    value={taken.get(i.id) ?? 0}
                    onChange={(e) => setTaken(new Map(taken).set(i.id, Math.max(0, Math.min(i.quantity, Math.trunc(Number(e.target.value) || 0)))))}
                    className={`${field} w-16!`}
                  />
                  {w.of(i.quantity)} {i.title} {i.variant}
                </label>
              ))}
            {how === "amount" && <Field words={w.amount(o.currency)} value={amount} onChange={setAmount} inputMode="decimal" />}
          </>
        )}
        {kind === "cancel" && <Tick words={w.payBack} on={refund} onChange={setRefund} />}
        {(kind === "cancel" || (kind === "refund" && how !== "amount")) && <Tick words={w.restock} on={restock} onChange={setRestock} />}
        {(kind === "cancel" || kind === "refund") && (
          <>
            <Tick words={w.notify} on={notify} onChange={setNotify} />
            <Field words={w.reason} value={reason} onChange={setReason} maxLength={500} />
          </>
        )}
        {kind === "address" && (
          <>
            <Field words={w.name} value={name} onChange={setName} maxLength={200} />
            <Field words={w.street} value={street} onChange={setStreet} maxLength={200} />
            <Field words={w.more} value={more} onChange={setMore} maxLength={200} />
            <div className="flex gap-3 max-md:flex-col">
              <Field words={w.postcode} value={postcode} onChange={setPostcode} maxLength={20} />
              <Field words={w.city} value={city} onChange={setCity} maxLength={200} />
            </div>
            <div className="flex gap-3 max-md:flex-col">
              <Field words={w.region} value={region} onChange={setRegion} maxLength={60} />
              <Field words={w.country} value={country} onChange={setCountry} maxLength={2} />
            </div>
          </>
        )}
        {kind === "resend" && <p className="text-sm text-secondary">{w.resendDetail}</p>}
        <Refusal words={refusal} />
        <div className="flex justify-end gap-2">
          <Button onPress={onClose}>{w.leave}</Button>
          <Button type="submit" look="solid" isDisabled={busy}>
            {words[kind]}
          </Button>
        </div>
      </form>
    </Sheet>
  );
}
