// What supervisors do from the queues: give conversations to others, join one by a
// note, message an agent, and say from where on figures are marked.

import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { api, body } from "../api/client";
import { conversation, page } from "../parse";
import { at, href } from "../place";
import { figures, setThresholds, type AgentLoad, type Figure, type Levels, type Queues } from "../queues";
import { useWords } from "../queuewords";
import { queries } from "../runtime";
import type { Conversation, Me } from "../types";
import { Button, Trouble } from "../ui/controls";
import { useNow } from "../ui/hooks";
import { toast } from "../ui/signals";
import { age, exactly, personName, subjectOf } from "../words";
import { numbers } from "../words/figures";
import { PlaceLink } from "./PlaceLink";
import { Sheet } from "./Together";

export type Asked =
  | { readonly kind: "thresholds" }
  | { readonly kind: "message"; readonly agent: AgentLoad }
  | { readonly kind: "listed"; readonly title: string; readonly query: Query; readonly channel: string };

interface Query {
  readonly status: "open";
  readonly sort: "waiting";
  readonly assignee?: string;
  readonly inbox?: string;
  readonly team?: string;
}

const said = (e: unknown): string => (e instanceof Error ? e.message : String(e));

/** Conversations that wait longest, each to be given to somebody, opened, or joined. */
export function Listed({ asked, me, onClose }: { asked: Extract<Asked, { kind: "listed" }>; me: Me; onClose: () => void }): ReactNode {
  const w = useWords();
  const key = ["queue-list", asked.query, asked.channel];
  const q = useQuery({
    queryKey: key,
    queryFn: async () => {
      const all = page(await body(api.GET("/api/v1/conversations", { params: { query: { ...asked.query, limit: asked.channel === "" ? 20 : 100 } } })), conversation).items;
      return all.filter((c) => asked.channel === "" || c.channel === asked.channel).slice(0, 20);
    },
    refetchOnMount: "always",
  });
  return (
    <Sheet title={asked.title} onClose={onClose}>
      {q.isError ? (
        <Trouble words={w.failed} kept={said(q.error)} retry={() => void q.refetch()} />
      ) : (
        <ul className="-mx-2 flex flex-col">
          {q.data?.map((c) => <Item key={c.id} of={c} me={me} onMoved={() => void queries.invalidateQueries({ queryKey: key })} />)}
          {q.data?.length === 0 && <li className="px-2 py-6 text-center text-sm text-muted">{w.empty}</li>}
        </ul>
      )}
    </Sheet>
  );
}

function Item({ of: c, me, onMoved }: { of: Conversation; me: Me; onMoved: () => void }): ReactNode {
  const w = useWords();
  const now = useNow();
  const [noting, setNoting] = useState(false);
  const [noted, setNoted] = useState(false); // the focus comes back to where the note began
  const leave = (): void => {
    setNoting(false);
    setNoted(true);
  };
  const [busy, setBusy] = useState(false);
  const give = (to: string): void => {
    setBusy(true);
    body(api.PATCH("/api/v1/conversations/{id}", { params: { path: { id: c.id } }, body: { assigneeId: to } }))
      .then(() => toast(w.moved(c.number, me.agents.find((a) => a.id === to)?.name ?? w.nobodyAssigned)))
      .catch((e: unknown) => toast(said(e), { tone: "bad" }))
      .finally(() => {
        setBusy(false);
        onMoved();
      });
  };
  return (
    <li className="border-b border-line px-2 py-2 last:border-0">
      <div className="flex items-baseline gap-2">
        <span className="min-w-0 flex-1 truncate text-sm font-medium">{personName(c.customer)}</span>
        {c.waitingSince !== "" && (
          <span className="figures shrink-0 text-xs text-amber-text" title={exactly(c.waitingSince)}>
            {age(c.waitingSince, now)}
          </span>
        )}
      </div>
      <p className="truncate text-xs text-muted">
        <span className="figures">#{c.number}</span> {subjectOf(c)}
      </p>
      <div className="mt-1 flex flex-wrap items-center gap-1">
        <select
          aria-label={w.assign(`#${c.number}`)}
          value={c.assigneeId}
          aria-disabled={busy} // disabled, it would lose the focus
          onChange={(e) => {
            if (!busy) give(e.target.value);
          }}
          className="h-8 max-w-44 rounded-md border border-control bg-surface px-1.5 text-sm max-md:h-11"
        >
          <option value="">{w.nobodyAssigned}</option>
          {me.agents.map((a) => (
            <option key={a.id} value={a.id}>
              {a.name}
            </option>
          ))}
        </select>
        <PlaceLink to={href(at("all", { open: String(c.number) }))} className="flex h-8 items-center rounded-md px-2.5 text-sm text-secondary data-[hovered]:bg-hover max-md:h-11">
          {w.go}
        </PlaceLink>
        {!noting && (
          // eslint-disable-next-line jsx-a11y/no-autofocus -- it is where the focus came from
          <Button autoFocus={noted} onPress={() => setNoting(true)}>
            {w.note}
          </Button>
        )}
      </div>
      {noting && (
        <Write
          label={w.noteFor(c.number)}
          send={w.send}
          onCancel={leave}
          onSend={async (text, once) => {
            await body(api.POST("/api/v1/conversations/{id}/notes", { params: { path: { id: c.id }, header: { "Idempotency-Key": once } }, body: { text, mentions: [] } }));
            toast(w.sent);
            leave();
          }}
        />
      )}
    </li>
  );
}

/** A few words; what is refused stays to be sent again, and is sent once. */
function Write({ label, send, onSend, onCancel }: { label: string; send: string; onSend: (text: string, once: string) => Promise<void>; onCancel: () => void }): ReactNode {
  const w = useWords();
  const [once] = useState(() => crypto.randomUUID());
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState("");
  const go = (): void => {
    setBusy(true);
    setRefusal("");
    onSend(text, once).catch((e: unknown) => {
      setRefusal(said(e));
      setBusy(false);
    });
  };
  return (
    <form
      className="mt-2"
      onSubmit={(e) => {
        e.preventDefault();
        go();
      }}
    >
      <textarea
        aria-label={label}
        placeholder={label}
        // It was asked for just now.
        // eslint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
        rows={3}
        value={text}
        maxLength={2000}
        onChange={(e) => setText(e.target.value)}
        onKeyDown={(e) => {
          if (e.key === "Enter" && (e.metaKey || e.ctrlKey) && text.trim() !== "" && !busy) go();
        }}
        className="w-full rounded-md border border-control bg-surface px-2.5 py-1.5 text-base"
      />
      {refusal !== "" && (
        <p role="alert" className="text-sm text-red-text">
          {refusal}
        </p>
      )}
      <div className="mt-1 flex justify-end gap-1">
        <Button onPress={onCancel}>{w.cancel}</Button>
        <Button look="solid" type="submit" isDisabled={busy || text.trim() === ""}>
          {send}
        </Button>
      </div>
    </form>
  );
}

export function Message({ to, onClose }: { to: AgentLoad; onClose: () => void }): ReactNode {
  const w = useWords();
  return (
    <Sheet title={w.messageTo(to.name)} onClose={onClose}>
      <p className="text-sm text-secondary">{w.messageHelp}</p>
      <Write
        label={w.messageTo(to.name)}
        send={w.sendMessage}
        onCancel={onClose}
        onSend={async (text, once) => {
          await body(api.POST("/api/v1/agents/{id}/messages", { params: { path: { id: to.id }, header: { "Idempotency-Key": once } }, body: { text } }));
          toast(w.messageSent(to.name));
          onClose();
        }}
      />
    </Sheet>
  );
}

const inMinutes: readonly Figure[] = ["longest", "firstResponse"];

/** What people write, in minutes where they think in these. */
function written(figure: Figure, l: Levels | undefined): readonly string[] {
  return l ? l.map((n) => numbers({ useGrouping: false, maximumFractionDigits: 2 }).format(inMinutes.includes(figure) ? n / 60 : n)) : ["", "", ""];
}

/** Reads a row: null for nothing, "wrong" for what can't be meant. */
function readLevels(figure: Figure, row: readonly string[]): Levels | null | "wrong" {
  if (row.every((s) => s.trim() === "")) return null;
  const [a, b, c] = row.map((s) => (s.trim() === "" ? NaN : Number(s.replace(",", ".")) * (inMinutes.includes(figure) ? 60 : 1)));
  return a !== undefined && b !== undefined && c !== undefined && a > 0 && b >= a && c >= b ? [a, b, c] : "wrong";
}

export function Thresholds({ q, onClose }: { q: Queues; onClose: () => void }): ReactNode {
  const w = useWords();
  const [rows, setRows] = useState(() => new Map(figures.map((f) => [f, written(f, q.thresholds.get(f))])));
  const [refusal, setRefusal] = useState("");
  const save = (): void => {
    const all = new Map<Figure, Levels>();
    for (const f of figures) {
      const l = readLevels(f, rows.get(f) ?? []);
      if (l === "wrong") {
        setRefusal(`${w.figures[f]}: ${w.three}`);
        return;
      }
      if (l) all.set(f, l);
    }
    setThresholds(all).then(onClose, (e: unknown) => setRefusal(said(e)));
  };
  return (
    <Sheet title={w.thresholds} onClose={onClose}>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          save();
        }}
      >
        <p className="mb-3 text-sm text-secondary">{w.thresholdsHelp}</p>
        <table className="w-full text-sm">
          <thead>
            <tr className="text-start text-xs text-muted">
              <td />
              {w.levels.map((l) => (
                <th key={l} scope="col" className="px-1 pb-1 text-start font-medium">
                  {l}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {figures.map((f) => (
              <tr key={f}>
                <th scope="row" className="w-1/3 py-1 pe-2 text-start leading-tight font-normal">
                  {w.figures[f]}
                </th>
                {w.levels.map((l, i) => (
                  <td key={l} className="px-1 py-1">
                    <input
                      aria-label={`${w.figures[f]}: ${l}`}
                      inputMode="decimal"
                      value={rows.get(f)?.[i] ?? ""}
                      maxLength={9}
                      onChange={(e) => setRows(new Map(rows).set(f, (rows.get(f) ?? []).map((x, j) => (i === j ? e.target.value : x))))}
                      className="figures h-8 w-full min-w-12 rounded-md border border-control bg-surface px-2 max-md:h-11"
                    />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        {refusal !== "" && (
          <p role="alert" className="mt-2 text-sm text-red-text">
            {refusal}
          </p>
        )}
        <div className="mt-3 flex justify-end gap-1">
          <Button onPress={onClose}>{w.cancel}</Button>
          <Button look="solid" type="submit">
            {w.save}
          </Button>
        </div>
      </form>
    </Sheet>
  );
}
