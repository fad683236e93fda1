// What came in and could not be handled, of all channels: to be tried again, or
// thrown away for good.

import { useState, type ReactNode } from "react";
import { discard, replay, useAccounts, useLetters, type Dead } from "../../accounts";
import { Button, Trouble } from "../../ui/controls";
import { useNow } from "../../ui/hooks";
import { toast } from "../../ui/signals";
import { age, exactly } from "../../words";
import { PlaceLink } from "../PlaceLink";
import { useWords, type Words } from "./letterwords";
import type { PageProps } from "./pages";

export default function DeadLetters({ me }: PageProps): ReactNode {
  const w = useWords();
  const { items, loading, error, more, fetchMore } = useLetters();
  const admin = me.agent.role === "admin";
  const { items: accounts } = useAccounts(admin);
  const [refusal, setRefusal] = useState("");
  const again = async (of: readonly Dead[]): Promise<void> => {
    const words = await replay(of);
    setRefusal(words);
    if (words === "") toast(w.tried);
  };
  if (error) return <Trouble words={w.failed} kept={error.message} />;
  return (
    <>
      <div className="flex flex-wrap items-start gap-3">
        <div className="min-w-0 flex-1">
          <h1 className="text-lg font-semibold">{w.title}</h1>
          <p className="mt-1 max-w-2xl text-sm text-secondary">{w.text}</p>
        </div>
        {items.length > 1 && (
          <Button look="outline" onPress={() => void again(items)}>
            {w.all(items.length)}
          </Button>
        )}
      </div>
      <p role="alert" className="mt-2 text-sm text-red-text empty:hidden">
        {refusal}
      </p>
      <ul className="mt-4 rounded-md bg-surface">
        {items.map((d) => (
          <Letter key={d.id} of={d} account={accounts.find((a) => a.id === d.account)?.name ?? d.account} admin={admin} w={w} onAgain={(x) => void again([x])} onRefused={setRefusal} />
        ))}
        {!loading && items.length === 0 && <li className="px-4 py-10 text-center text-sm text-muted">{w.none}</li>}
      </ul>
      {more && (
        <Button className="mt-3" onPress={fetchMore}>
          {w.more}
        </Button>
      )}
    </>
  );
}

function Letter({ of: d, account, admin, w, onAgain, onRefused }: { of: Dead; account: string; admin: boolean; w: Words; onAgain: (d: Dead) => void; onRefused: (words: string) => void }): ReactNode {
  const now = useNow();
  const [asked, setAsked] = useState(false);
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1.5 border-b border-line px-4 py-2.5 last:border-0">
      <span className="min-w-52 flex-1">
        <span className="block text-sm break-words">{w.reason(d.reason)}</span>
        <span className="block text-xs text-muted" title={exactly(d.at)}>
          {admin ? (
            <PlaceLink to={`/settings/channels/${d.account}`} className="data-[hovered]:underline">
              {account}
            </PlaceLink>
          ) : (
            account
          )}
          {" · "}
          {age(d.at, now)}
        </span>
      </span>
      {asked ? (
        <span className="flex flex-wrap items-center gap-2">
          <span className="text-sm">{w.sure}</span>
          <Button look="bad" onPress={() => void discard([d]).then(onRefused)}>
            {w.discard}
          </Button>
          <Button onPress={() => setAsked(false)}>{w.keep}</Button>
        </span>
      ) : (
        <span className="flex gap-2">
          <Button look="outline" onPress={() => onAgain(d)}>
            {w.again}
          </Button>
          {admin && <Button onPress={() => setAsked(true)}>{w.discard}</Button>}
        </span>
      )}
    </li>
  );
}
