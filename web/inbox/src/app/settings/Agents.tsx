// Everybody who works or worked here, and who is invited.

import { Plus } from "lucide-react";
import { useRef, useState, type ReactNode } from "react";
import { useMembers, type Member, type Shown } from "../../people";
import { Avatar, Chip, Trouble } from "../../ui/controls";
import { useNow } from "../../ui/hooks";
import { exactly, initials } from "../../words";
import { ago } from "../../words/ago";
import { PlaceLink } from "../PlaceLink";
import { PresenceDot, usePresence } from "../Presence";
import { Agent } from "./Agent";
import { Invitations } from "./Invitations";
import { Invite, Link } from "./Invite";
import type { PageProps } from "./pages";
import { useWords } from "./peoplewords";

export default function Agents({ me, rest: [first] }: PageProps): ReactNode {
  if (first === "invite") return <Invite me={me} />;
  return first === undefined ? <All me={me} /> : <Agent key={first} me={me} id={first} />;
}

function All({ me }: Pick<PageProps, "me">): ReactNode {
  const w = useWords();
  const { items, loading, error } = useMembers();
  const [shown, setShown] = useState<Shown | null>(null);
  const gone = items.filter((m) => !m.active);
  const top = useRef<HTMLDivElement>(null);
  const done = (): void => {
    setShown(null);
    top.current?.querySelector("a")?.focus(); // the button that was pressed is gone
  };
  return (
    <>
      <div ref={top} className="flex flex-wrap items-start gap-3">
        <div className="min-w-0 flex-1">
          <h1 className="text-lg font-semibold">{w.agents}</h1>
          <p className="mt-1 max-w-2xl text-sm text-secondary">{w.agentsLead}</p>
        </div>
        <PlaceLink
          to="/settings/agents/invite"
          className="flex h-8 items-center gap-1.5 rounded-md bg-accent px-2.5 text-sm font-medium text-on-accent data-[hovered]:bg-accent-hover max-md:h-11"
        >
          <Plus size={15} aria-hidden="true" />
          {w.invite}
        </PlaceLink>
      </div>
      {shown && <Link of={shown} words={w.inviteLink} onDone={done} />}
      {error ? (
        <Trouble words={w.failed} kept={error.message} />
      ) : (
        !loading && (
          <>
            <List of={items.filter((m) => m.active)} me={me} />
            <Invitations onLink={setShown} />
            {gone.length > 0 && (
              <section aria-labelledby="gone">
                <h2 id="gone" className="mt-6 text-sm font-semibold">
                  {w.deactivated}
                </h2>
                <List of={gone} me={me} />
              </section>
            )}
          </>
        )
      )}
    </>
  );
}

function List({ of, me }: { of: readonly Member[]; me: PageProps["me"] }): ReactNode {
  return (
    <ul className="mt-3 rounded-md bg-surface">
      {of.map((m) => (
        <Row key={m.id} of={m} me={me} />
      ))}
    </ul>
  );
}

function Row({ of: m, me }: { of: Member; me: PageProps["me"] }): ReactNode {
  const w = useWords();
  const now = useNow();
  const state = usePresence(m.id);
  const teams = me.teams.filter((t) => m.teams.includes(t.id)).map((t) => t.name);
  const seen = m.seenAt === "" ? w.never : w.seen(ago(m.seenAt, now));
  return (
    <li className="border-b border-line last:border-0">
      <PlaceLink to={`/settings/agents/${m.id}`} className="flex min-h-14 items-center gap-3 px-4 py-2 data-[hovered]:bg-hover">
        <span className="relative flex shrink-0">
          <Avatar name={initials(m.name)} size={32} ours={m.active} />
          {m.active && (
            <span className="absolute -end-0.5 -bottom-0.5 flex rounded-full ring-2 ring-surface">
              <PresenceDot state={state} />
            </span>
          )}
        </span>
        <span className="min-w-0 flex-1">
          <span className="block truncate text-sm">
            <span className="font-medium">{m.name}</span>
            {m.id === me.agent.id && <span className="text-muted"> ({w.you})</span>}
          </span>
          <span className="block truncate text-xs text-muted">{m.email}</span>
          <span className="block truncate text-xs text-muted md:hidden">{[seen, ...(m.open > 0 ? [w.open(m.open)] : []), ...teams].join(" · ")}</span>
        </span>
        <span className="hidden w-48 min-w-0 truncate text-xs text-secondary lg:block">{teams.join(", ") || w.noTeam}</span>
        <span className="figures hidden w-16 text-end text-xs text-secondary md:block">{m.open > 0 && w.open(m.open)}</span>
        <span className="hidden w-36 text-end text-xs text-muted md:block" title={exactly(m.seenAt)}>
          {seen}
        </span>
        <span className="flex w-24 justify-end">
          <Chip tone={m.role === "agent" ? "quiet" : "accent"}>{w.roles[m.role]}</Chip>
        </span>
      </PlaceLink>
    </li>
  );
}
