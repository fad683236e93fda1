// Who is invited and has not come in yet.

import { useState, type ReactNode } from "react";
import { inviteAgain, useInvitations, withdraw, type Invitation, type Shown } from "../../people";
import { Button } from "../../ui/controls";
import { useNow } from "../../ui/hooks";
import { locale } from "../../words/language";
import { Refusal } from "./form";
import { useWords } from "./peoplewords";

/** Who is invited and has not come in yet; nothing where there is nobody. */
export function Invitations({ onLink }: { onLink: (l: Shown | null) => void }): ReactNode {
  const w = useWords();
  const { items } = useInvitations();
  if (items.length === 0) return null;
  return (
    <section aria-labelledby="invited">
      <h2 id="invited" className="mt-6 text-sm font-semibold">
        {w.invited}
      </h2>
      <ul className="mt-3 rounded-md bg-surface">
        {items.map((v) => (
          <Pending key={v.id} of={v} onLink={onLink} />
        ))}
      </ul>
    </section>
  );
}

function Pending({ of: v, onLink }: { of: Invitation; onLink: (l: Shown | null) => void }): ReactNode {
  const w = useWords();
  const now = useNow();
  const [refusal, setRefusal] = useState("");
  const over = Date.parse(v.expiresAt) <= now;
  const day = new Intl.DateTimeFormat(locale(), { day: "numeric", month: "short" }).format(Date.parse(v.expiresAt));
  return (
    <li className="flex min-h-14 flex-wrap items-center gap-3 border-b border-line px-4 py-2 last:border-0">
      <span className="min-w-40 flex-1 max-md:w-full max-md:flex-none">
        <span className="block truncate text-sm select-text">{v.email}</span>
        <span className="block text-xs text-muted">
          {w.roles[v.role]} · {over ? w.expired : w.expires(day)}
          {!v.mailed && ` · ${w.notMailed}`}
        </span>
      </span>
      <Button
        look="outline"
        aria-label={w.of(w.again, v.email)}
        onPress={() => {
          setRefusal("");
          inviteAgain(v.id).then(onLink, (e: unknown) => setRefusal(e instanceof Error ? e.message : String(e)));
        }}
      >
        {w.again}
      </Button>
      <Button
        look="bad"
        aria-label={w.of(w.withdraw, v.email)}
        onPress={() => {
          onLink(null);
          void withdraw(v.id).then(setRefusal);
        }}
      >
        {w.withdraw}
      </Button>
      <Refusal words={refusal} />
    </li>
  );
}
