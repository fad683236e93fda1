// Inboxes with their signatures, and the brands that they are of.

import { ChevronDown, Plus } from "lucide-react";
import { Suspense, useId, useState, type ReactNode } from "react";
import { useAccounts } from "../../accounts";
import { Button, Chip, Trouble } from "../../ui/controls";
import { lazy } from "../../ui/later";
import { archiveInbox, saveBrand, saveInbox, useWorkspace, type Brand, type Inbox, type Workspace } from "../../workspace";
import { field, Labelled } from "../SchemaForm";
import { words } from "./workspacewords";

const Editor = lazy(() => import("../Editor"));

export default function Inboxes(): ReactNode {
  const w = words();
  const { workspace, error } = useWorkspace();
  const { items: accounts } = useAccounts(true);
  const [making, setMaking] = useState<"" | "inbox" | "brand">("");
  if (error) return <Trouble words={w.failed} kept={error.message} />;
  if (!workspace) return null;
  const sorted = [...workspace.inboxes].sort((a, b) => Number(a.archived) - Number(b.archived));
  const fresh = { id: "", version: 0, brandId: workspace.brands[0]?.id ?? "", calendarId: workspace.calendars[0]?.id ?? "", name: "", signature: { text: "", html: "" }, archived: false };
  return (
    <>
      <Head title={w.inboxes.title} text={w.inboxes.text} add={w.inboxes.add} level={1} onAdd={() => setMaking("inbox")} />
      <ul className="mt-4 rounded-md bg-surface">
        {making === "inbox" && (
          <li className="border-b border-line px-4 py-4 last:border-0">
            <InboxForm of={fresh} among={workspace} onDone={() => setMaking("")} />
          </li>
        )}
        {sorted.map((i) => (
          <InboxRow key={i.id} of={i} among={workspace} channels={accounts.filter((a) => a.inboxId === i.id).length} />
        ))}
      </ul>
      <div className="mt-8">
        <Head title={w.brands.title} text={w.brands.text} add={w.brands.add} level={2} onAdd={() => setMaking("brand")} />
      </div>
      <ul className="mt-4 rounded-md bg-surface">
        {making === "brand" && (
          <li className="border-b border-line px-4 py-3 last:border-0">
            <BrandForm of={{ id: "", version: 0, name: "", locale: "en" }} onDone={() => setMaking("")} />
          </li>
        )}
        {workspace.brands.map((b) => (
          <li key={b.id} className="border-b border-line px-4 py-3 last:border-0">
            <BrandForm key={b.version} of={b} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Head({ title, text, add, level, onAdd }: { title: string; text: string; add: string; level: 1 | 2; onAdd: () => void }): ReactNode {
  const H = level === 1 ? "h1" : "h2";
  return (
    <div className="flex flex-wrap items-start gap-3">
      <div className="min-w-0 flex-1">
        <H className="text-lg font-semibold">{title}</H>
        <p className="mt-1 max-w-2xl text-sm text-secondary">{text}</p>
      </div>
      <Button look="solid" onPress={onAdd}>
        <Plus size={15} aria-hidden="true" />
        {add}
      </Button>
    </div>
  );
}

function InboxRow({ of: i, among, channels }: { of: Inbox; among: Workspace; channels: number }): ReactNode {
  const w = words().inboxes;
  const [open, setOpen] = useState(false);
  const id = useId();
  return (
    <li className="border-b border-line last:border-0">
      <button
        type="button"
        aria-expanded={open}
        aria-controls={id}
        className="flex min-h-14 w-full items-center gap-3 px-4 py-2 text-start hover:bg-hover"
        onClick={() => setOpen(!open)}
      >
        <span className="min-w-0 flex-1">
          <span className={`block truncate text-sm font-medium ${i.archived ? "text-muted" : ""}`}>{i.name}</span>
          <span className="block truncate text-xs text-muted">
            {among.brands.find((b) => b.id === i.brandId)?.name} · {w.channels(channels)}
          </span>
        </span>
        {i.archived && <Chip>{w.archived}</Chip>}
        <ChevronDown size={16} className={`shrink-0 text-muted ${open ? "rotate-180" : ""}`} aria-hidden="true" />
      </button>
      <div id={id} hidden={!open} className="px-4 pt-2 pb-4">
        {open && (
          <>
            <InboxForm key={i.version} of={i} among={among} />
            <Archive of={i} among={among} channels={channels} />
          </>
        )}
      </div>
    </li>
  );
}

function InboxForm({ of: i, among, onDone }: { of: Inbox; among: Workspace; onDone?: () => void }): ReactNode {
  const w = words();
  const [d, setD] = useState(i);
  const [refusal, setRefusal] = useState("");
  const ids = { name: useId(), brand: useId(), calendar: useId(), signature: useId() };
  return (
    <form
      className="flex max-w-xl flex-col gap-4"
      onSubmit={(e) => {
        e.preventDefault();
        void saveInbox(d).then((said) => {
          setRefusal(said);
          if (said === "") onDone?.();
        });
      }}
    >
      <Labelled id={ids.name} words={w.inboxes.name}>
        <input id={ids.name} value={d.name} required maxLength={200} autoComplete="off" className={field} onChange={(e) => setD({ ...d, name: e.target.value })} />
      </Labelled>
      <div className="flex flex-wrap gap-4">
        <Labelled id={ids.brand} words={w.inboxes.brand}>
          <select id={ids.brand} value={d.brandId} className={`${field} min-w-44`} onChange={(e) => setD({ ...d, brandId: e.target.value })}>
            {among.brands.map((b) => (
              <option key={b.id} value={b.id}>
                {b.name}
              </option>
            ))}
          </select>
        </Labelled>
        <Labelled id={ids.calendar} words={w.inboxes.hours}>
          <select id={ids.calendar} value={d.calendarId} className={`${field} min-w-44`} onChange={(e) => setD({ ...d, calendarId: e.target.value })}>
            {among.calendars.map((c) => (
              <option key={c.id} value={c.id}>
                {c.name}
              </option>
            ))}
          </select>
        </Labelled>
      </div>
      <div role="group" aria-labelledby={ids.signature}>
        <p id={ids.signature} className="mb-1 text-sm">
          {w.inboxes.signature}
        </p>
        <div className="rounded-md border border-line-strong bg-surface">
          <Suspense fallback={<div className="h-24" />}>
            <Editor
              html={i.signature.html === "" ? i.signature.text : i.signature.html}
              label={w.inboxes.signature}
              focused={false}
              onChange={(html, text) => setD((old) => ({ ...old, signature: text.trim() === "" ? { text: "", html: "" } : { html, text } }))}
              onReady={() => undefined}
              onFiles={() => undefined}
              onSlash={() => undefined}
            >
              {null}
            </Editor>
          </Suspense>
        </div>
        <p className="mt-1 text-xs text-muted">{w.inboxes.signatureHelp}</p>
      </div>
      <Saving changed={JSON.stringify(d) !== JSON.stringify(i)} refusal={refusal} {...(onDone ? { onCancel: onDone } : {})} />
    </form>
  );
}

function Archive({ of: i, among, channels }: { of: Inbox; among: Workspace; channels: number }): ReactNode {
  const w = words();
  const others = among.inboxes.filter((o) => o.id !== i.id && !o.archived);
  const [asked, setAsked] = useState(false);
  const [to, setTo] = useState(others[0]?.id ?? "");
  const [refusal, setRefusal] = useState("");
  const id = useId();
  return (
    <div className="mt-4 flex max-w-xl flex-wrap items-center gap-3 border-t border-line pt-4">
      {i.archived ? (
        <Button look="outline" onPress={() => void archiveInbox(i, false, "").then(setRefusal)}>
          {w.inboxes.open}
        </Button>
      ) : asked ? (
        <>
          <p className="w-full text-sm">{w.inboxes.archiveText}</p>
          {channels > 0 && (
            <Labelled id={id} words={w.inboxes.to}>
              <select id={id} value={to} className={`${field} min-w-44`} onChange={(e) => setTo(e.target.value)}>
                {others.map((o) => (
                  <option key={o.id} value={o.id}>
                    {o.name}
                  </option>
                ))}
              </select>
            </Labelled>
          )}
          <div className="flex w-full gap-2">
            <Button look="bad" onPress={() => void archiveInbox(i, true, channels > 0 ? to : "").then(setRefusal)}>
              {w.inboxes.archive}
            </Button>
            <Button onPress={() => setAsked(false)}>{w.cancel}</Button>
          </div>
        </>
      ) : (
        <Button look="bad" onPress={() => setAsked(true)}>
          {w.inboxes.archive}
        </Button>
      )}
      <p role="alert" className="w-full text-xs text-red-text empty:hidden">
        {refusal}
      </p>
    </div>
  );
}

function BrandForm({ of: b, onDone }: { of: Brand; onDone?: () => void }): ReactNode {
  const w = words().brands;
  const [d, setD] = useState(b);
  const [refusal, setRefusal] = useState("");
  const ids = { name: useId(), locale: useId() };
  return (
    <form
      className="flex flex-wrap items-end gap-4"
      onSubmit={(e) => {
        e.preventDefault();
        void saveBrand(d).then((said) => {
          setRefusal(said);
          if (said === "") onDone?.();
        });
      }}
    >
      <div className="min-w-44 flex-1">
        <Labelled id={ids.name} words={w.name}>
          <input id={ids.name} value={d.name} required maxLength={200} autoComplete="off" className={field} onChange={(e) => setD({ ...d, name: e.target.value })} />
        </Labelled>
      </div>
      <div className="w-28">
        <Labelled id={ids.locale} words={w.locale}>
          <input
            id={ids.locale}
            value={d.locale}
            required
            title={w.localeHelp}
            pattern="[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*"
            autoComplete="off"
            className={field}
            onChange={(e) => setD({ ...d, locale: e.target.value })}
          />
        </Labelled>
      </div>
      <Saving changed={d.name !== b.name || d.locale !== b.locale} refusal={refusal} {...(onDone ? { onCancel: onDone } : {})} />
    </form>
  );
}

export function Saving({ changed, refusal, onCancel }: { changed: boolean; refusal: string; onCancel?: () => void }): ReactNode {
  const w = words();
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Button type="submit" look={changed ? "solid" : "outline"} isDisabled={!changed}>
        {w.save}
      </Button>
      {onCancel && <Button onPress={onCancel}>{w.cancel}</Button>}
      <p role="alert" className="text-xs text-red-text empty:hidden">
        {refusal}
      </p>
    </div>
  );
}
