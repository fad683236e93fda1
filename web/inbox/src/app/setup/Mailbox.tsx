// The first mailbox: by its provider, or server by server, tried out before it is
// connected.

import { useId, useState, type ReactNode } from "react";
import { makeAccount, useAccounts, type Draft } from "../../accounts";
import { saidOf, tryAccount, type Setup, type Trial } from "../../setup";
import type { Me } from "../../types";
import { Button } from "../../ui/controls";
import { StateChip } from "../Channels";
import { PlaceLink } from "../PlaceLink";
import { field, Labelled } from "../SchemaForm";
import { Done, Refusal, Trials } from "./parts";
import { providerOf, providers, type Server } from "./providers";
import { words } from "./words";

const empty: Server = { host: "", port: 0, security: "tls" };

export function Mailbox({ me, setup }: { me: Me; setup: Setup }): ReactNode {
  const w = words().mailbox;
  const { items } = useAccounts(true);
  const [another, setAnother] = useState(false);
  const made = items.filter((a) => a.channel === "email");
  if (setup.mailbox === "" || another) return <MailboxForm me={me} taken={items.map((a) => a.id)} onMade={() => setAnother(false)} />;
  return (
    <div className="flex flex-col gap-3">
      {made.map((a) => (
        <div key={a.id} className="flex flex-wrap items-center gap-3 rounded-md bg-surface px-4 py-3">
          <Done words={w.connected(a.address)} />
          <StateChip of={a} />
          <PlaceLink to={`/settings/channels/${a.id}`} className="ms-auto rounded-md px-2 py-1 text-sm text-accent-text data-[hovered]:bg-hover">
            {w.more}
          </PlaceLink>
          {a.health.lastError !== "" && <p className="w-full text-xs break-words text-red-text">{a.health.lastError}</p>}
        </div>
      ))}
      <Button look="outline" className="w-fit" onPress={() => setAnother(true)}>
        {w.another}
      </Button>
    </div>
  );
}

function idFor(address: string, taken: readonly string[]): string {
  const base = (address.split("@")[0] ?? "").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 36) || "mail";
  for (let n = 1; ; n++) {
    const id = n === 1 ? base : `${base}-${n}`;
    if (!taken.includes(id)) return id;
  }
}

function MailboxForm({ me, taken, onMade }: { me: Me; taken: readonly string[]; onMade: () => void }): ReactNode {
  const w = words().mailbox;
  const [address, setAddress] = useState("");
  const [name, setName] = useState("");
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const [chosen, setChosen] = useState(""); // "" = by the address
  const [imap, setImap] = useState(empty);
  const [smtp, setSmtp] = useState(empty);
  const [trials, setTrials] = useState<readonly Trial[] | null>(null);
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState("");
  const ids = { address: useId(), name: useId(), provider: useId(), password: useId(), user: useId() };
  const provider = providers.find((p) => p.id === chosen);
  const choose = (id: string): void => {
    const p = providers.find((x) => x.id === id);
    setChosen(id);
    setTrials(null);
    setImap(p?.imap ?? empty);
    setSmtp(p?.smtp ?? empty);
  };
  const typed = (a: string): void => {
    setAddress(a);
    setTrials(null);
    const p = providerOf(a);
    if (p && chosen === "") choose(p.id);
  };
  const server = (s: Server): Record<string, unknown> => ({ host: s.host.trim(), port: s.port, security: s.security });
  const draft = (): Draft => ({
    id: idFor(address, taken),
    channel: "email",
    inboxId: me.inboxes.find((i) => !i.archived)?.id ?? "",
    name: name.trim(),
    address: address.trim(),
    also: [],
    maxProof: 2,
    kinds: [],
    region: "",
    plusAddress: false,
    paused: false,
    settings: {
      imap: server(imap),
      ...(smtp.host.trim() === "" ? {} : { smtp: server(smtp) }),
      ...(user.trim() === "" ? {} : { username: user.trim() }),
      password,
      ...(provider?.authServId === undefined ? {} : { authServId: [provider.authServId] }),
    },
    version: 0,
  });
  const attempt = async (connect: boolean, anyway = false): Promise<void> => {
    setBusy(true);
    setRefusal("");
    try {
      if (!anyway) {
        const found = await tryAccount(draft());
        setTrials(found);
        if (!found.every((t) => t.ok)) return;
      }
      if (connect) {
        const said = await makeAccount(draft());
        setRefusal(said);
        if (said === "") onMade();
      }
    } catch (e) {
      setTrials(null);
      setRefusal(saidOf(e));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      className="flex max-w-xl flex-col gap-4"
      onSubmit={(e) => {
        e.preventDefault();
        void attempt(true);
      }}
    >
      <Labelled id={ids.address} words={w.address}>
        <input id={ids.address} type="email" required value={address} autoComplete="off" className={field} onChange={(e) => typed(e.target.value)} />
      </Labelled>
      <Labelled id={ids.name} words={w.name} help={w.nameHelp}>
        <input id={ids.name} value={name} maxLength={200} autoComplete="off" aria-describedby={`${ids.name}-help`} className={field} onChange={(e) => setName(e.target.value)} />
      </Labelled>
      <Labelled id={ids.provider} words={w.provider}>
        <select id={ids.provider} value={chosen} className={`${field} max-w-72`} onChange={(e) => choose(e.target.value)}>
          <option value="">{w.other}</option>
          {providers.map((p) => (
            <option key={p.id} value={p.id}>
              {p.name}
            </option>
          ))}
        </select>
      </Labelled>
      {provider?.hint !== undefined && <p className="rounded-md bg-amber-soft px-3 py-2 text-sm text-amber-text">{w.hints[provider.hint]}</p>}
      <Labelled id={ids.password} words={w.password}>
        <input
          id={ids.password}
          type="password"
          required
          value={password}
          autoComplete="new-password"
          className={field}
          onChange={(e) => {
            setPassword(e.target.value);
            setTrials(null);
          }}
        />
      </Labelled>
      <Labelled id={ids.user} words={w.user} help={w.userHelp}>
        <input id={ids.user} value={user} autoComplete="off" spellCheck={false} aria-describedby={`${ids.user}-help`} className={field} onChange={(e) => setUser(e.target.value)} />
      </Labelled>
      <ServerFields title={w.imap} of={imap} usual={{ tls: 993, starttls: 143, none: 143 }} needed onChange={setImap} />
      <ServerFields title={w.smtp} of={smtp} usual={{ tls: 465, starttls: 587, none: 25 }} onChange={setSmtp} />
      {trials && <Trials of={trials} smtp={smtp.host !== ""} />}
      <Refusal words={refusal} />
      <div className="flex flex-wrap gap-2">
        <Button type="submit" look="solid" isDisabled={busy}>
          {w.connect}
        </Button>
        <Button look="outline" isDisabled={busy} onPress={() => void attempt(false)}>
          {busy ? w.testing : w.test}
        </Button>
        {trials && !trials.every((t) => t.ok) && (
          <Button isDisabled={busy} onPress={() => void attempt(true, true)}>
            {w.anyway}
          </Button>
        )}
      </div>
    </form>
  );
}

function ServerFields({
  title,
  of,
  usual,
  needed = false,
  onChange,
}: {
  title: string;
  of: Server;
  usual: Record<Server["security"], number>;
  needed?: boolean;
  onChange: (s: Server) => void;
}): ReactNode {
  const w = words().mailbox;
  const ids = { host: useId(), port: useId(), security: useId() };
  return (
    <fieldset className="flex flex-wrap gap-3">
      <legend className="mb-2 text-sm font-medium">{title}</legend>
      <div className="min-w-52 flex-1">
        <Labelled id={ids.host} words={w.host}>
          <input id={ids.host} value={of.host} required={needed} autoComplete="off" spellCheck={false} className={field} onChange={(e) => onChange({ ...of, host: e.target.value })} />
        </Labelled>
      </div>
      <div className="w-24">
        <Labelled id={ids.port} words={w.port}>
          <input
            id={ids.port}
            type="number"
            min={1}
            max={65535}
            required={of.host !== ""}
            value={of.port === 0 ? "" : of.port}
            placeholder={String(usual[of.security])}
            className={`${field} figures`}
            onChange={(e) => onChange({ ...of, port: Number(e.target.value) })}
            onFocus={() => of.port === 0 && onChange({ ...of, port: usual[of.security] })}
          />
        </Labelled>
      </div>
      <div className="min-w-44">
        <Labelled id={ids.security} words={w.security}>
          <select
            id={ids.security}
            value={of.security}
            className={field}
            onChange={(e) => {
              const security = (["tls", "starttls", "none"] as const).find((s) => s === e.target.value) ?? "tls";
              onChange({ ...of, security, port: of.port === usual[of.security] || of.port === 0 ? usual[security] : of.port });
            }}
          >
            {(["tls", "starttls", "none"] as const).map((s) => (
              <option key={s} value={s}>
                {w.securities[s]}
              </option>
            ))}
          </select>
        </Labelled>
      </div>
    </fieldset>
  );
}
