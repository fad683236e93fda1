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
import { exactly, money, numberWord, when } from "../../words";
import { Sheet } from "../Together";
import { Refusal } from "./Section";

const kinds = ["refund", "cancel", "address", "resend"] as const;
type Kind = (typeof kinds)[number];

interface Action {
  readonly id: string;
  readonly kind: Kind;
  readonly state: "sending" | "sent" | "failed" | "uncertain";
  readonly detail: string;
  readonly amount: number;
  readonly agent: string;
  readonly at: string;
}

function action(x: unknown): Action {
  const o = parse.record(x, "action");
  const str = (name: string): string => (typeof o[name] === "string" ? o[name] : "");
  return {
    id: str("id"),
    kind: kinds.find((k) => k === o["kind"]) ?? "resend",
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
async function attempt(what: () => Promise<unknown>): Promise<string> {
  try {
    await what();
    return "";
  } catch (e) {
    return e instanceof ApiError || e instanceof Error ? e.message : "It could not be done.";
  } finally {
    void queries.invalidateQueries({ queryKey: ["order-actions"] });
  }
}

const act = (order: string, key: string, kind: Kind, terms: Terms): Promise<string> =>
  attempt(async () => body(api.POST("/api/v1/orders/{id}/actions", { params: { path: { id: order }, header: { "Idempotency-Key": key } }, body: { kind, ...terms } })));

const say = (id: string, word: "again" | "done" | "aside"): Promise<string> =>
  attempt(async () => body(api.POST("/api/v1/actions/{id}", { params: { path: { id } }, body: { word } })));

const nouns: Readonly<Record<Kind, string>> = { refund: "Refund", cancel: "Cancellation", address: "New address", resend: "Confirmation" };
const states: Readonly<Record<Action["state"], string>> = {
  sending: "asked of the shop",
  sent: "done",
  failed: "not done",
  uncertain: "may be done or not: look in the shop",
};

export default function OrderActions({ order: o }: { order: Order }): ReactNode {
  const { me } = useMe();
  const may = me !== undefined && (me.agent.role !== "agent" || me.agent.orderActions);
  const [open, setOpen] = useState<Kind | null>(null);
  const q = useQuery({
    queryKey: ["order-actions", o.id],
    queryFn: async () => parse.page(await body(api.GET("/api/v1/orders/{id}/actions", { params: { path: { id: o.id } } })), action).items,
  });
  const list = q.data ?? [];
  const busy = list.some((a) => a.state === "sending");
  const over = o.status === "cancelled" || o.status === "refunded";
  return (
    <div className="mt-3">
      {list.length > 0 && (
        <ul aria-label="Done in the shop" className="mb-2">
          {list.map((a) => (
            <Done key={a.id} action={a} order={o} may={may} />
          ))}
        </ul>
      )}
      {may && (
        <div className="flex flex-wrap gap-1.5" role="group" aria-label={`In the shop: order ${o.number}`}>
          {o.total > o.refunded && o.currency !== "" && (
            <Button look="outline" className="h-7!" isDisabled={busy} onPress={() => setOpen("refund")}>
              Refund…
            </Button>
          )}
          {!over && (
            <>
              <Button look="outline" className="h-7!" isDisabled={busy} onPress={() => setOpen("cancel")}>
                Cancel…
              </Button>
              <Button look="outline" className="h-7!" isDisabled={busy} onPress={() => setOpen("address")}>
                Address…
              </Button>
            </>
          )}
          <Button look="outline" className="h-7!" isDisabled={busy} onPress={() => setOpen("resend")}>
            Send confirmation…
          </Button>
        </div>
      )}
      {open !== null && <Ask kind={open} order={o} onClose={() => setOpen(null)} />}
    </div>
  );
}

function Done({ action: a, order: o, may }: { action: Action; order: Order; may: boolean }): ReactNode {
  const now = useNow();
  const [refusal, setRefusal] = useState("");
  const word = (w: "again" | "done" | "aside"): void => void say(a.id, w).then(setRefusal);
  const bad = a.state === "failed" || a.state === "uncertain";
  return (
    <li className="py-1 text-xs">
      <span className="font-medium">
        {nouns[a.kind]}
        {a.kind === "refund" && a.amount > 0 && ` of ${money(a.amount, o.currency)}`}
      </span>{" "}
      <span className={bad ? "text-amber-text" : "text-secondary"}>{states[a.state]}</span>{" "}
      <span className="text-muted" title={exactly(a.at)}>
        {a.agent}, {when(a.at, now)}
      </span>
      {a.detail !== "" && <span className="block text-muted select-text">{a.detail}</span>}
      {may && bad && (
        <span className="mt-1 flex gap-1.5">
          <Button className="h-7!" onPress={() => word("again")}>
            Try again
          </Button>
          {a.state === "uncertain" && (
            <>
              <Button className="h-7!" onPress={() => word("done")}>
                It is done
              </Button>
              <Button className="h-7!" onPress={() => word("aside")}>
                It is not
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

const titles: Readonly<Record<Kind, string>> = {
  refund: "Refund",
  cancel: "Cancel",
  address: "Change the address of",
  resend: "Send the confirmation of",
};

function Ask({ kind, order: o, onClose }: { kind: Kind; order: Order; onClose: () => void }): ReactNode {
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
    refund: how === "whole" ? `Refund ${money(left, o.currency)}` : how === "amount" && wanted !== null ? `Refund ${money(wanted, o.currency)}` : "Refund",
    cancel: refund ? "Cancel and refund" : "Cancel the order",
    address: "Change the address",
    resend: "Send it",
  };

  function terms(): Terms | string {
    const why = reason.trim() === "" ? {} : { reason: reason.trim() };
    switch (kind) {
      case "refund": {
        if (how === "amount") return wanted === null || wanted === 0 ? `Write an amount such as ${money(left, o.currency)}.` : { amount: wanted, notify, ...why };
        if (how === "whole") return { restock, notify, ...why };
        const chosen = [...taken].filter(([, n]) => n > 0).map(([itemId, quantity]) => ({ itemId, quantity }));
        return chosen.length === 0 ? "Choose what is refunded." : { lines: chosen, restock, notify, ...why };
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
    <Sheet title={`${titles[kind]} order ${numberWord(o.number)}`} onClose={onClose}>
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
              <legend className="sr-only">How much</legend>
              {(
                [
                  ["whole", `All that is left, ${money(left, o.currency)}`],
                  ...(lines.length > 0 ? [["items", "Some items"]] : []),
                  ["amount", "An amount"],
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
                  of {i.quantity} {i.title} {i.variant}
                </label>
              ))}
            {how === "amount" && <Field words={`Amount, ${o.currency}`} value={amount} onChange={setAmount} inputMode="decimal" />}
          </>
        )}
        {kind === "cancel" && <Tick words="Pay back what was paid" on={refund} onChange={setRefund} />}
        {(kind === "cancel" || (kind === "refund" && how !== "amount")) && <Tick words="The goods go back on the shelf" on={restock} onChange={setRestock} />}
        {(kind === "cancel" || kind === "refund") && (
          <>
            <Tick words="The shop tells the customer" on={notify} onChange={setNotify} />
            <Field words="Reason, kept in the shop" value={reason} onChange={setReason} maxLength={500} />
          </>
        )}
        {kind === "address" && (
          <>
            <Field words="Name" value={name} onChange={setName} maxLength={200} />
            <Field words="Street and number" value={street} onChange={setStreet} maxLength={200} />
            <Field words="More, if needed" value={more} onChange={setMore} maxLength={200} />
            <div className="flex gap-3 max-md:flex-col">
              <Field words="Post code" value={postcode} onChange={setPostcode} maxLength={20} />
              <Field words="City" value={city} onChange={setCity} maxLength={200} />
            </div>
            <div className="flex gap-3 max-md:flex-col">
              <Field words="State or region" value={region} onChange={setRegion} maxLength={60} />
              <Field words="Country, two letters such as AT" value={country} onChange={setCountry} maxLength={2} />
            </div>
          </>
        )}
        {kind === "resend" && <p className="text-sm text-secondary">The shop mails the customer the order's details once more.</p>}
        <Refusal words={refusal} />
        <div className="flex justify-end gap-2">
          <Button onPress={onClose}>Leave it</Button>
          <Button type="submit" look="solid" isDisabled={busy}>
            {words[kind]}
          </Button>
        </div>
      </form>
    </Sheet>
  );
}
