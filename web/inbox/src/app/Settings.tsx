// What an operator sees and corrects: the channels, values that many people
// hold, and how each store numbers its orders.

import { ArrowLeft, Ban, Calculator, Ellipsis, User, Users } from "lucide-react";
import { lazy, Suspense, useState, type ReactNode } from "react";
import { useAgents, useKeyPolicies, useMe, useStores } from "../data";
import { hold, holds, setHold } from "../hold";
import { home } from "../place";
import { setKeyPolicy } from "../relations";
import { changeDesk } from "../tasks";
import { policies, type AgentDesk, type KeyPolicy, type Policy } from "../types";
import { Button, Chip, MenuButton, Trouble, type Choice } from "../ui/controls";
import { useNow } from "../ui/hooks";
import { age, exactly } from "../words";
import { ChannelAccount, NewAccount } from "./ChannelAccount";
import { Channels } from "./Channels";
import { Logo } from "./Logo";
import { Notices, OfflineBar } from "./Notices";
import { PlaceLink } from "./PlaceLink";

const SavedReplies = lazy(() => import("./SavedReplies"));
const NotificationSettings = lazy(() => import("./NotificationSettings"));

export type SettingsTab = "me" | "notifications" | "replies" | "channels" | "telephones" | "values" | "stores";

const tabs: readonly { tab: SettingsTab; words: string }[] = [
  { tab: "me", words: "Your telephone" },
  { tab: "notifications", words: "Notifications" },
  { tab: "replies", words: "Saved replies" },
  { tab: "channels", words: "Channels" },
  { tab: "telephones", words: "Telephones" },
  { tab: "values", words: "Shared values" },
  { tab: "stores", words: "Order numbers" },
];

const adminTabs: readonly SettingsTab[] = ["channels", "telephones"];

function allowed(tab: SettingsTab, role: string): boolean {
  return (
    ["me", "notifications", "replies"].includes(tab) || role === "admin" || (role === "supervisor" && !adminTabs.includes(tab))
  );
}

export function Settings({ tab, account = "", channel = "" }: { tab: SettingsTab; account?: string; channel?: string }): ReactNode {
  const { me } = useMe();
  const may = me !== undefined && allowed(tab, me.agent.role);
  return (
    <div className="flex h-full flex-col bg-canvas">
      <OfflineBar />
      <header className="flex h-14 shrink-0 items-center gap-3 px-4">
        <Logo size={24} />
        <PlaceLink to={`/${home}`} className="flex h-8 items-center gap-1.5 rounded-md px-2 text-sm text-secondary data-[hovered]:bg-hover max-md:h-11">
          <ArrowLeft size={15} aria-hidden="true" />
          Inbox
        </PlaceLink>
        <nav aria-label="Settings" className="flex min-w-0 gap-1 overflow-x-auto">
          {tabs.filter((t) => allowed(t.tab, me?.agent.role ?? "agent")).map((t) => (
            <PlaceLink
              key={t.tab}
              to={`/settings/${t.tab}`}
              current={t.tab === tab}
              className={`flex h-8 shrink-0 items-center rounded-md px-2.5 text-sm whitespace-nowrap max-md:h-11 ${t.tab === tab ? "bg-selected font-medium" : "text-secondary data-[hovered]:bg-hover"}`}
            >
              {t.words}
            </PlaceLink>
          ))}
        </nav>
      </header>
      <main className="min-h-0 flex-1 overflow-auto px-4 pb-10">
        <div className="mx-auto max-w-4xl">
          {tab === "replies" ? (
            <Suspense fallback={null}>
              <SavedReplies />
            </Suspense>
          ) : tab === "me" ? (
            me && <OwnTelephone me={me.agent} />
          ) : tab === "notifications" ? (
            <Suspense>{me && <NotificationSettings />}</Suspense>
          ) : me !== undefined && !may ? (
            <Trouble
              words={adminTabs.includes(tab) ? "These are for admins." : "These are for supervisors and admins."}
              kept="Ask one of them to change something."
            />
          ) : tab === "channels" ? (
            me === undefined ? null : account !== "" ? (
              <ChannelAccount key={account} me={me} id={account} />
            ) : channel !== "" ? (
              <NewAccount key={channel} me={me} channel={channel} />
            ) : (
              <Channels me={me} />
            )
          ) : tab === "telephones" ? (
            <Telephones on={may} />
          ) : tab === "values" ? (
            <Values on={may} />
          ) : (
            <Stores on={may} />
          )}
        </div>
      </main>
      <Notices />
    </div>
  );
}

const policyWords: Record<Policy, { word: string; tone: "quiet" | "amber" | "accent" }> = {
  blocked: { word: "Nobody's", tone: "amber" },
  shared: { word: "Several people's", tone: "amber" },
  personal: { word: "One person's", tone: "accent" },
};

const choices: readonly Choice[] = [
  { id: "personal", words: "One person's", detail: "May join people, whatever is counted", icon: User },
  { id: "shared", words: "Several people's", detail: "A family, an office: joins nobody", icon: Users },
  { id: "blocked", words: "Nobody's", detail: "A test value, the shop's own number", icon: Ban },
  { id: "counted", words: "As counted", detail: "Take an operator's word back", icon: Calculator },
];

function Values({ on }: { on: boolean }): ReactNode {
  const { value: keys, loading, error } = useKeyPolicies(on);
  return (
    <>
      <h1 className="text-lg font-semibold">Shared values</h1>
      <p className="mt-1 max-w-2xl text-sm text-secondary">
        An address or a number that several people hold joins nobody. Skein counts who holds it; your word wins over what is counted.
      </p>
      <AddValue />
      {error ? (
        <Trouble words="The values can't be loaded." kept={error.message} />
      ) : (
        <ul className="mt-4 rounded-md bg-surface">
          {keys.map((k) => (
            <ValueRow key={`${k.kind} ${k.key}`} of={k} />
          ))}
          {!loading && keys.length === 0 && (
            <li className="px-4 py-8 text-center text-sm text-muted">
              Nothing is shared or blocked yet. A value that three people hold appears here by itself.
            </li>
          )}
        </ul>
      )}
    </>
  );
}

function ValueRow({ of: k }: { of: KeyPolicy }): ReactNode {
  const [refusal, setRefusal] = useState("");
  const shown = k.policy === "" ? null : policyWords[k.policy];
  return (
    <li className="flex min-h-11 flex-wrap items-center gap-3 border-b border-line px-4 py-1.5 last:border-0">
      <span className="min-w-0 flex-1">
        <span className="block truncate text-sm select-text">{k.key}</span>
        <span className="block truncate text-xs text-muted">
          {k.kind === "phone" ? "Phone number" : "Mail address"}
          {k.holders > 0 && ` · held by ${k.holders}`}
          {k.note !== "" && ` · ${k.note}`}
        </span>
      </span>
      {shown && (
        <Chip tone={shown.tone}>
          {shown.word}
          {k.counted && ", counted"}
        </Chip>
      )}
      <MenuButton
        label={`What ${k.key} is`}
        choices={choices.map((c) => ({ ...c, selected: c.id === (k.counted ? "counted" : k.policy) }))}
        onChoose={(id) => void setKeyPolicy(k.kind, k.key, policies.find((p) => p === id) ?? "", k.note).then(setRefusal)}
      >
        <Button aria-label={`Change what ${k.key} is`} className="w-8 justify-center px-0!">
          <Ellipsis size={16} aria-hidden="true" />
        </Button>
      </MenuButton>
      {refusal !== "" && (
        <p role="alert" className="w-full text-xs text-red-text">
          {refusal}
        </p>
      )}
    </li>
  );
}

function AddValue(): ReactNode {
  const [value, setValue] = useState("");
  const [policy, setPolicy] = useState<Policy>("shared");
  const [note, setNote] = useState("");
  const [refusal, setRefusal] = useState("");
  const field = "h-8 rounded-md border border-line-strong bg-surface px-2 text-sm max-md:h-11 max-md:w-full";
  return (
    <form
      className="mt-4 flex flex-wrap items-center gap-2"
      onSubmit={(e) => {
        e.preventDefault();
        const v = value.trim();
        if (v === "") return;
        void setKeyPolicy(v.includes("@") ? "email" : "phone", v, policy, note.trim()).then((words) => {
          setRefusal(words);
          if (words === "") {
            setValue("");
            setNote("");
          }
        });
      }}
    >
      <input aria-label="Mail address or phone number" placeholder="Mail address or phone number" value={value} onChange={(e) => setValue(e.target.value)} className={`${field} min-w-60`} />
      <select aria-label="What it is" value={policy} onChange={(e) => setPolicy(policies.find((p) => p === e.target.value) ?? "shared")} className={field}>
        <option value="shared">Several people&apos;s</option>
        <option value="blocked">Nobody&apos;s</option>
        <option value="personal">One person&apos;s</option>
      </select>
      <input aria-label="Note" placeholder="Note" value={note} onChange={(e) => setNote(e.target.value)} className={`${field} min-w-40 flex-1`} />
      <Button look="solid" type="submit" isDisabled={value.trim() === ""}>
        Add
      </Button>
      <p role="alert" className="w-full text-xs text-red-text empty:hidden">
        {refusal}
      </p>
    </form>
  );
}

function Stores({ on }: { on: boolean }): ReactNode {
  const now = useNow();
  const { value: stores, loading, error } = useStores(on);
  return (
    <>
      <h1 className="text-lg font-semibold">Order numbers</h1>
      <p className="mt-1 max-w-2xl text-sm text-secondary">
        How each store numbers its orders, learned from the orders themselves. It is how a number in a message is known to be one.
      </p>
      {error ? (
        <Trouble words="The stores can't be loaded." kept={error.message} />
      ) : (
        <ul className="mt-4 flex flex-col gap-2">
          {stores.map((s) => (
            <li key={s.store} className="rounded-md bg-surface px-4 py-3">
              <p className="flex items-baseline gap-2">
                <span className="text-sm font-semibold">{s.store}</span>
                <span className="figures text-xs text-muted">
                  {s.orders.toLocaleString()} {s.orders === 1 ? "order" : "orders"}
                </span>
                {s.newestOrderAt !== "" && (
                  <span className="ml-auto text-xs text-muted" title={exactly(s.newestOrderAt)}>
                    newest {age(s.newestOrderAt, now)}
                  </span>
                )}
              </p>
              <p className="figures mt-1 text-sm select-text">{s.text || s.examples.join(", ") || "Nothing learned yet."}</p>
            </li>
          ))}
          {!loading && stores.length === 0 && <li className="py-8 text-center text-sm text-muted">No shop has sent an order yet.</li>}
        </ul>
      )}
    </>
  );
}

/** By what the exchange knows the agent, and which calls are shown. */
function OwnTelephone({ me }: { me: AgentDesk }): ReactNode {
  return (
    <>
      <h1 className="text-lg font-semibold">Your telephone</h1>
      <p className="mt-1 max-w-2xl text-sm text-secondary">
        When a call rings at your telephone its customer&apos;s card comes up, whichever conversation you are in. Give the extension or the number by
        which your exchange knows you.
      </p>
      <ul className="mt-4 rounded-md bg-surface">
        <Telephone of={me} label="Extension or number" />
      </ul>
      <Holding />
    </>
  );
}

/** How long a mail can be taken back, on this machine. */
function Holding(): ReactNode {
  const [seconds, setSeconds] = useState(hold);
  return (
    <>
      <h2 className="mt-8 text-lg font-semibold">Undo send</h2>
      <p className="mt-1 max-w-2xl text-sm text-secondary">How long a mail waits before it leaves, so that you can take it back. It holds for this browser.</p>
      <select
        aria-label="Undo send"
        value={seconds}
        onChange={(e) => {
          setHold(Number(e.target.value));
          setSeconds(hold());
        }}
        className="mt-3 h-8 rounded-md border border-line-strong bg-surface px-2 text-sm max-md:h-11"
      >
        {holds.map((s) => (
          <option key={s} value={s}>
            {s === 0 ? "Not at all" : `${s} seconds`}
          </option>
        ))}
      </select>
    </>
  );
}

function Telephones({ on }: { on: boolean }): ReactNode {
  const { value: agents, loading, error } = useAgents(on);
  return (
    <>
      <h1 className="text-lg font-semibold">Telephones</h1>
      <p className="mt-1 max-w-2xl text-sm text-secondary">
        A call that rings at one of these is shown to its agent alone. One that rings for nobody by name is shown to those of the inbox who are there
        and want it.
      </p>
      {error ? (
        <Trouble words="The agents can't be loaded." kept={error.message} />
      ) : (
        <ul className="mt-4 rounded-md bg-surface">
          {agents
            .filter((a) => a.active)
            .map((a) => (
              <Telephone key={a.id} of={a} label={`Telephone of ${a.name}`} named />
            ))}
          {!loading && agents.length === 0 && <li className="px-4 py-8 text-center text-sm text-muted">Nobody works here yet.</li>}
        </ul>
      )}
    </>
  );
}

function Telephone({ of: a, label, named = false }: { of: AgentDesk; label: string; named?: boolean }): ReactNode {
  const [phone, setPhone] = useState(a.phone);
  const [refusal, setRefusal] = useState("");
  const [saved, setSaved] = useState(false);
  const changed = phone.trim() !== a.phone;
  const change = (what: { readonly phone?: string; readonly callPop?: boolean }): void => {
    setSaved(false);
    void changeDesk(a.id, what).then((words) => {
      setRefusal(words);
      setSaved(words === "");
    });
  };
  return (
    <li className="flex min-h-14 flex-wrap items-center gap-3 border-b border-line px-4 py-2 last:border-0">
      {named && (
        <span className="min-w-40 flex-1">
          <span className="block truncate text-sm">{a.name}</span>
          <span className="block truncate text-xs text-muted">{a.email}</span>
        </span>
      )}
      <form
        className={`flex items-center gap-2 ${named ? "" : "min-w-60 flex-1"}`}
        onSubmit={(e) => {
          e.preventDefault();
          change({ phone: phone.trim() });
        }}
      >
        <input
          aria-label={label}
          placeholder="Extension or number"
          value={phone}
          onChange={(e) => setPhone(e.target.value)}
          className="figures h-8 w-44 rounded-md border border-line-strong bg-surface px-2 text-sm max-md:h-11"
        />
        <Button look={changed ? "solid" : "outline"} type="submit" isDisabled={!changed}>
          Save
        </Button>
        <span role="status" className="text-xs text-muted">
          {saved && !changed ? "Saved" : ""}
        </span>
      </form>
      <label className="flex min-h-8 items-center gap-2 text-sm max-md:min-h-11">
        <input type="checkbox" checked={a.callPop} onChange={(e) => change({ callPop: e.target.checked })} className="size-4 accent-(--accent)" />
        Show calls to the inbox
      </label>
      {refusal !== "" && (
        <p role="alert" className="w-full text-xs text-red-text">
          {refusal}
        </p>
      )}
    </li>
  );
}
