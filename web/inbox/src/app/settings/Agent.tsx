// One agent: what they are called, may see and do, and how they come in and go.

import { ArrowLeft } from "lucide-react";
import { useState, type ReactNode } from "react";
import { changeMember, deactivate, passwordLink, reactivate, signOutEverywhere, useMembers, type Member, type Shown } from "../../people";
import { Button, Chip, Trouble } from "../../ui/controls";
import { toast } from "../../ui/signals";
import { PlaceLink } from "../PlaceLink";
import { box, Checks, Line, Refusal } from "./form";
import { Link, RoleChoice } from "./Invite";
import type { PageProps } from "./pages";
import { useWords } from "./peoplewords";

export function Agent({ me, id }: { me: PageProps["me"]; id: string }): ReactNode {
  const w = useWords();
  const { items, loading, error } = useMembers();
  const m = items.find((x) => x.id === id);
  if (error) return <Trouble words={w.failed} kept={error.message} />;
  if (!m) return loading ? null : <Trouble words={w.none} />;
  return (
    <>
      <PlaceLink to="/settings/agents" className="inline-flex h-8 items-center gap-1.5 rounded-md px-1 text-sm text-secondary data-[hovered]:bg-hover max-md:h-11">
        <ArrowLeft size={15} aria-hidden="true" />
        {w.agents}
      </PlaceLink>
      <div className="mt-1 flex flex-wrap items-center gap-3">
        <h1 className="text-lg font-semibold">{m.name}</h1>
        {!m.active && <Chip tone="amber">{w.deactivated}</Chip>}
        <span className="text-sm text-muted select-text">{m.email}</span>
      </div>
      {m.active ? (
        <>
          <Fields key={JSON.stringify([m.name, m.role, m.inboxes, m.teams, m.orderActions])} of={m} me={me} />
          <Access of={m} />
          <Leave of={m} all={items} me={me} />
        </>
      ) : (
        <Return of={m} />
      )}
    </>
  );
}

function Fields({ of: m, me }: { of: Member; me: PageProps["me"] }): ReactNode {
  const w = useWords();
  const [name, setName] = useState(m.name);
  const [role, setRole] = useState(m.role);
  const [inboxes, setInboxes] = useState<string[]>([...m.inboxes]);
  const [teams, setTeams] = useState<string[]>([...m.teams]);
  const [orders, setOrders] = useState(m.orderActions);
  const [refusal, setRefusal] = useState("");
  return (
    <form
      className="mt-4 flex flex-col gap-4 rounded-md bg-surface p-4"
      onSubmit={(e) => {
        e.preventDefault();
        void changeMember(m.id, { name, role, inboxes, teams, orderActions: orders }).then((words) => {
          setRefusal(words);
          if (words === "") toast(w.saved);
        });
      }}
    >
      <div className="max-w-sm">
        <Line words={w.name} help={w.nameHelp} value={name} onChange={setName} />
      </div>
      <RoleChoice value={role} onChange={setRole} />
      {role === "agent" ? <Checks words={w.inboxes} of={me.inboxes} value={inboxes} onChange={setInboxes} /> : <p className="text-xs text-muted">{w.seesAll}</p>}
      <Checks words={w.teams} of={me.teams} value={teams} onChange={setTeams} empty={w.noTeams} />
      {role === "agent" && (
        <label className="flex min-h-8 items-center gap-2 text-sm max-md:min-h-11">
          <input type="checkbox" checked={orders} onChange={(e) => setOrders(e.target.checked)} className="size-4 accent-(--accent)" />
          {w.orderActions}
        </label>
      )}
      <Refusal words={refusal} />
      <div>
        <Button look="solid" type="submit" isDisabled={name.trim() === ""}>
          {w.save}
        </Button>
      </div>
    </form>
  );
}

function Access({ of: m }: { of: Member }): ReactNode {
  const w = useWords();
  const [shown, setShown] = useState<Shown | null>(null);
  const [said, setSaid] = useState("");
  const [refusal, setRefusal] = useState("");
  return (
    <section aria-labelledby="access" className="mt-6">
      <h2 id="access" className="text-sm font-semibold">
        {w.access}
      </h2>
      <div className="mt-2 flex flex-wrap items-center gap-2">
        <Button
          look="outline"
          onPress={() => {
            setRefusal("");
            passwordLink(m).then(setShown, (e: unknown) => setRefusal(e instanceof Error ? e.message : String(e)));
          }}
        >
          {w.makeLink}
        </Button>
        <Button
          look="outline"
          onPress={() =>
            void signOutEverywhere(m.id).then((words) => {
              setRefusal(words);
              setSaid(words === "" ? w.signedOut : "");
            })
          }
        >
          {w.signOutAll}
        </Button>
        <span role="status" className="text-xs text-muted">
          {said}
        </span>
      </div>
      <Refusal words={refusal} />
      {shown && <Link of={shown} words={w.passwordLink} onDone={() => setShown(null)} />}
    </section>
  );
}

function Leave({ of: m, all, me }: { of: Member; all: readonly Member[]; me: PageProps["me"] }): ReactNode {
  const w = useWords();
  const [asked, setAsked] = useState<boolean | null>(null); // null: never
  const [to, setTo] = useState("");
  const [refusal, setRefusal] = useState("");
  if (asked !== true)
    return (
      <div className="mt-6">
        {/* eslint-disable-next-line jsx-a11y/no-autofocus -- where one was before it was cancelled */}
        <Button look="bad" autoFocus={asked === false} onPress={() => setAsked(true)}>
          {w.deactivate}
        </Button>
      </div>
    );
  const [kind, id = ""] = to.split(" ");
  return (
    <form
      aria-label={w.deactivate}
      className="mt-6 flex flex-col gap-3 rounded-md bg-surface p-4"
      onSubmit={(e) => {
        e.preventDefault();
        void deactivate(m.id, kind === "agent" ? { agentId: id } : kind === "team" ? { teamId: id } : {}).then(setRefusal);
      }}
    >
      <p className="text-sm">{w.deactivateLead(m.name, m.open)}</p>
      <label className="text-sm">
        <span className="mb-1 block">{w.goesTo}</span>
        {/* eslint-disable-next-line jsx-a11y/no-autofocus -- it was asked for */}
        <select autoFocus value={to} onChange={(e) => setTo(e.target.value)} className={`${box} max-w-full min-w-60`}>
          <option value="">{w.queue}</option>
          <optgroup label={w.toTeam}>
            {me.teams.map((t) => (
              <option key={t.id} value={`team ${t.id}`}>
                {t.name}
              </option>
            ))}
          </optgroup>
          <optgroup label={w.toAgent}>
            {all
              .filter((x) => x.active && x.id !== m.id)
              .map((x) => (
                <option key={x.id} value={`agent ${x.id}`}>
                  {x.name}
                </option>
              ))}
          </optgroup>
        </select>
      </label>
      <p className="text-xs text-muted">{w.drafts}</p>
      <Refusal words={refusal} />
      <div className="flex gap-2">
        <Button look="bad" type="submit">
          {w.deactivate}
        </Button>
        <Button look="plain" onPress={() => setAsked(false)}>
          {w.cancel}
        </Button>
      </div>
    </form>
  );
}

function Return({ of: m }: { of: Member }): ReactNode {
  const w = useWords();
  const [refusal, setRefusal] = useState("");
  return (
    <div className="mt-4 flex flex-col items-start gap-3 rounded-md bg-surface p-4">
      <p className="text-sm text-secondary">{w.reactivateLead}</p>
      <Button look="solid" onPress={() => void reactivate(m.id).then(setRefusal)}>
        {w.reactivate}
      </Button>
      <Refusal words={refusal} />
    </div>
  );
}
