import { AtSign, ChevronRight, CircleCheck, CircleDashed, CircleHelp, Mail, MessageCircle, Phone, Shield, ShoppingBag, type LucideIcon } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import { useMerges } from "../../data";
import { unmerge } from "../../relations";
import type { Customer, Identity, Merge, Proof } from "../../types";
import { Button, Tip } from "../../ui/controls";
import { useNow } from "../../ui/hooks";
import { exactly, when } from "../../words";
import { useWords } from "./panelwords";
import { reason } from "./reasonwords";
import { Refusal } from "./Section";

export const kindIcon: Readonly<Record<string, LucideIcon>> = { email: Mail, phone: Phone, shop: ShoppingBag, visitor: MessageCircle, social: AtSign };

const proofMark: Record<Proof, { icon: LucideIcon; tone: string }> = {
  3: { icon: Shield, tone: "text-green-text" },
  2: { icon: CircleCheck, tone: "text-green-text" },
  1: { icon: CircleHelp, tone: "text-muted" },
  0: { icon: CircleDashed, tone: "text-muted" },
};

/** Every address that is theirs, how well each is known, and what joined them. */
export function Identities({ customer }: { customer: Customer }): ReactNode {
  return (
    <>
      <ul className="mt-2 flex flex-col">
        {customer.identities.map((i) => (
          <IdentityLine key={i.id} identity={i} />
        ))}
      </ul>
      {customer.identities.length > 1 && <Joined customer={customer} />}
    </>
  );
}

function IdentityLine({ identity: i }: { identity: Identity }): ReactNode {
  const w = useWords();
  const Icon = kindIcon[i.kind] ?? AtSign;
  const kind = w.kinds[i.kind] ?? i.kind;
  const mark = proofMark[i.proof];
  return (
    <li className="flex h-7 items-center gap-2">
      <Icon size={14} strokeWidth={1.75} aria-label={kind} className="shrink-0 text-muted" />
      <span className="min-w-0 truncate text-sm select-text" title={i.value}>
        {i.value || i.name || kind}
      </span>
      <Tip words={w.proofs[i.proof]} placement="start">
        <AriaButton aria-label={w.proofs[i.proof]} className={`ms-auto flex h-6 shrink-0 items-center gap-1 rounded px-1 text-xs ${mark.tone}`}>
          <mark.icon size={13} strokeWidth={2} aria-hidden="true" />
          {w.marks[i.proof]}
        </AriaButton>
      </Tip>
    </li>
  );
}

function Joined({ customer }: { customer: Customer }): ReactNode {
  const w = useWords();
  const [open, setOpen] = useState(false);
  const { value: merges } = useMerges(open ? customer.id : "");
  return (
    <div className="mt-1">
      <AriaButton
        aria-expanded={open}
        onPress={() => setOpen(!open)}
        className="-ms-1 flex h-7 items-center gap-1 rounded px-1 text-xs text-muted data-[hovered]:text-text max-md:h-11"
      >
        <ChevronRight size={13} aria-hidden="true" className={open ? "rotate-90" : ""} />
        {w.whyOne}
      </AriaButton>
      {open && (
        <ul className="flex flex-col gap-2 pt-1 ps-4">
          {merges.map((m) => (
            <MergeLine key={m.id} customer={customer.id} merge={m} />
          ))}
        </ul>
      )}
    </div>
  );
}

function MergeLine({ customer, merge: m }: { customer: string; merge: Merge }): ReactNode {
  const w = useWords();
  const now = useNow();
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState("");
  return (
    <li className="rounded-md bg-surface px-3 py-2">
      <p className="truncate text-sm select-text">{m.a.value}</p>
      <p className="truncate text-sm select-text">{m.b.value}</p>
      <div className="mt-1 flex items-end gap-2">
        <p className="min-w-0 flex-1 text-xs text-muted">
          {reason(m.text)} · <span title={exactly(m.at)}>{m.automatic ? w.automatic : m.actor}, {when(m.at, now)}</span>
        </p>
        <Button
          look="outline"
          isDisabled={busy}
          className="h-7!"
          onPress={() => {
            setBusy(true);
            void unmerge(customer, m.id).then((words) => {
              setRefusal(words);
              setBusy(false);
            });
          }}
        >
          {w.takeApart}
        </Button>
      </div>
      <Refusal words={refusal} />
    </li>
  );
}
