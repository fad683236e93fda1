// The teams, and the grid of who sees which inbox and is in which team.

import { useState, type ReactNode } from "react";
import { deleteTeam, makeTeam, renameTeam, turnMember, useMembers, type Member } from "../../people";
import { Button, Trouble } from "../../ui/controls";
import { box, Refusal } from "./form";
import type { PageProps } from "./pages";
import { useWords } from "./peoplewords";

interface Named {
  readonly id: string;
  readonly name: string;
}

export default function Teams({ me }: PageProps): ReactNode {
  const w = useWords();
  const { items, error } = useMembers();
  const active = items.filter((m) => m.active);
  return (
    <>
      <h1 className="text-lg font-semibold">{w.teams}</h1>
      <p className="mt-1 max-w-2xl text-sm text-secondary">{w.teamsLead}</p>
      {error && <Trouble words={w.failed} kept={error.message} />}
      <NewTeam />
      <ul className="mt-4 rounded-md bg-surface empty:hidden">
        {me.teams.map((t) => (
          <Team key={t.id} of={t} all={me.teams} members={active.filter((m) => m.teams.includes(t.id)).length} />
        ))}
      </ul>
      {active.length > 0 && <Grid members={active} inboxes={me.inboxes} teams={me.teams} />}
    </>
  );
}

function NewTeam(): ReactNode {
  const w = useWords();
  const [name, setName] = useState("");
  const [refusal, setRefusal] = useState("");
  return (
    <form
      className="mt-4 flex flex-wrap items-center gap-2"
      onSubmit={(e) => {
        e.preventDefault();
        void makeTeam(name).then((words) => {
          setRefusal(words);
          if (words === "") setName("");
        });
      }}
    >
      <input aria-label={w.newTeam} placeholder={w.newTeam} value={name} onChange={(e) => setName(e.target.value)} className={`${box} min-w-60`} />
      <Button look="solid" type="submit" isDisabled={name.trim() === ""}>
        {w.add}
      </Button>
      <Refusal words={refusal} />
    </form>
  );
}

function Team({ of: t, all, members }: { of: Named; all: readonly Named[]; members: number }): ReactNode {
  const w = useWords();
  const [doing, setDoing] = useState<"" | "rename" | "remove">("");
  const [name, setName] = useState(t.name);
  const [to, setTo] = useState("");
  const [refusal, setRefusal] = useState("");
  const close = (words: string): void => {
    setRefusal(words);
    if (words === "") setDoing("");
  };
  return (
    <li className="flex min-h-14 flex-wrap items-center gap-3 border-b border-line px-4 py-2 last:border-0">
      {doing === "rename" ? (
        <form
          className="flex min-w-0 flex-1 flex-wrap items-center gap-2"
          onSubmit={(e) => {
            e.preventDefault();
            void renameTeam(t.id, name).then(close);
          }}
        >
          {/* eslint-disable-next-line jsx-a11y/no-autofocus -- it was asked for */}
          <input autoFocus aria-label={w.name} value={name} onChange={(e) => setName(e.target.value)} className={box} />
          <Button look="solid" type="submit" isDisabled={name.trim() === ""}>
            {w.save}
          </Button>
          <Button look="plain" onPress={() => setDoing("")}>
            {w.cancel}
          </Button>
        </form>
      ) : doing === "remove" ? (
        <form
          aria-label={w.of(w.remove, t.name)}
          className="flex min-w-0 flex-1 flex-wrap items-center gap-2"
          onSubmit={(e) => {
            e.preventDefault();
            void deleteTeam(t.id, to).then(close);
          }}
        >
          <label className="flex flex-wrap items-center gap-2 text-sm">
            {w.removeLead(t.name)}
            <select value={to} onChange={(e) => setTo(e.target.value)} className={box}>
              <option value="">{w.noTeamGets}</option>
              {all
                .filter((x) => x.id !== t.id)
                .map((x) => (
                  <option key={x.id} value={x.id}>
                    {x.name}
                  </option>
                ))}
            </select>
          </label>
          <Button look="bad" type="submit">
            {w.remove}
          </Button>
          <Button look="plain" onPress={() => setDoing("")}>
            {w.cancel}
          </Button>
        </form>
      ) : (
        <>
          <span className="min-w-40 flex-1">
            <span className="block truncate text-sm">{t.name}</span>
            <span className="block text-xs text-muted">{w.members(members)}</span>
          </span>
          <Button look="outline" aria-label={w.of(w.rename, t.name)} onPress={() => setDoing("rename")}>
            {w.rename}
          </Button>
          <Button look="bad" aria-label={w.of(w.remove, t.name)} onPress={() => setDoing("remove")}>
            {w.remove}
          </Button>
        </>
      )}
      <Refusal words={refusal} />
    </li>
  );
}

function Grid({ members, inboxes, teams }: { members: readonly Member[]; inboxes: readonly Named[]; teams: readonly Named[] }): ReactNode {
  const w = useWords();
  const [refusal, setRefusal] = useState("");
  const cell = "px-2 py-1 text-center";
  const turned = (all: readonly string[], id: string, on: boolean): string[] => (on ? [...all, id] : all.filter((x) => x !== id));
  return (
    <section aria-labelledby="rights">
      <h2 id="rights" className="mt-8 text-lg font-semibold">
        {w.rights}
      </h2>
      <p className="mt-1 max-w-2xl text-sm text-secondary">{w.rightsLead}</p>
      <Refusal words={refusal} />
      {/* A grid that is wider than the page is scrolled by keyboard too. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className="mt-3 overflow-x-auto rounded-md bg-surface" tabIndex={0} role="region" aria-labelledby="rights">
        <table className="w-full text-sm">
          <thead>
            <tr className="text-xs text-muted">
              <td className="sticky start-0 bg-surface" />
              {inboxes.length > 0 && (
                <th scope="colgroup" colSpan={inboxes.length} className="px-2 pt-2 font-medium">
                  {w.inboxes}
                </th>
              )}
              {teams.length > 0 && (
                <th scope="colgroup" colSpan={teams.length} className="border-s border-line px-2 pt-2 font-medium">
                  {w.teams}
                </th>
              )}
            </tr>
            <tr className="border-b border-line text-xs">
              <th scope="col" className="sticky start-0 bg-surface px-4 py-2 text-start font-medium">
                {w.agent}
              </th>
              {inboxes.map((i) => (
                <th key={i.id} scope="col" className="px-2 py-2 font-medium">
                  {i.name}
                </th>
              ))}
              {teams.map((t, n) => (
                <th key={t.id} scope="col" className={`px-2 py-2 font-medium ${n === 0 ? "border-s border-line" : ""}`}>
                  {t.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {members.map((m) => (
              <tr key={m.id} className="border-b border-line last:border-0">
                <th scope="row" className="sticky start-0 max-w-48 truncate bg-surface px-4 py-1 text-start font-normal">
                  {m.name}
                  <span className="block text-xs text-muted">{w.roles[m.role]}</span>
                </th>
                {m.role !== "agent" && inboxes.length > 0 ? (
                  <td colSpan={inboxes.length} className={`${cell} text-xs text-muted`}>
                    {w.all}
                  </td>
                ) : (
                  inboxes.map((i) => (
                    <td key={i.id} className={cell}>
                      <Box words={w.sees(m.name, i.name)} on={m.inboxes.includes(i.id)} onChange={(on) => void turnMember(m.id, { inboxes: turned(m.inboxes, i.id, on) }).then(setRefusal)} />
                    </td>
                  ))
                )}
                {teams.map((t, n) => (
                  <td key={t.id} className={`${cell} ${n === 0 ? "border-s border-line" : ""}`}>
                    <Box words={w.isIn(m.name, t.name)} on={m.teams.includes(t.id)} onChange={(on) => void turnMember(m.id, { teams: turned(m.teams, t.id, on) }).then(setRefusal)} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Box({ words, on, onChange }: { words: string; on: boolean; onChange: (on: boolean) => void }): ReactNode {
  return (
    <label className="inline-flex size-8 items-center justify-center max-md:size-11">
      <input type="checkbox" aria-label={words} checked={on} onChange={(e) => onChange(e.target.checked)} className="size-4 accent-(--accent)" />
    </label>
  );
}
