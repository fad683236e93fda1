// One agent's telephone, as a line of a list.

import { useState, type ReactNode } from "react";
import { changeDesk } from "../../tasks";
import type { AgentDesk } from "../../types";
import { Button } from "../../ui/controls";
import { useWords } from "./telephonewords";

export function Telephone({ of: a, label, named = false }: { of: AgentDesk; label: string; named?: boolean }): ReactNode {
  const w = useWords();
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
          placeholder={w.number}
          value={phone}
          onChange={(e) => setPhone(e.target.value)}
          className="figures h-8 w-52 rounded-md border border-line-strong bg-surface px-2 text-sm max-md:h-11"
        />
        <Button look={changed ? "solid" : "outline"} type="submit" isDisabled={!changed}>
          {w.save}
        </Button>
        <span role="status" className="text-xs text-muted">
          {saved && !changed ? w.saved : ""}
        </span>
      </form>
      <label className="flex min-h-8 items-center gap-2 text-sm max-md:min-h-11">
        <input type="checkbox" checked={a.callPop} onChange={(e) => change({ callPop: e.target.checked })} className="size-4 accent-(--accent)" />
        {w.showCalls}
      </label>
      {refusal !== "" && (
        <p role="alert" className="w-full text-xs text-red-text">
          {refusal}
        </p>
      )}
    </li>
  );
}
