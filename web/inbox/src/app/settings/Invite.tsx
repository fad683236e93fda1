// Inviting somebody, and the link that is shown once.

import { useRouter } from "@tanstack/react-router";
import { useRef, useState, type ReactNode } from "react";
import { attempt, invite, roleOf, roles, type Role, type Shown } from "../../people";
import { Button } from "../../ui/controls";
import { CopyLine } from "../CopyLine";
import { box, Checks, Line, Refusal } from "./form";
import type { PageProps } from "./pages";
import { useWords } from "./peoplewords";

export function Link({ of, words: what, onDone }: { of: Shown; words: string; onDone: () => void }): ReactNode {
  const w = useWords();
  return (
    <div role="status" className="mt-4 flex flex-col gap-3 rounded-md bg-surface px-4 py-3">
      <p className="text-sm text-secondary">{of.mailed ? w.sentTo(of.for) : w.handOver(of.for)}</p>
      <CopyLine words={what} value={of.link} />
      <div>
        <Button look="outline" onPress={onDone}>
          {w.done}
        </Button>
      </div>
    </div>
  );
}

export function RoleChoice({ value, onChange }: { value: Role; onChange: (r: Role) => void }): ReactNode {
  const w = useWords();
  return (
    <label className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
      <span className="w-full">{w.role}</span>
      <select value={value} onChange={(e) => onChange(roleOf(e.target.value))} className={`${box} w-44`}>
        {roles.map((r) => (
          <option key={r} value={r}>
            {w.roles[r]}
          </option>
        ))}
      </select>
      <span className="text-xs text-muted">{w.roleDetail[value]}</span>
    </label>
  );
}

/** Asks for whom and what they may; who was invited has a link, which is shown once. */
export function InviteForm({ me, onInvited, children }: { me: PageProps["me"]; onInvited: (s: Shown) => void; children?: ReactNode }): ReactNode {
  const w = useWords();
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("agent");
  const [inboxes, setInboxes] = useState<string[]>(me.inboxes.length === 1 ? me.inboxes.map((i) => i.id) : []);
  const [teams, setTeams] = useState<string[]>([]);
  const [refusal, setRefusal] = useState("");
  const form = useRef<HTMLFormElement>(null);
  return (
    <form
      ref={form}
      aria-label={w.invite}
      className="mt-4 flex max-w-xl flex-col gap-4 rounded-md bg-surface p-4"
      onSubmit={(e) => {
        e.preventDefault();
        void attempt(async () => {
          onInvited(await invite({ email: email.trim(), role, inboxes: role === "agent" ? inboxes : [], teams }));
          setEmail("");
          form.current?.querySelector("input")?.focus(); // for the next one
        }).then(setRefusal);
      }}
    >
      <Line words={w.email} type="email" value={email} onChange={setEmail} autoComplete="off" />
      <RoleChoice value={role} onChange={setRole} />
      {role === "agent" ? (
        <div>
          <Checks words={w.inboxes} of={me.inboxes} value={inboxes} onChange={setInboxes} />
          {inboxes.length === 0 && <p className="mt-1 text-xs text-amber-text">{w.seesNone}</p>}
        </div>
      ) : (
        <p className="text-xs text-muted">{w.seesAll}</p>
      )}
      <Checks words={w.teams} of={me.teams} value={teams} onChange={setTeams} empty={w.noTeams} />
      <Refusal words={refusal} />
      <div className="flex gap-2">
        <Button look="solid" type="submit" isDisabled={email.trim() === ""}>
          {w.send}
        </Button>
        {children}
      </div>
    </form>
  );
}

export function Invite({ me }: Pick<PageProps, "me">): ReactNode {
  const w = useWords();
  const router = useRouter();
  const [shown, setShown] = useState<Shown | null>(null);
  const back = (): void => {
    router.history.push("/settings/agents");
    // Where it began.
    requestAnimationFrame(() => document.querySelector<HTMLElement>("main a[href='/settings/agents/invite']")?.focus());
  };
  return (
    <>
      <h1 className="text-lg font-semibold">{w.invite}</h1>
      {shown ? (
        <Link of={shown} words={w.inviteLink} onDone={back} />
      ) : (
        <InviteForm me={me} onInvited={setShown}>
          <Button look="plain" onPress={back}>
            {w.cancel}
          </Button>
        </InviteForm>
      )}
    </>
  );
}
