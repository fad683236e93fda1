// Where saved replies are written: one's own, and by those who run the place
// everybody's. A page of the settings, loaded when it is opened.

import { Trash2 } from "lucide-react";
import { useRef, useState, type ReactNode } from "react";
import { useMe } from "../data";
import { useFields } from "../fields";
import { inWords, noActions, remove, save, useSaved, type Actions, type SavedReply, type SavedText } from "../saved";
import { duration, useWords } from "../savedwords";
import type { Me } from "../types";
import { Button, Chip, IconButton, Trouble } from "../ui/controls";
import { toast } from "../ui/signals";
import { FieldControl } from "./FieldSheets";

const field = "h-8 w-full rounded-md border border-line-strong bg-surface px-2 text-sm max-md:h-11";

export default function SavedReplies(): ReactNode {
  const w = useWords();
  const { me } = useMe();
  const { saved, loading, error } = useSaved();
  const [open, setOpen] = useState<SavedReply | "new" | "example" | null>(null);
  const opener = useRef<string>("");
  const manages = me?.agent.role === "admin" || me?.agent.role === "supervisor";
  const close = (): void => {
    setOpen(null);
    const back = opener.current;
    requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-saved="${back}"]`)?.focus());
  };
  if (me === undefined) return null;
  if (open !== null) {
    const of = typeof open === "string" ? null : open;
    return (
      <Entry
        of={of}
        example={open === "example"}
        now={of ? saved.items.find((r) => r.id === of.id) : undefined}
        me={me}
        manages={manages}
        variables={saved.variables}
        folders={[...new Set(saved.items.map((r) => r.folder).filter((f) => f !== ""))]}
        onClose={close}
      />
    );
  }
  const groups = new Map<string, SavedReply[]>();
  for (const r of saved.items) {
    const name = r.folder === "" ? w.noFolder : r.folder;
    groups.set(name, [...(groups.get(name) ?? []), r]);
  }
  const edit = (r: SavedReply | "new" | "example"): void => {
    opener.current = typeof r === "string" ? r : r.id;
    setOpen(r);
  };
  return (
    <>
      <div className="flex items-start gap-4">
        <div className="min-w-0 flex-1">
          <h1 className="text-lg font-semibold">{w.title}</h1>
          <p className="mt-1 max-w-2xl text-sm text-secondary">
            {w.lead}
          </p>
        </div>
        <Button look="solid" data-saved="new" onPress={() => edit("new")}>
          {w.add}
        </Button>
      </div>
      {error ? (
        <Trouble words={w.cannotLoad} kept={error.message} />
      ) : (
        <>
          {[...groups].map(([name, list]) => (
            <section key={name} aria-label={name} className="mt-5">
              <h2 className="mb-1 px-4 text-xs font-medium text-muted">{name}</h2>
              <ul className="rounded-md bg-surface">
                {list.map((r) => {
                  const may = r.ownerId !== "" || manages;
                  const shown = (
                    <span className="min-w-0 flex-1 text-start">
                      <span className="block truncate text-sm">{r.name}</span>
                      <span className="block truncate text-xs font-normal text-muted">{r.texts[0]?.text.replace(/\s+/g, " ") ?? inWords(r.actions, me).join(", ")}</span>
                    </span>
                  );
                  return (
                    <li key={r.id} className="flex min-h-14 items-center gap-2 border-b border-line px-2 last:border-0">
                      {may ? (
                        <Button className="h-auto! min-w-0 flex-1 px-2! py-2" data-saved={r.id} onPress={() => edit(r)}>
                          {shown}
                        </Button>
                      ) : (
                        <div className="flex min-w-0 flex-1 px-2 py-2">{shown}</div>
                      )}
                      {r.texts.length > 1 && <Chip>{r.texts.map((t) => t.locale || w.any).join(", ")}</Chip>}
                      {r.teamId !== "" && <Chip>{me.teams.find((t) => t.id === r.teamId)?.name ?? w.aTeam}</Chip>}
                      {r.ownerId !== "" && <Chip tone="accent">{w.yours}</Chip>}
                    </li>
                  );
                })}
              </ul>
            </section>
          ))}
          {!loading && saved.items.length === 0 && (
            <div className="mt-6 flex flex-col items-center gap-1 rounded-md bg-surface px-4 py-10 text-center">
              <p className="text-sm font-medium">{w.empty}</p>
              <p className="max-w-lg text-sm text-muted">{w.emptyMore}</p>
              <Button look="outline" className="mt-3" data-saved="example" onPress={() => edit("example")}>
                {w.begin}
              </Button>
            </div>
          )}
        </>
      )}
    </>
  );
}

function Entry({
  of,
  example,
  now,
  me,
  manages,
  variables,
  folders,
  onClose,
}: {
  of: SavedReply | null;
  /** A new one begins as an example. */
  example: boolean;
  /** As it is now: somebody else may have changed it. */
  now: SavedReply | undefined;
  me: Me;
  manages: boolean;
  variables: readonly string[];
  folders: readonly string[];
  onClose: () => void;
}): ReactNode {
  const w = useWords();
  const [name, setName] = useState(of?.name ?? (example ? w.exampleName : ""));
  const [folder, setFolder] = useState(of?.folder ?? "");
  const [team, setTeam] = useState(of?.teamId ?? "");
  const [shared, setShared] = useState(of ? of.ownerId === "" : manages);
  const [texts, setTexts] = useState<readonly SavedText[]>(of ? of.texts : [{ locale: "", text: example ? w.exampleText : "" }]);
  const [acts, setActs] = useState<Actions>(of?.actions ?? noActions);
  const { fields: noted } = useFields();
  const [tags, setTags] = useState(acts.addTags.join(", "));
  const [refusal, setRefusal] = useState("");
  const [busy, setBusy] = useState(false);
  const areas = useRef<(HTMLTextAreaElement | null)[]>([]);
  const last = useRef(0);
  const put = (i: number, t: Partial<SavedText>): void => setTexts((all) => all.map((x, n) => (n === i ? { ...x, ...t } : x)));
  const insert = (v: string): void => {
    const i = Math.min(last.current, texts.length - 1);
    const area = areas.current[i];
    const t = texts[i];
    if (!area || !t) return;
    const word = `{{${v}}}`;
    const from = area.selectionStart;
    put(i, { text: t.text.slice(0, from) + word + t.text.slice(area.selectionEnd) });
    requestAnimationFrame(() => {
      area.focus();
      area.setSelectionRange(from + word.length, from + word.length);
    });
  };
  const done = (words: string, what: string): void => {
    setBusy(false);
    setRefusal(words);
    if (words !== "") return;
    toast(what);
    onClose();
  };
  const changed = of !== null && now !== undefined && now.version !== of.version;
  return (
    <form
      aria-label={of ? w.change(of.name) : w.addOne}
      className="flex flex-col gap-4"
      onSubmit={(e) => {
        e.preventDefault();
        setBusy(true);
        const kept = texts.filter((t) => t.text.trim() !== "" || t.locale.trim() !== "");
        void save(of, {
          shared,
          teamId: shared ? team : "",
          folder: folder.trim(),
          name: name.trim(),
          texts: kept.map((t) => ({ locale: t.locale.trim(), text: t.text.trim() })),
          actions: { ...acts, addTags: tags.split(",").map((t) => t.trim()).filter((t) => t !== "") },
        }).then((words) => done(words, w.saved));
      }}
    >
      <h1 className="text-lg font-semibold">{of ? w.one : w.addOne}</h1>
      {changed && (
        <p role="status" className="rounded-md bg-amber-soft px-3 py-2 text-sm text-amber-text">
          {w.changed}
        </p>
      )}
      <div className="grid gap-3 md:grid-cols-2">
        <label className="text-xs text-muted">
          {w.name}
          {/* eslint-disable-next-line jsx-a11y/no-autofocus -- the first field of a form that was asked for */}
          <input autoFocus required maxLength={200} value={name} onChange={(e) => setName(e.target.value)} className={`${field} mt-1 text-text`} />
        </label>
        <label className="text-xs text-muted">
          {w.folder}
          <input list="saved-folders" maxLength={100} value={folder} onChange={(e) => setFolder(e.target.value)} className={`${field} mt-1 text-text`} />
          <datalist id="saved-folders">
            {folders.map((f) => (
              <option key={f} value={f} />
            ))}
          </datalist>
        </label>
        {manages && of === null && (
          <label className="text-xs text-muted">
            {w.whoUses}
            <select value={shared ? "all" : "me"} onChange={(e) => setShared(e.target.value === "all")} className={`${field} mt-1 text-text`}>
              <option value="all">{w.everybody}</option>
              <option value="me">{w.onlyMe}</option>
            </select>
          </label>
        )}
        {shared && me.teams.length > 0 && (
          <label className="text-xs text-muted">
            {w.forTeam}
            <select value={team} onChange={(e) => setTeam(e.target.value)} className={`${field} mt-1 text-text`}>
              <option value="">{w.anyTeam}</option>
              {me.teams.map((t) => (
                <option key={t.id} value={t.id}>
                  {t.name}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
      {texts.map((t, i) => (
        <div key={i} className="flex flex-col gap-1">
          <div className="flex items-center gap-2">
            <label className="flex items-center gap-2 text-xs text-muted">
              {w.language}
              <input
                value={t.locale}
                placeholder={w.any}
                maxLength={35}
                spellCheck={false}
                onChange={(e) => put(i, { locale: e.target.value })}
                className="h-8 w-24 rounded-md border border-line-strong bg-surface px-2 text-sm text-text placeholder:text-muted max-md:h-11"
              />
            </label>
            {(texts.length > 1 || i > 0) && <IconButton icon={Trash2} label={w.takeAway(t.locale || w.anyLanguage)} onPress={() => setTexts((all) => all.filter((_, n) => n !== i))} />}
          </div>
          <textarea
            ref={(el) => {
              areas.current[i] = el;
            }}
            aria-label={w.textIn(t.locale || w.anyLanguage)}
            lang={t.locale || undefined}
            spellCheck
            rows={6}
            value={t.text}
            onFocus={() => {
              last.current = i;
            }}
            onChange={(e) => put(i, { text: e.target.value })}
            className="field-sizing-content min-h-32 w-full rounded-md border border-line-strong bg-surface px-3 py-2 text-base"
          />
        </div>
      ))}
      <div className="flex flex-wrap items-center gap-1">
        <Button look="outline" onPress={() => setTexts((all) => [...all, { locale: "", text: "" }])}>
          {texts.length === 0 ? w.addText : w.another}
        </Button>
        {texts.length > 0 && (
          <span role="group" aria-label={w.putIn} className="flex flex-wrap gap-1">
            {variables.map((v) => (
              <Button key={v} className="h-7! font-mono text-xs!" onPress={() => insert(v)}>
                {v}
              </Button>
            ))}
          </span>
        )}
      </div>
      <fieldset className="rounded-md bg-surface p-4">
        <legend className="sr-only">{w.whatIsDone}</legend>
        <p aria-hidden="true" className="mb-2 text-sm font-medium">
          {w.sentHeading}
        </p>
        <div className="grid gap-3 md:grid-cols-2">
          <label className="text-xs text-muted">
            {w.conversation}
            <select
              value={acts.snoozeMinutes > 0 ? `snooze ${acts.snoozeMinutes}` : acts.status}
              onChange={(e) => {
                const v = e.target.value;
                const status = v === "open" || v === "pending" || v === "closed" ? v : "";
                setActs({ ...acts, status, snoozeMinutes: v.startsWith("snooze ") ? Number(v.slice(7)) : 0 });
              }}
              className={`${field} mt-1 text-text`}
            >
              <option value="">{w.leave}</option>
              <option value="open">{w.open}</option>
              <option value="pending">{w.waiting}</option>
              <option value="closed">{w.closed}</option>
              {[...new Set([60, 240, 1440, 2880, 10080, ...(acts.snoozeMinutes > 0 ? [acts.snoozeMinutes] : [])])].map((m) => (
                <option key={m} value={`snooze ${m}`}>
                  {w.snoozeFor(duration(m))}
                </option>
              ))}
            </select>
          </label>
          <label className="text-xs text-muted">
            {w.assign}
            <select value={acts.assignee} onChange={(e) => setActs({ ...acts, assignee: e.target.value })} className={`${field} mt-1 text-text`}>
              <option value="">{w.leave}</option>
              <option value="me">{w.sender}</option>
              <option value="none">{w.nobody}</option>
              {me.agents.map((a) => (
                <option key={a.id} value={a.id}>
                  {a.name}
                </option>
              ))}
            </select>
          </label>
          <label className="text-xs text-muted">
            {w.team}
            <select value={acts.team} onChange={(e) => setActs({ ...acts, team: e.target.value })} className={`${field} mt-1 text-text`}>
              <option value="">{w.leave}</option>
              <option value="none">{w.none}</option>
              {me.teams.map((t) => (
                <option key={t.id} value={t.id}>
                  {t.name}
                </option>
              ))}
            </select>
          </label>
          <label className="text-xs text-muted">
            {w.addTags}
            <input value={tags} placeholder={w.tagsExample} onChange={(e) => setTags(e.target.value)} className={`${field} mt-1 text-text placeholder:text-muted`} />
          </label>
          {noted
            .filter((f) => !f.archived || (acts.fields[f.id] ?? "") !== "")
            .map((f) => (
              <label key={f.id} className="text-xs text-muted">
                {f.name}
                <FieldControl
                  of={f}
                  value={acts.fields[f.id] ?? ""}
                  focus={false}
                  empty={w.leave}
                  onChange={(v) => setActs({ ...acts, fields: Object.fromEntries(Object.entries({ ...acts.fields, [f.id]: v }).filter(([, x]) => x !== "")) })}
                />
              </label>
            ))}
        </div>
      </fieldset>
      <p role="alert" className="text-sm text-red-text empty:hidden">
        {refusal}
      </p>
      <div className="flex gap-2">
        <Button look="solid" type="submit" isDisabled={busy}>
          {w.save}
        </Button>
        <Button onPress={onClose}>{w.cancel}</Button>
        {of && (
          <Button
            className="ms-auto text-red-text"
            isDisabled={busy}
            onPress={() => {
              setBusy(true);
              void remove(of.id).then((words) => done(words, w.deleted(of.name)));
            }}
          >
            {w.remove}
          </Button>
        )}
      </div>
    </form>
  );
}
