// The telephones of all agents.

import type { ReactNode } from "react";
import { useAgents } from "../../data";
import { Trouble } from "../../ui/controls";
import { Telephone } from "./Telephone";

export default function Telephones(): ReactNode {
  const { value: agents, loading, error } = useAgents(true);
  return (
    <>
      <h1 className="text-lg font-semibold">Telephones</h1>
      <p className="mt-1 max-w-2xl text-sm text-secondary">
        A call that rings at one of these is shown to its agent alone. One that rings for nobody by name is shown to those of the inbox who are there
        and want it.
      </p>
      {error ? (
        <Trouble words="The agents can't be loaded." kept={error.message} />
      ) : (
        <ul className="mt-4 rounded-md bg-surface">
          {agents
            .filter((a) => a.active)
            .map((a) => (
              <Telephone key={a.id} of={a} label={`Telephone of ${a.name}`} named />
            ))}
          {!loading && agents.length === 0 && <li className="px-4 py-8 text-center text-sm text-muted">Nobody works here yet.</li>}
        </ul>
      )}
    </>
  );
}
