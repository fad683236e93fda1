// Orders from a file: looked at first, then taken in; or a shop that sends them.

import { useId, useState, type ReactNode } from "react";
import { makeAccount } from "../../accounts";
import { saidOf, sendOrders, type OrderFile, type Setup } from "../../setup";
import type { Me } from "../../types";
import { Button } from "../../ui/controls";
import { date, money } from "../../words";
import { PlaceLink } from "../PlaceLink";
import { field, Labelled } from "../SchemaForm";
import { Done, Refusal } from "./parts";
import { words } from "./words";

// What a file of orders belongs to where there is no shop yet: one that takes
// nothing by itself until somebody tells its secret to the shop.
async function makeShop(me: Me, currency: string): Promise<string> {
  const secret = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(24))));
  return makeAccount({
    id: "shop",
    channel: "shop",
    inboxId: me.inboxes.find((i) => !i.archived)?.id ?? "",
    name: "Shop",
    address: "",
    also: [],
    maxProof: 3,
    kinds: [],
    region: "",
    plusAddress: false,
    paused: false,
    settings: { provider: "webhook", secrets: [`whsec_${secret}`], ...(currency === "" ? {} : { currency }) },
    version: 0,
  });
}

export function Orders({ me, setup }: { me: Me; setup: Setup }): ReactNode {
  const w = words().orders;
  const [file, setFile] = useState<File | null>(null);
  const [found, setFound] = useState<OrderFile | null>(null);
  const [busy, setBusy] = useState<"" | "reading" | "taking">("");
  const [taken, setTaken] = useState(-1);
  const [currency, setCurrency] = useState("");
  const [refusal, setRefusal] = useState("");
  const [made, setMade] = useState(false); // the shop that it is looked at for
  const ids = { file: useId(), currency: useId() };

  const attempt = async (f: File, dry: boolean): Promise<void> => {
    setBusy(dry ? "reading" : "taking");
    setRefusal("");
    try {
      if (setup.shop === "" && !made) {
        const said = await makeShop(me, currency);
        if (said !== "") throw new Error(said);
        setMade(true);
      }
      const answer = await sendOrders(setup.shop === "" ? "shop" : setup.shop, f, dry);
      setFound(dry ? answer : null);
      if (!dry) {
        setTaken(answer.orders);
        setFile(null);
      }
    } catch (e) {
      setFound(null);
      setRefusal(saidOf(e));
    } finally {
      setBusy("");
    }
  };
  return (
    <div className="flex flex-col gap-4">
      {setup.orders > 0 && <Done words={w.have(setup.orders)} />}
      {taken >= 0 && <Done words={w.taken(taken)} />}
      {setup.shop === "" && !made && (
        <Labelled id={ids.currency} words={w.currency} help={w.currencyHelp}>
          <input
            id={ids.currency}
            value={currency}
            maxLength={3}
            pattern="[A-Z]{3}"
            autoComplete="off"
            aria-describedby={`${ids.currency}-help`}
            className={`${field} max-w-24 uppercase`}
            onChange={(e) => setCurrency(e.target.value.toUpperCase())}
          />
        </Labelled>
      )}
      <Labelled id={ids.file} words={w.choose} help={w.kinds}>
        <input
          id={ids.file}
          type="file"
          accept=".csv,.json,.jsonl,.ndjson,.txt,text/csv,application/json"
          aria-describedby={`${ids.file}-help`}
          className="block w-full max-w-xl rounded-md border border-line-strong bg-surface p-1.5 text-sm file:me-3 file:rounded-md file:border-0 file:bg-hover file:px-2.5 file:py-1 file:text-text"
          onChange={(e) => {
            const f = e.target.files?.[0] ?? null;
            e.target.value = ""; // the same file can be chosen again when it was mended
            setFile(f);
            setFound(null);
            setTaken(-1);
            if (f) void attempt(f, true);
          }}
        />
      </Labelled>
      <p role="status" className="text-sm text-secondary empty:hidden">
        {busy === "reading" ? w.reading : busy === "taking" ? w.taking : ""}
      </p>
      <Refusal words={refusal} />
      {found && file && (
        <section className="flex flex-col gap-3" aria-label={file.name}>
          <p className="text-sm font-medium">
            {file.name}: {found.orders > 0 ? w.found(found.orders) : w.nothing}
          </p>
          {found.first.length > 0 && (
            // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls sideways, by keys too
            <div role="region" aria-label={w.first} tabIndex={0} className="overflow-x-auto rounded-md bg-surface">
              <table className="w-full text-start text-sm">
                <caption className="px-3 py-2 text-start text-xs text-muted">{w.first}</caption>
                <thead>
                  <tr className="border-b border-line">
                    {w.columns.map((c, i) => (
                      <th key={c} scope="col" className={`px-3 py-1.5 text-xs font-medium text-muted ${i === 4 ? "text-end" : "text-start"}`}>
                        {c}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {found.first.map((o, i) => (
                    <tr key={i} className="border-b border-line last:border-0">
                      <td className="figures px-3 py-1.5 font-medium whitespace-nowrap">{o.number}</td>
                      <td className="px-3 py-1.5">{o.email}</td>
                      <td className="px-3 py-1.5 whitespace-nowrap">{date(o.placedAt)}</td>
                      <td className="px-3 py-1.5">{o.status}</td>
                      <td className="figures px-3 py-1.5 text-end whitespace-nowrap">{money(o.total, o.currency)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
          {found.failed > 0 && (
            <>
              <p className="text-sm text-amber-text">{w.broken(found.failed)}</p>
              <ul className="max-h-52 overflow-y-auto rounded-md bg-surface text-sm">
                {found.broken.map((b) => (
                  <li key={b.line} className="flex gap-3 border-b border-line px-3 py-1.5 last:border-0">
                    <span className="figures shrink-0 text-muted">{w.line(b.line)}</span>
                    <span className="min-w-0 break-words">{b.reason}</span>
                  </li>
                ))}
              </ul>
            </>
          )}
          {found.orders > 0 && (
            <Button look="solid" className="w-fit" isDisabled={busy !== ""} onPress={() => void attempt(file, false)}>
              {w.take(found.orders)}
            </Button>
          )}
        </section>
      )}
      <PlaceLink to="/settings/channels/new/shop" className="w-fit rounded-md py-1 text-sm text-accent-text data-[hovered]:underline">
        {w.shop}
      </PlaceLink>
    </div>
  );
}
