// Values that many people hold, and an operator's word on each.

import { Ban, Calculator, Ellipsis, User, Users, type LucideIcon } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useKeyPolicies } from "../../data";
import { setKeyPolicy } from "../../relations";
import { policies, type KeyPolicy, type Policy } from "../../types";
import { Button, Chip, MenuButton, Trouble } from "../../ui/controls";
import { useWords } from "./customerwords";

const tones: Record<Policy, "quiet" | "amber" | "accent"> = { blocked: "amber", shared: "amber", personal: "accent" };
const icons: Record<Policy, LucideIcon> = { personal: User, shared: Users, blocked: Ban };

export default function Values(): ReactNode {
  const w = useWords();
  const { value: keys, loading, error } = useKeyPolicies(true);
  return (
    <>
      <h1 className="text-lg font-semibold">{w.values}</h1>
      <p className="mt-1 max-w-2xl text-sm text-secondary">
        {w.valuesLead}
      </p>
      <AddValue />
      {error ? (
        <Trouble words={w.valuesFailed} kept={error.message} />
      ) : (
        <ul className="mt-4 rounded-md bg-surface">
          {keys.map((k) => (
            <ValueRow key={`${k.kind} ${k.key}`} of={k} />
          ))}
          {!loading && keys.length === 0 && (
            <li className="px-4 py-8 text-center text-sm text-muted">{w.noValues}</li>
          )}
        </ul>
      )}
    </>
  );
}

function ValueRow({ of: k }: { of: KeyPolicy }): ReactNode {
  const w = useWords();
  const [refusal, setRefusal] = useState("");
  const now = k.counted ? "counted" : k.policy;
  return (
    <li className="flex min-h-11 flex-wrap items-center gap-3 border-b border-line px-4 py-1.5 last:border-0">
      <span className="min-w-0 flex-1">
        <span className="block truncate text-sm select-text">{k.key}</span>
        <span className="block truncate text-xs text-muted">
          {k.kind === "phone" ? w.phone : w.email}
          {k.holders > 0 && ` · ${w.heldBy(k.holders)}`}
          {k.note !== "" && ` · ${k.note}`}
        </span>
      </span>
      {k.policy !== "" && <Chip tone={tones[k.policy]}>{k.counted ? w.counted(w.policies[k.policy]) : w.policies[k.policy]}</Chip>}
      <MenuButton
        label={w.whatIs(k.key)}
        choices={[
          ...(["personal", "shared", "blocked"] as const).map((p) => ({ id: p, words: w.policies[p], detail: w.policyDetails[p], icon: icons[p], selected: now === p })),
          { id: "counted", words: w.asCounted, detail: w.asCountedDetail, icon: Calculator, selected: now === "counted" },
        ]}
        onChoose={(id) => void setKeyPolicy(k.kind, k.key, policies.find((p) => p === id) ?? "", k.note).then(setRefusal)}
      >
        <Button aria-label={w.change(k.key)} className="w-8 justify-center px-0!">
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
  const w = useWords();
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
      <input aria-label={w.either} placeholder={w.either} value={value} onChange={(e) => setValue(e.target.value)} className={`${field} min-w-60`} />
      <select aria-label={w.whatItIs} value={policy} onChange={(e) => setPolicy(policies.find((p) => p === e.target.value) ?? "shared")} className={field}>
        {(["shared", "blocked", "personal"] as const).map((p) => (
          <option key={p} value={p}>
            {w.policies[p]}
          </option>
        ))}
      </select>
      <input aria-label={w.note} placeholder={w.note} value={note} onChange={(e) => setNote(e.target.value)} className={`${field} min-w-40 flex-1`} />
      <Button look="solid" type="submit" isDisabled={value.trim() === ""}>
        {w.add}
      </Button>
      <p role="alert" className="w-full text-xs text-red-text empty:hidden">
        {refusal}
      </p>
    </form>
  );
}
