// The audit log: who did what, when, and what was before.

import { Download } from "lucide-react";
import { useState, type ReactNode } from "react";
import { exported, useAudit, type Change, type Entry, type Filter } from "../../audit";
import { useMembers } from "../../people";
import { Button, Trouble } from "../../ui/controls";
import { exactly } from "../../words";
import { locale } from "../../words/language";
import { PlaceLink } from "../PlaceLink";
import { groups, useWords, type Group } from "./auditwords";
import { box, Refusal } from "./form";
import type { PageProps } from "./pages";

export default function Audit({ me }: PageProps): ReactNode {
  const w = useWords();
  const { items: members } = useMembers();
  const [actor, setActor] = useState("");
  const [group, setGroup] = useState<Group | "">("");
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const f: Filter = { actor, kind: group === "" ? [] : groups[group], from, to };
  const { entries, loading, error, more, fetchMore, fetchingMore } = useAudit(f);
  const names = new Map([...members, ...me.inboxes, ...me.teams].map((x) => [x.id, x.name]));
  const label = "flex flex-col gap-1 text-xs text-muted max-md:w-[calc(50%-0.25rem)]";
  return (
    <>
      <h1 className="text-lg font-semibold">{w.title}</h1>
      <p className="mt-1 max-w-2xl text-sm text-secondary">{w.lead}</p>
      <div className="mt-4 flex flex-wrap items-end gap-2">
        <label className={label}>
          {w.who}
          <select value={actor} onChange={(e) => setActor(e.target.value)} className={`${box} min-w-0 text-text`}>
            <option value="">{w.anybody}</option>
            {members.map((m) => (
              <option key={m.id} value={m.id}>
                {m.name}
              </option>
            ))}
          </select>
        </label>
        <label className={label}>
          {w.what}
          <select value={group} onChange={(e) => setGroup((Object.keys(groups) as Group[]).find((g) => g === e.target.value) ?? "")} className={`${box} min-w-0 text-text`}>
            <option value="">{w.anything}</option>
            {(Object.keys(groups) as Group[]).map((g) => (
              <option key={g} value={g}>
                {w.groups[g]}
              </option>
            ))}
          </select>
        </label>
        <label className={label}>
          {w.from}
          <input type="date" value={from} onChange={(e) => setFrom(e.target.value)} className={`${box} min-w-0 text-text`} />
        </label>
        <label className={label}>
          {w.to}
          <input type="date" value={to} onChange={(e) => setTo(e.target.value)} className={`${box} min-w-0 text-text`} />
        </label>
        <Export of={f} />
      </div>
      {error ? (
        <Trouble words={w.failed} kept={error.message} />
      ) : (
        <ul className="mt-4 rounded-md bg-surface">
          {entries.map((e) => (
            <Line key={e.id} of={e} names={names} />
          ))}
          {!loading && entries.length === 0 && <li className="px-4 py-8 text-center text-sm text-muted">{w.empty}</li>}
        </ul>
      )}
      {more && (
        <div className="mt-3">
          <Button look="outline" isDisabled={fetchingMore} onPress={fetchMore}>
            {w.older}
          </Button>
        </div>
      )}
    </>
  );
}

function Export({ of }: { of: Filter }): ReactNode {
  const w = useWords();
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState("");
  const save = async (): Promise<void> => {
    setBusy(true);
    setRefusal("");
    try {
      const url = URL.createObjectURL(await exported(of));
      const a = document.createElement("a");
      a.href = url;
      a.download = "audit.csv";
      a.click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000); // while the browser takes it
    } catch (e) {
      setRefusal(e instanceof Error ? e.message : String(e));
    }
    setBusy(false);
  };
  return (
    <>
      <Button look="outline" isDisabled={busy} onPress={() => void save()}>
        <Download size={15} aria-hidden="true" />
        {busy ? w.exporting : w.export}
      </Button>
      <Refusal words={refusal} />
    </>
  );
}

function Line({ of: e, names }: { of: Entry; names: ReadonlyMap<string, string> }): ReactNode {
  const w = useWords();
  const did = (w.kinds[e.kind] ?? w.other)[e.isNew ? 0 : 1];
  const when = new Intl.DateTimeFormat(locale(), { dateStyle: "short", timeStyle: "medium" }).format(Date.parse(e.at));
  const subject = e.subject || (w.kinds[e.kind] ? "" : e.kind);
  return (
    <li className="border-b border-line px-4 py-2 text-sm last:border-0">
      <p className="flex flex-wrap items-baseline gap-x-1.5">
        <span className="font-medium">{e.who || w.system}</span> <span className="text-secondary">{did}</span>{" "}
        {e.number > 0 ? (
          <PlaceLink to={`/c/${e.number}`} className="min-w-0 text-accent-text underline underline-offset-2">
            #{e.number}
            {subject !== "" && ` ${subject}`}
          </PlaceLink>
        ) : (
          <span className="min-w-0 break-words select-text">{subject}</span>
        )}
        <time dateTime={e.at} title={exactly(e.at)} className="figures ms-auto text-xs text-muted max-md:ms-0 max-md:w-full">
          {when}
        </time>
      </p>
      {e.changes.length > 0 && (
        <details className="mt-0.5">
          <summary className="inline-flex min-h-6 cursor-pointer items-center text-xs text-muted max-md:min-h-11">{e.isNew ? w.details : w.changes(e.changes.length)}</summary>
          <dl className="mt-1 grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 pb-1 text-xs">
            {e.changes.map((c) => (
              <Field key={c.field} of={c} names={names} isNew={e.isNew} />
            ))}
          </dl>
        </details>
      )}
    </li>
  );
}

function Field({ of: c, names, isNew }: { of: Change; names: ReadonlyMap<string, string>; isNew: boolean }): ReactNode {
  const w = useWords();
  const said = (v: unknown): string => {
    if (v === undefined || v === null || v === "") return w.nothing;
    if (typeof v === "string") return names.get(v) ?? v;
    if (Array.isArray(v) && v.every((x) => typeof x === "string")) return v.map((x) => names.get(x) ?? x).join(", ") || w.nothing;
    if (typeof v === "object" && Object.values(v).every((x) => typeof x === "string")) {
      return Object.entries(v).map(([name, x]) => `${name}: ${x}`).join("; ") || w.nothing;
    }
    return JSON.stringify(v);
  };
  return (
    <>
      <dt className="font-mono text-muted">{c.field}</dt>
      <dd className="break-words select-text">
        {!isNew && <span className="text-muted line-through">{said(c.before)}</span>} {said(c.after)}
      </dd>
    </>
  );
}
