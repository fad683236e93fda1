// The telephones of all agents.

import type { ReactNode } from "react";
import { useAgents } from "../../data";
import { Trouble } from "../../ui/controls";
import { Telephone } from "./Telephone";
import { useWords } from "./telephonewords";

export default function Telephones(): ReactNode {
  const w = useWords();
  const { value: agents, loading, error } = useAgents(true);
  return (
    <>
      <h1 className="text-lg font-semibold">{w.all}</h1>
      <p className="mt-1 max-w-2xl text-sm text-secondary">
        {w.allLead}
      </p>
      {error ? (
        <Trouble words={w.failed} kept={error.message} />
      ) : (
        <ul className="mt-4 rounded-md bg-surface">
          {agents
            .filter((a) => a.active)
            .map((a) => (
              <Telephone key={a.id} of={a} label={w.of(a.name)} named />
            ))}
          {!loading && agents.length === 0 && <li className="px-4 py-8 text-center text-sm text-muted">{w.nobody}</li>}
        </ul>
      )}
    </>
  );
}
