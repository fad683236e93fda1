// Values that many people hold, and an operator's word on each.

import { Ban, Calculator, Ellipsis, User, Users } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useKeyPolicies } from "../../data";
import { setKeyPolicy } from "../../relations";
import { policies, type KeyPolicy, type Policy } from "../../types";
import { Button, Chip, MenuButton, Trouble, type Choice } from "../../ui/controls";

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

export default function Values(): ReactNode {
  const { value: keys, loading, error } = useKeyPolicies(true);
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
