import { UsersRound } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useMatches } from "../../panel";
import { mergeCustomers, refuseMatch } from "../../relations";
import type { Customer, Match } from "../../types";
import { Button } from "../../ui/controls";
import { date } from "../../words";
import { kinds } from "./Identities";
import { Refusal } from "./Section";

/** One question at a time: is this somebody whom we know already? */
export function Matches({ customer }: { customer: Customer }): ReactNode {
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
        {matches.length === 1 ? "Somebody alike" : `${matches.length} people alike`}
      </Button>
    );
  }
  return <MatchCard key={first.customer.id} customer={customer} match={first} more={asked.length - 1} />;
}

/** From this score on a match is a question; what is weaker waits until it is looked for. */
const worthAsking = 0.5;

function MatchCard({ customer, match: m, more }: { customer: Customer; match: Match; more: number }): ReactNode {
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
    <section aria-label="Possible match" className="rounded-md bg-surface p-3">
      <h3 className="flex items-center gap-1.5 text-sm font-medium">
        <UsersRound size={15} strokeWidth={1.75} aria-hidden="true" className="text-muted" />
        Is this the same person?
      </h3>
      <div className="mt-2 grid grid-cols-2 gap-3">
        <Side words="Here" customer={customer} />
        <Side words="Maybe also" customer={m.customer} />
      </div>
      <ul className="mt-2 text-xs text-secondary">
        {m.reasons.map((r) => (
          <li key={r} className={/^not\b/i.test(r) ? "text-amber-text" : ""}>
            {r.charAt(0).toUpperCase() + r.slice(1)}
          </li>
        ))}
      </ul>
      <div className="mt-3 flex flex-wrap gap-1.5">
        <Button look="solid" isDisabled={busy} onPress={() => answer(mergeCustomers(customer.id, m.customer))}>
          Same
        </Button>
        <Button look="outline" isDisabled={busy} onPress={() => answer(refuseMatch(customer.id, m.customer, false))}>
          Different
        </Button>
        <Button isDisabled={busy} onPress={() => answer(refuseMatch(customer.id, m.customer, true))}>
          Later
        </Button>
      </div>
      {more > 0 && <p className="mt-2 text-xs text-muted">{more === 1 ? "One more after this." : `${more} more after this.`}</p>}
      <Refusal words={refusal} />
    </section>
  );
}

function Side({ words, customer: c }: { words: string; customer: Customer }): ReactNode {
  return (
    <div className="min-w-0">
      <p className="text-xs text-muted">{words}</p>
      <p className="text-sm font-medium break-words">{c.name || "No name"}</p>
      <ul>
        {c.identities.slice(0, 4).map((i) => {
          const Icon = kinds[i.kind]?.icon;
          return (
            <li key={i.id} className="flex items-center gap-1.5 text-xs text-secondary">
              {Icon && <Icon size={12} strokeWidth={1.75} aria-label={kinds[i.kind]?.word} className="shrink-0 text-muted" />}
              <span className="min-w-0 break-all select-text">{i.value}</span>
            </li>
          );
        })}
      </ul>
      <p className="text-xs text-muted">since {date(c.createdAt)}</p>
    </div>
  );
}
