// The agent's own telephone, and how long a mail can be taken back.

import { useState, type ReactNode } from "react";
import { hold, holds, setHold } from "../../hold";
import { ChooseLanguage } from "../Language";
import type { PageProps } from "./pages";
import { Telephone } from "./Telephone";

/** By what the exchange knows the agent, and which calls are shown. */
export default function OwnTelephone({ me }: PageProps): ReactNode {
  return (
    <>
      <h1 className="text-lg font-semibold">Your telephone</h1>
      <p className="mt-1 max-w-2xl text-sm text-secondary">
        When a call rings at your telephone its customer&apos;s card comes up, whichever conversation you are in. Give the extension or the number by
        which your exchange knows you.
      </p>
      <ul className="mt-4 rounded-md bg-surface">
        <Telephone of={me.agent} label="Extension or number" />
      </ul>
      <ChooseLanguage agent={me.agent.id} chosen={me.agent.locale} />
      <Holding />
    </>
  );
}

/** How long a mail can be taken back, on this machine. */
function Holding(): ReactNode {
  const [seconds, setSeconds] = useState(hold);
  return (
    <>
      <h2 className="mt-8 text-lg font-semibold">Undo send</h2>
      <p className="mt-1 max-w-2xl text-sm text-secondary">How long a mail waits before it leaves, so that you can take it back. It holds for this browser.</p>
      <select
        aria-label="Undo send"
        value={seconds}
        onChange={(e) => {
          setHold(Number(e.target.value));
          setSeconds(hold());
        }}
        className="mt-3 h-8 rounded-md border border-line-strong bg-surface px-2 text-sm max-md:h-11"
      >
        {holds.map((s) => (
          <option key={s} value={s}>
            {s === 0 ? "Not at all" : `${s} seconds`}
          </option>
        ))}
      </select>
    </>
  );
}
