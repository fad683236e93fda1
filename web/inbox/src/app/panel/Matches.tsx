import { UsersRound } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useMatches } from "../../panel";
import { mergeCustomers, refuseMatch } from "../../relations";
import type { Customer, Match } from "../../types";
import { Button } from "../../ui/controls";
import { date } from "../../words";
import { kindIcon } from "./Identities";
import { useWords } from "./panelwords";
import { reason } from "./reasonwords";
import { Refusal } from "./Section";

/** One question at a time: is this somebody whom we know already? */
export function Matches({ customer }: { customer: Customer }): ReactNode {
  const w = useWords();
  const matches = useMatches(customer.id);
  const [weak, setWeak] = useState(false);
  const likely = matches.filter((m) => m.score >= worthAsking);
  const asked = weak ? matches : likely;
  const first = asked[0];
  if (!first) {
    if (matches.length === 0) return null;
    return (
      <Button className="-mx-2.5 -my-3 self-start text-xs text-muted" onPress={() => setWeak(true)}>
        <UsersRound size={14} strokeWidth={1.75} aria-hidden="true" />
        {w.alike(matches.length)}
      </Button>
    );
  }
  return <MatchCard key={first.customer.id} customer={customer} match={first} more={asked.length - 1} />;
}

/** From this score on a match is a question; what is weaker waits until it is looked for. */
const worthAsking = 0.5;

function MatchCard({ customer, match: m, more }: { customer: Customer; match: Match; more: number }): ReactNode {
  const w = useWords();
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState("");
  const answer = (what: Promise<string>): void => {
    setBusy(true);
    void what.then((words) => {
      setRefusal(words);
      setBusy(false);
    });
  };
  return (
    <section aria-label={w.possible} className="rounded-md bg-surface p-3">
      <h3 className="flex items-center gap-1.5 text-sm font-medium">
        <UsersRound size={15} strokeWidth={1.75} aria-hidden="true" className="text-muted" />
        {w.samePerson}
      </h3>
      <div className="mt-2 grid grid-cols-2 gap-3">
        <Side words={w.here} customer={customer} />
        <Side words={w.maybe} customer={m.customer} />
      </div>
      <ul className="mt-2 text-xs text-secondary">
        {m.reasons.map((r) => (
          <li key={r} className={/^not\b/i.test(r) ? "text-amber-text" : ""}>
            {capital(reason(r))}
          </li>
        ))}
      </ul>
      <div className="mt-3 flex flex-wrap gap-1.5">
        <Button look="solid" isDisabled={busy} onPress={() => answer(mergeCustomers(customer.id, m.customer))}>
          {w.same}
        </Button>
        <Button look="outline" isDisabled={busy} onPress={() => answer(refuseMatch(customer.id, m.customer, false))}>
          {w.different}
        </Button>
        <Button isDisabled={busy} onPress={() => answer(refuseMatch(customer.id, m.customer, true))}>
          {w.later}
        </Button>
      </div>
      {more > 0 && <p className="mt-2 text-xs text-muted">{w.moreAfter(more)}</p>}
      <Refusal words={refusal} />
    </section>
  );
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function Side({ words, customer: c }: { words: string; customer: Customer }): ReactNode {
  const w = useWords();
  return (
    <div className="min-w-0">
      <p className="text-xs text-muted">{words}</p>
      <p className="text-sm font-medium break-words">{c.name || w.noName}</p>
      <ul>
        {c.identities.slice(0, 4).map((i) => {
          const Icon = kindIcon[i.kind];
          return (
            <li key={i.id} className="flex items-center gap-1.5 text-xs text-secondary">
              {Icon && <Icon size={12} strokeWidth={1.75} aria-label={w.kinds[i.kind]} className="shrink-0 text-muted" />}
              <span className="min-w-0 break-all select-text">{i.value}</span>
            </li>
          );
        })}
      </ul>
      <p className="text-xs text-muted">{w.since(date(c.createdAt))}</p>
    </div>
  );
}
