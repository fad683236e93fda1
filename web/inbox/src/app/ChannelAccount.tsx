// One account of a channel: how it is served, what it is told, what of it could
// not be handled, and the ways to pause and remove it.

import { TriangleAlert } from "lucide-react";
import { Suspense, useId, useState, type ReactNode } from "react";
import { useRouter } from "@tanstack/react-router";
import {
  changeAccount,
  consent,
  makeAccount,
  pauseAccount,
  removeAccount,
  replay,
  useAccounts,
  useDead,
  useKinds,
  type Account,
  type Draft,
  type Kind,
} from "../accounts";
import { pruned, without } from "../schema";
import { saidOf, tryAccount, type Trial } from "../setup";
import { channels, type Me } from "../types";
import { Button, Trouble } from "../ui/controls";
import { useNow } from "../ui/hooks";
import { toast } from "../ui/signals";
import { lazy } from "../ui/later";
import { age, exactly } from "../words";
import { figures, StateChip } from "./Channels";
import { useWords, words as channelWords } from "./channelwords";
import { CopyLine } from "./CopyLine";
import { Trials } from "./setup/parts";
import { words as setupWords } from "./setup/words";
import { field, Labelled, LinesArea, Raw, SchemaForm } from "./SchemaForm";
import { SignIn } from "./SignIn";

const ShopActions = lazy(() => import("./ShopActions"));

export function NewAccount({ me, channel }: { me: Me; channel: string }): ReactNode {
  const w = useWords();
  const router = useRouter();
  const { items: kinds, loading, error } = useKinds(true);
  const kind = kinds.find((k) => k.channel === channel);
  if (error) return <Trouble words={w.formFailed} kept={error.message} />;
  if (!kind) return loading ? null : <Trouble words={w.noChannel} kept={w.oneOf(channels.join(", "))} />;
  const empty: Draft = {
    id: "",
    channel: kind.channel,
    inboxId: me.inboxes.find((i) => !i.archived)?.id ?? "",
    name: "",
    address: "",
    also: [],
    maxProof: kind.maxProof,
    kinds: [],
    region: "",
    plusAddress: false,
    paused: false,
    settings: {},
    version: 0,
  };
  return (
    <>
      <h1 className="text-lg font-semibold">{w.fresh(w.channel[kind.channel])}</h1>
      <AccountForm
        me={me}
        kind={kind}
        start={empty}
        word={w.make}
        save={async (d) => {
          const words = await makeAccount(d);
          if (words === "") router.history.replace(`/settings/channels/${d.id}`);
          return words;
        }}
      />
    </>
  );
}

export function ChannelAccount({ me, id }: { me: Me; id: string }): ReactNode {
  const w = useWords();
  const { items, loading, error } = useAccounts(true);
  const { items: kinds } = useKinds(true);
  const a = items.find((x) => x.id === id);
  const kind = kinds.find((k) => k.channel === a?.channel);
  if (error) return <Trouble words={w.accountFailed} kept={error.message} />;
  if (!a || !kind) return loading || (a && !kind) ? null : <Trouble words={w.gone} kept={w.goneKept} />;
  return (
    <>
      <Head of={a} />
      <Addresses of={a} />
      <DeadLetters of={a} />
      {/* Made anew when it was changed, here or by somebody else: the form begins with what is. */}
      <AccountForm
        key={a.version}
        me={me}
        kind={kind}
        offers={a.actions}
        start={a}
        word={w.save}
        save={async (d) => {
          const words = await changeAccount(d);
          if (words === "") toast(channelWords().saved);
          return words;
        }}
      />
      <Removal of={a} />
    </>
  );
}

function Head({ of: a }: { of: Account }): ReactNode {
  const w = useWords();
  const now = useNow();
  const [refusal, setRefusal] = useState("");
  return (
    <>
      <div className="flex flex-wrap items-center gap-3">
        <h1 className="min-w-0 truncate text-lg font-semibold">{a.name}</h1>
        <StateChip of={a} />
        <Button look="outline" className="ms-auto" onPress={() => void pauseAccount(a.id, !a.paused).then(setRefusal)}>
          {a.paused ? w.resume : w.pause}
        </Button>
      </div>
      <p className="figures mt-1 text-sm text-muted">
        {w.channel[a.channel]} · {figures(a.health, now)}
      </p>
      {a.paused && <p className="mt-2 text-sm text-secondary">{w.paused}</p>}
      {!a.paused && a.health.state === "refused" && (
        <div role="alert" className="mt-3 rounded-md bg-red-soft px-4 py-3 text-sm">
          <p className="flex items-center gap-1.5 font-medium text-red-text">
            <TriangleAlert size={15} aria-hidden="true" />
            {w.refused}
          </p>
          <p className="mt-1 break-words text-text">{a.health.lastError}</p>
          {consent(a) === null && <p className="mt-1 text-secondary">{w.refusedHelp}</p>}
        </div>
      )}
      <SignIn of={a} />
      {!a.paused && a.health.state !== "refused" && a.health.lastError !== "" && (
        <p className="mt-2 flex items-start gap-1.5 text-sm text-red-text" title={exactly(a.health.errorAt)}>
          <TriangleAlert size={15} className="mt-0.5 shrink-0" aria-hidden="true" />
          <span className="min-w-0 break-words">
            {a.health.lastError}
            {a.health.errorAt !== "" && <span className="text-muted"> · {age(a.health.errorAt, now)}</span>}
          </span>
        </p>
      )}
      <p role="alert" className="mt-2 text-xs text-red-text empty:hidden">
        {refusal}
      </p>
    </>
  );
}

function Addresses({ of: a }: { of: Account }): ReactNode {
  const w = useWords();
  if (a.webhook === "" && a.embed === "") return null;
  return (
    <div className="mt-4 flex flex-col gap-3 rounded-md bg-surface px-4 py-3">
      {a.webhook !== "" && <CopyLine words={w.webhook} value={a.webhook} />}
      {a.embed !== "" && <CopyLine words={w.embed} value={a.embed} />}
    </div>
  );
}

function DeadLetters({ of: a }: { of: Account }): ReactNode {
  const w = useWords();
  const now = useNow();
  const { items, error } = useDead(a.id, a.dead);
  const [refusal, setRefusal] = useState("");
  if (a.dead === 0) return null;
  return (
    <section className="mt-6" aria-label={w.notHandled}>
      <div className="flex items-center gap-3">
        <h2 className="text-sm font-semibold">{w.notHandled}</h2>
        <Button look="outline" className="ms-auto" onPress={() => void replay(items).then(setRefusal)} isDisabled={items.length === 0}>
          {w.allAgain(items.length)}
        </Button>
      </div>
      <p className="text-xs text-muted">
        {w.notHandledLead}
        {a.dead > items.length && items.length > 0 && ` ${w.newest(items.length, a.dead)}`}
      </p>
      {error ? (
        <p className="mt-2 text-sm text-red-text">{error.message}</p>
      ) : (
        <ul className="mt-2 max-h-72 overflow-y-auto rounded-md bg-surface">
          {items.map((d) => (
            <li key={d.id} className="flex items-center gap-3 border-b border-line px-4 py-1.5 last:border-0">
              <span className="min-w-0 flex-1 text-sm break-words">{d.reason}</span>
              <span className="shrink-0 text-xs text-muted" title={exactly(d.at)}>
                {age(d.at, now)}
              </span>
              <Button onPress={() => void replay([d]).then(setRefusal)}>{w.again}</Button>
            </li>
          ))}
        </ul>
      )}
      <p role="alert" className="mt-1 text-xs text-red-text empty:hidden">
        {refusal}
      </p>
    </section>
  );
}

function Removal({ of: a }: { of: Account }): ReactNode {
  const w = useWords();
  const router = useRouter();
  const [asked, setAsked] = useState(false);
  const [refusal, setRefusal] = useState("");
  return (
    <div className="mt-8 flex flex-wrap items-center gap-3 border-t border-line pt-4">
      {asked ? (
        <>
          <p className="min-w-0 flex-1 text-sm">{w.removeAsk(a.name)}</p>
          <Button onPress={() => setAsked(false)}>{w.keep}</Button>
          <Button
            look="bad"
            onPress={() =>
              void removeAccount(a.id).then((words) => {
                setRefusal(words);
                if (words === "") {
                  router.history.push("/settings/channels");
                  toast(channelWords().removed(a.name));
                }
              })
            }
          >
            {w.remove}
          </Button>
        </>
      ) : (
        <Button look="bad" onPress={() => setAsked(true)}>
          {w.removeThis}
        </Button>
      )}
      <p role="alert" className="w-full text-xs text-red-text empty:hidden">
        {refusal}
      </p>
    </div>
  );
}

/** An id made of what is typed, until one is typed itself. */
function idOf(name: string, channel: string): string {
  const base = name.split("@")[0]?.toLowerCase().normalize("NFKD").replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 40);
  return base === undefined || base === "" ? channel : base;
}

function AccountForm({ me, kind, offers = [], start, word, save }: { me: Me; kind: Kind; offers?: Account["actions"]; start: Draft; word: string; save: (d: Draft) => Promise<string> }): ReactNode {
  const w = useWords();
  const fresh = start.version === 0;
  const [d, setD] = useState<Draft>(start);
  const [ownId, setOwnId] = useState(false);
  const [refusal, setRefusal] = useState("");
  const [busy, setBusy] = useState(false);
  const [trials, setTrials] = useState<readonly Trial[] | null>(null);
  const written = (): Draft => ({ ...d, settings: kind.built ? pruned(kind.schema, d.settings) : d.settings });
  const ids = { name: useId(), id: useId(), address: useId(), inbox: useId(), also: useId(), region: useId(), proof: useId(), plus: useId() };
  const set = (more: Partial<Draft>): void =>
    setD((old) => {
      const next = { ...old, ...more };
      return fresh && !ownId && more.id === undefined ? { ...next, id: idOf((kind.address === "email" && next.address) || next.name, kind.channel) } : next;
    });
  const address = w.addresses[kind.address];
  return (
    <form
      className="mt-6 flex max-w-xl flex-col gap-4"
      onSubmit={(e) => {
        e.preventDefault();
        setBusy(true);
        void save(written()).then((words) => {
          setRefusal(words);
          setBusy(false);
        });
      }}
    >
      <Labelled id={ids.name} words={w.name} help={w.nameHelp}>
        <input id={ids.name} value={d.name} maxLength={200} autoComplete="off" className={field} onChange={(e) => set({ name: e.target.value })} />
      </Labelled>
      {(address !== undefined || kind.channel !== "chat") && (
        <Labelled id={ids.address} words={address ?? w.address} needed={address !== undefined}>
          <input
            id={ids.address}
            value={d.address}
            required={address !== undefined}
            type={kind.address === "email" ? "email" : "text"}
            autoComplete="off"
            className={field}
            onChange={(e) => set({ address: e.target.value })}
          />
        </Labelled>
      )}
      {fresh && (
        <Labelled id={ids.id} words={w.id} help={w.idHelp}>
          <input
            id={ids.id}
            value={d.id}
            required
            pattern="[a-z0-9_\-]{1,40}"
            autoComplete="off"
            spellCheck={false}
            className={field}
            onChange={(e) => {
              setOwnId(true);
              set({ id: e.target.value });
            }}
          />
        </Labelled>
      )}
      <Labelled id={ids.inbox} words={w.inbox} help={w.inboxHelp}>
        <select id={ids.inbox} value={d.inboxId} className={`${field} max-w-60`} onChange={(e) => set({ inboxId: e.target.value })}>
          {me.inboxes.filter((i) => !i.archived || i.id === d.inboxId).map((i) => (
            <option key={i.id} value={i.id}>
              {i.name}
            </option>
          ))}
        </select>
      </Labelled>
      {kind.built ? (
        <SchemaForm of={without(kind.schema, "withheldActions")} place={kind.channel} value={d.settings} onChange={(settings) => set({ settings })} />
      ) : (
        <Raw
          of={kind.schema}
          place="settings"
          name="settings"
          value={d.settings}
          needed={false}
          onChange={(v) => set({ settings: typeof v === "object" && v !== null && !Array.isArray(v) ? { ...v } : {} })}
        />
      )}
      {kind.built && kind.channel === "shop" && (
        <Suspense fallback={null}>
          <ShopActions
            withheld={Array.isArray(d.settings["withheldActions"]) ? d.settings["withheldActions"].map(String) : []}
            offers={offers}
            onChange={(withheldActions) => set({ settings: { ...d.settings, withheldActions } })}
          />
        </Suspense>
      )}
      <details>
        <summary className="w-fit cursor-pointer rounded-md py-1 text-sm text-secondary max-md:py-3">{w.trust}</summary>
        <div className="mt-3 flex flex-col gap-4">
          <Labelled id={ids.also} words={w.also} help={w.alsoHelp}>
            <LinesArea id={ids.also} value={d.also} onChange={(also) => set({ also })} />
          </Labelled>
          <Labelled id={ids.region} words={w.region} help={w.regionHelp}>
            <input
              id={ids.region}
              value={d.region}
              maxLength={2}
              pattern="[A-Za-z]{2}"
              autoComplete="off"
              className={`${field} max-w-20 uppercase`}
              onChange={(e) => set({ region: e.target.value.toUpperCase() })}
            />
          </Labelled>
          <Labelled id={ids.proof} words={w.proof} help={w.proofHelp((d.kinds.length > 0 ? d.kinds : kind.kinds).map((k) => w.kinds[k] ?? k).join(", "))}>
            <select id={ids.proof} value={d.maxProof} className={field} onChange={(e) => set({ maxProof: Number(e.target.value) })}>
              {w.proofs.map((proof, i) => (
                <option key={proof} value={i}>
                  {proof}
                </option>
              ))}
            </select>
          </Labelled>
          {kind.channel === "email" && (
            <div className="flex items-start gap-2">
              <input id={ids.plus} type="checkbox" checked={d.plusAddress} className="mt-0.5 size-4 accent-(--accent)" onChange={(e) => set({ plusAddress: e.target.checked })} />
              <label htmlFor={ids.plus} className="text-sm">
                {w.plus}
                <span className="block text-xs text-muted">{w.plusHelp}</span>
              </label>
            </div>
          )}
        </div>
      </details>
      <p role="alert" className="text-sm break-words text-red-text empty:hidden">
        {refusal}
      </p>
      {trials && <Trials of={trials} smtp />}
      <div className="flex gap-2">
        <Button look="solid" type="submit" isDisabled={busy}>
          {word}
        </Button>
        {kind.trial && (
          <Button
            look="outline"
            isDisabled={busy}
            onPress={() => {
              setBusy(true);
              tryAccount(written())
                .then(
                  (found) => {
                    setTrials(found);
                    setRefusal("");
                  },
                  (e: unknown) => {
                    setTrials(null);
                    setRefusal(saidOf(e));
                  },
                )
                .finally(() => setBusy(false));
            }}
          >
            {busy ? setupWords().mailbox.testing : setupWords().mailbox.test}
          </Button>
        )}
      </div>
    </form>
  );
}
