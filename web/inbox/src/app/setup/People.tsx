// Colleagues: one invitation after the other, without leaving the first run.

import { useRef, useState, type ReactNode } from "react";
import type { Shown } from "../../people";
import type { Setup } from "../../setup";
import type { Me } from "../../types";
import { Invitations } from "../settings/Invitations";
import { InviteForm, Link } from "../settings/Invite";
import { useWords } from "../settings/peoplewords";
import { Done } from "./parts";
import { words } from "./words";

export function People({ me, setup }: { me: Me; setup: Setup }): ReactNode {
  const w = words().people;
  const { inviteLink } = useWords();
  const [shown, setShown] = useState<Shown | null>(null);
  const all = useRef<HTMLDivElement>(null);
  const next = (): void => {
    setShown(null);
    all.current?.querySelector("input")?.focus(); // the button that was pressed is gone
  };
  return (
    <div ref={all}>
      {setup.agents > 1 || setup.invited > 0 ? <Done words={w.have(setup.agents, setup.invited)} /> : <p className="text-sm">{w.alone}</p>}
      {shown && <Link of={shown} words={inviteLink} onDone={next} />}
      <InviteForm me={me} onInvited={setShown} />
      <Invitations onLink={setShown} />
    </div>
  );
}
