// One account of a channel: how it is served, what it is told, what of it could
// not be handled, and the ways to pause and remove it.

import { TriangleAlert } from "lucide-react";
import { useId, useState, type ReactNode } from "react";
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
import { pruned } from "../schema";
import { saidOf, tryAccount, type Trial } from "../setup";
import { channels, type Me } from "../types";
import { Button, Trouble } from "../ui/controls";
import { useNow } from "../ui/hooks";
import { toast } from "../ui/signals";
import { age, exactly } from "../words";
import { channelWord, figures, StateChip } from "./Channels";
import { CopyLine } from "./CopyLine";
import { Trials } from "./setup/parts";
import { words as setupWords } from "./setup/words";
import { field, Labelled, LinesArea, Raw, SchemaForm } from "./SchemaForm";
import { SignIn } from "./SignIn";

export function NewAccount({ me, channel }: { me: Me; channel: string }): ReactNode {
  const router = useRouter();
  const { items: kinds, loading, error } = useKinds(true);
  const kind = kinds.find((k) => k.channel === channel);
  if (error) return <Trouble words="The form can't be loaded." kept={error.message} />;
  if (!kind) return loading ? null : <Trouble words="There is no such channel." kept={`It is one of ${channels.join(", ")}.`} />;
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
      <h1 className="text-lg font-semibold">New: {channelWord[kind.channel].toLowerCase()}</h1>
      <AccountForm
        me={me}
        kind={kind}
        start={empty}
        word="Add"
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
  const { items, loading, error } = useAccounts(true);
  const { items: kinds } = useKinds(true);
  const a = items.find((x) => x.id === id);
  const kind = kinds.find((k) => k.channel === a?.channel);
  if (error) return <Trouble words="The channel can't be loaded." kept={error.message} />;
  if (!a || !kind) return loading || (a && !kind) ? null : <Trouble words="This channel isn't there any more." kept="Its conversations are." />;
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
        start={a}
        word="Save"
        save={async (d) => {
          const words = await changeAccount(d);
          if (words === "") toast("Saved. It is served so within seconds.");
          return words;
        }}
      />
      <Removal of={a} />
    </>
  );
}

function Head({ of: a }: { of: Account }): ReactNode {
  const now = useNow();
  const [refusal, setRefusal] = useState("");
  return (
    <>
      <div className="flex flex-wrap items-center gap-3">
        <h1 className="min-w-0 truncate text-lg font-semibold">{a.name}</h1>
        <StateChip of={a} />
        <Button look="outline" className="ms-auto" onPress={() => void pauseAccount(a.id, !a.paused).then(setRefusal)}>
          {a.paused ? "Resume" : "Pause"}
        </Button>
      </div>
      <p className="figures mt-1 text-sm text-muted">
        {channelWord[a.channel]} · {figures(a.health, now)}
      </p>
      {a.paused && <p className="mt-2 text-sm text-secondary">Nothing is taken and nothing leaves. What comes meanwhile waits on the other side.</p>}
      {!a.paused && a.health.state === "refused" && (
        <div role="alert" className="mt-3 rounded-md bg-red-soft px-4 py-3 text-sm">
          <p className="flex items-center gap-1.5 font-medium text-red-text">
            <TriangleAlert size={15} aria-hidden="true" />
            The sign-in is refused
          </p>
          <p className="mt-1 break-words text-text">{a.health.lastError}</p>
          {consent(a) === null && <p className="mt-1 text-secondary">Give the password, the token or the secret anew below. What comes meanwhile is fetched then.</p>}
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
  if (a.webhook === "" && a.embed === "") return null;
  return (
    <div className="mt-4 flex flex-col gap-3 rounded-md bg-surface px-4 py-3">
      {a.webhook !== "" && <CopyLine words="Address for its webhooks" value={a.webhook} />}
      {a.embed !== "" && <CopyLine words="For your pages, before </body>" value={a.embed} />}
    </div>
  );
}

function DeadLetters({ of: a }: { of: Account }): ReactNode {
  const now = useNow();
  const { items, error } = useDead(a.id, a.dead);
  const [refusal, setRefusal] = useState("");
  if (a.dead === 0) return null;
  return (
    <section className="mt-6" aria-label="Not handled">
      <div className="flex items-center gap-3">
        <h2 className="text-sm font-semibold">Not handled</h2>
        <Button look="outline" className="ms-auto" onPress={() => void replay(items).then(setRefusal)} isDisabled={items.length === 0}>
          Try {items.length === 1 ? "it" : `all ${items.length.toLocaleString()}`} again
        </Button>
      </div>
      <p className="text-xs text-muted">
        Came in and could not be taken, for what is in it. Nothing of it is lost.
        {a.dead > items.length && items.length > 0 && ` The newest ${items.length.toLocaleString()} of ${a.dead.toLocaleString()}.`}
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
              <Button onPress={() => void replay([d]).then(setRefusal)}>Try again</Button>
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
  const router = useRouter();
  const [asked, setAsked] = useState(false);
  const [refusal, setRefusal] = useState("");
  return (
    <div className="mt-8 flex flex-wrap items-center gap-3 border-t border-line pt-4">
      {asked ? (
        <>
          <p className="min-w-0 flex-1 text-sm">Remove {a.name}? Its settings and secrets are forgotten. Its conversations stay.</p>
          <Button onPress={() => setAsked(false)}>Keep it</Button>
          <Button
            look="bad"
            onPress={() =>
              void removeAccount(a.id).then((words) => {
                setRefusal(words);
                if (words === "") {
                  router.history.push("/settings/channels");
                  toast(`${a.name} is removed`);
                }
              })
            }
          >
            Remove
          </Button>
        </>
      ) : (
        <Button look="bad" onPress={() => setAsked(true)}>
          Remove this channel
        </Button>
      )}
      <p role="alert" className="w-full text-xs text-red-text empty:hidden">
        {refusal}
      </p>
    </div>
  );
}

const addressWord: Record<string, string> = { email: "Mail address", phone: "Phone number" };
const proofWords = ["Nothing: it is only guessed", "Claims: what customers say of themselves", "Proof of control, such as a verified mailbox", "Signed words of your own shop"];

/** An id made of what is typed, until one is typed itself. */
function idOf(name: string, channel: string): string {
  const base = name.split("@")[0]?.toLowerCase().normalize("NFKD").replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 40);
  return base === undefined || base === "" ? channel : base;
}

function AccountForm({ me, kind, start, word, save }: { me: Me; kind: Kind; start: Draft; word: string; save: (d: Draft) => Promise<string> }): ReactNode {
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
  const address = addressWord[kind.address];
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
      <Labelled id={ids.name} words="Name" help="What customers see">
        <input id={ids.name} value={d.name} maxLength={200} autoComplete="off" className={field} onChange={(e) => set({ name: e.target.value })} />
      </Labelled>
      {(address !== undefined || kind.channel !== "chat") && (
        <Labelled id={ids.address} words={address ?? "Address"} needed={address !== undefined}>
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
        <Labelled id={ids.id} words="Id" help="Its name for good: a to z, digits, - and _. It is part of its address.">
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
      <Labelled id={ids.inbox} words="Inbox" help="Where its messages arrive">
        <select id={ids.inbox} value={d.inboxId} className={`${field} max-w-60`} onChange={(e) => set({ inboxId: e.target.value })}>
          {me.inboxes.filter((i) => !i.archived || i.id === d.inboxId).map((i) => (
            <option key={i.id} value={i.id}>
              {i.name}
            </option>
          ))}
        </select>
      </Labelled>
      {kind.built ? (
        <SchemaForm of={kind.schema} value={d.settings} onChange={(settings) => set({ settings })} />
      ) : (
        <Raw
          of={{ ...kind.schema, description: "What its connector asks for. All of it is kept secret: what is set stays as it is shown" }}
          name="settings"
          value={d.settings}
          needed={false}
          onChange={(v) => set({ settings: typeof v === "object" && v !== null && !Array.isArray(v) ? { ...v } : {} })}
        />
      )}
      <details>
        <summary className="w-fit cursor-pointer rounded-md py-1 text-sm text-secondary max-md:py-3">Who writes here, and how far it is believed</summary>
        <div className="mt-3 flex flex-col gap-4">
          <Labelled id={ids.also} words="Other addresses of ours" help="What arrives here too, and is never a customer. One a line.">
            <LinesArea id={ids.also} value={d.also} onChange={(also) => set({ also })} />
          </Labelled>
          <Labelled id={ids.region} words="Country" help="By which phone numbers without a country code are read: two letters, such as AT">
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
          <Labelled id={ids.proof} words="It may vouch for" help={`Of ${(d.kinds.length > 0 ? d.kinds : kind.kinds).join(", ")}: never more than this, whatever it says.`}>
            <select id={ids.proof} value={d.maxProof} className={field} onChange={(e) => set({ maxProof: Number(e.target.value) })}>
              {proofWords.map((w, i) => (
                <option key={w} value={i}>
                  {w}
                </option>
              ))}
            </select>
          </Labelled>
          {kind.channel === "email" && (
            <div className="flex items-start gap-2">
              <input id={ids.plus} type="checkbox" checked={d.plusAddress} className="mt-0.5 size-4 accent-(--accent)" onChange={(e) => set({ plusAddress: e.target.checked })} />
              <label htmlFor={ids.plus} className="text-sm">
                Plus addresses
                <span className="block text-xs text-muted">The mail server delivers user+tag@ to user@: answers find their conversation even without its subject.</span>
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
