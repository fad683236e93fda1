// The chat on the shop's pages, and whether it was seen there.

import { useId, useState, type ReactNode } from "react";
import { makeAccount, useAccounts } from "../../accounts";
import type { Setup } from "../../setup";
import type { Me } from "../../types";
import { Button } from "../../ui/controls";
import { useNow } from "../../ui/hooks";
import { ago } from "../../words/ago";
import { field, Labelled } from "../SchemaForm";
import { language } from "../../words/language";
import { CopyText, Done, Refusal } from "./parts";
import { words } from "./words";

/** What is before the path of an address, however it is written. "" for none. */
function originOf(text: string): string {
  try {
    return new URL(/^https?:\/\//.test(text) ? text : `https://${text}`).origin;
  } catch {
    return "";
  }
}

export function Widget({ me, setup }: { me: Me; setup: Setup }): ReactNode {
  const w = words().widget;
  const now = useNow();
  const { items } = useAccounts(true);
  const [origin, setOrigin] = useState("");
  const [brand, setBrand] = useState("");
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState("");
  const ids = { origin: useId(), brand: useId() };
  const chats = items.filter((a) => a.channel === "chat");
  if (setup.chat === "") {
    return (
      <form
        className="flex max-w-xl flex-col gap-4"
        onSubmit={(e) => {
          e.preventDefault();
          setBusy(true);
          void makeAccount({
            id: "web",
            channel: "chat",
            inboxId: me.inboxes.find((i) => !i.archived)?.id ?? "",
            name: brand.trim(),
            address: "",
            also: [],
            maxProof: 3,
            kinds: [],
            region: "",
            plusAddress: false,
            paused: false,
            settings: { origins: [originOf(origin.trim())], brand: { name: brand.trim(), locale: language() } },
            version: 0,
          }).then((said) => {
            setRefusal(said);
            setBusy(false);
          });
        }}
      >
        <Labelled id={ids.origin} words={w.origin} help={w.originHelp}>
          <input
            id={ids.origin}
            required
            value={origin}
            // eslint-disable-next-line skein/words -- an address is the same in every language
            placeholder="https://shop.example"
            autoComplete="off"
            spellCheck={false}
            aria-describedby={`${ids.origin}-help`}
            className={field}
            onChange={(e) => setOrigin(e.target.value)}
          />
        </Labelled>
        <Labelled id={ids.brand} words={w.brand}>
          <input id={ids.brand} required maxLength={100} value={brand} autoComplete="organization" className={field} onChange={(e) => setBrand(e.target.value)} />
        </Labelled>
        <Refusal words={refusal} />
        <Button type="submit" look="solid" className="w-fit" isDisabled={busy}>
          {w.make}
        </Button>
      </form>
    );
  }
  return (
    <div className="flex flex-col gap-4">
      <p className="text-sm">{w.paste}</p>
      {chats.map((a) => (
        <CopyText key={a.id} value={a.embed} label={a.name} />
      ))}
      <div role="status">
        {setup.page ? <Done words={w.seen(setup.page.origin, ago(setup.page.seenAt, now))} /> : <p className="text-sm text-secondary">{w.waiting}</p>}
      </div>
    </div>
  );
}
