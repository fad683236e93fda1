// The agent's own telephone, and how long a mail can be taken back.

import { useState, type ReactNode } from "react";
import { hold, holds, setHold } from "../../hold";
import { ChooseLanguage } from "../Language";
import type { PageProps } from "./pages";
import { Telephone } from "./Telephone";
import { useWords } from "./telephonewords";

/** By what the exchange knows the agent, and which calls are shown. */
export default function OwnTelephone({ me }: PageProps): ReactNode {
  const w = useWords();
  return (
    <>
      <h1 className="text-lg font-semibold">{w.yours}</h1>
      <p className="mt-1 max-w-2xl text-sm text-secondary">
        {w.yoursLead}
      </p>
      <ul className="mt-4 rounded-md bg-surface">
        <Telephone of={me.agent} label={w.number} />
      </ul>
      <ChooseLanguage agent={me.agent.id} chosen={me.agent.locale} />
      <Holding />
    </>
  );
}

/** How long a mail can be taken back, on this machine. */
function Holding(): ReactNode {
  const w = useWords();
  const [seconds, setSeconds] = useState(hold);
  return (
    <>
      <h2 className="mt-8 text-lg font-semibold">{w.undoSend}</h2>
      <p className="mt-1 max-w-2xl text-sm text-secondary">{w.undoSendLead}</p>
      <select
        aria-label={w.undoSend}
        value={seconds}
        onChange={(e) => {
          setHold(Number(e.target.value));
          setSeconds(hold());
        }}
        className="mt-3 h-8 rounded-md border border-line-strong bg-surface px-2 text-sm max-md:h-11"
      >
        {holds.map((s) => (
          <option key={s} value={s}>
            {w.hold(s)}
          </option>
        ))}
      </select>
    </>
  );
}
