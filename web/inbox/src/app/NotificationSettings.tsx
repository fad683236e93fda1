// How an agent wants to be told of what, and by which browsers.

import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { api, body } from "../api/client";
import { noticeKinds, type NoticeKind } from "../bell";
import { useWords } from "../bellwords";
import { adopt, devices, fetchSettings, forget, pushState, settingsOf, start, turnOff, turnOn, type NotificationSettings as Settings, type Ways } from "../push";
import { queries } from "../runtime";
import { Button, IconButton, Trouble } from "../ui/controls";
import { useSignal } from "../ui/signals";

const key = ["notification-settings"];
const devicesKey = ["push-subscriptions"];
const ways = ["app", "push", "email"] as const;
const spans = [5, 15, 30, 60, 240, 480, 1440];

interface Patch {
  readonly kinds?: Partial<Record<NoticeKind, Ways>>;
  readonly pushText?: boolean;
  readonly digestAfter?: number;
}

async function change(patch: Patch): Promise<void> {
  const was = queries.getQueryData<Settings>(key);
  if (was) queries.setQueryData<Settings>(key, { ...was, ...patch, kinds: { ...was.kinds, ...patch.kinds } });
  try {
    queries.setQueryData<Settings>(key, settingsOf(await body(api.PATCH("/api/v1/notifications/settings", { body: patch }))));
  } catch (e) {
    queries.setQueryData(key, was);
    throw e;
  }
}

export default function NotificationSettings(): ReactNode {
  const w = useWords();
  const q = useQuery({ queryKey: key, queryFn: fetchSettings });
  const [refusal, setRefusal] = useState("");
  const set = q.data;
  useEffect(start, []);
  useEffect(() => {
    if (set) adopt(set);
  }, [set]);
  const say = (patch: Patch): void => {
    setRefusal("");
    change(patch).catch((e: unknown) => setRefusal(e instanceof Error ? e.message : String(e)));
  };
  if (q.isError) return <Trouble words={w.failed} kept={q.error.message} />;
  return (
    <>
      <h1 className="text-lg font-semibold">{w.title}</h1>
      <p className="mt-1 max-w-2xl text-sm text-secondary">{w.lead}</p>
      {set && (
        <>
          <div className="mt-4 overflow-x-auto rounded-md bg-surface">
            <table className="w-full text-sm">
              <thead>
                <tr className="border-b border-line text-xs text-muted">
                  <td />
                  {ways.map((way) => (
                    <th key={way} scope="col" className="px-2 py-2 font-medium">
                      {w.ways[way]}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {noticeKinds.map((kind) => (
                  <tr key={kind} className="border-b border-line last:border-0">
                    <th scope="row" className="px-4 py-2 text-start font-normal">
                      <span className="block">{w.kinds[kind].word}</span>
                      <span className="block text-xs text-muted">{w.kinds[kind].detail}</span>
                    </th>
                    {ways.map((way) => (
                      <td key={way} className="px-2 py-2 text-center">
                        <label className="inline-flex size-8 items-center justify-center max-md:size-11">
                          <input
                            type="checkbox"
                            aria-label={`${w.kinds[kind].word}: ${w.ways[way]}`}
                            checked={set.kinds[kind][way]}
                            onChange={(e) => say({ kinds: { [kind]: { ...set.kinds[kind], [way]: e.target.checked } } })}
                            className="size-4 accent-(--accent)"
                          />
                        </label>
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <label className="mt-4 flex min-h-8 flex-wrap items-center gap-2 text-sm max-md:min-h-11">
            {w.after}
            <select
              value={set.digestAfter}
              onChange={(e) => say({ digestAfter: Number(e.target.value) })}
              className="h-8 rounded-md border border-line-strong bg-surface px-2 text-sm max-md:h-11"
            >
              {[...new Set([...spans, set.digestAfter])].sort((a, b) => a - b).map((n) => (
                <option key={n} value={n}>
                  {w.minutes(n)}
                </option>
              ))}
            </select>
          </label>
          <p role="alert" className="text-xs text-red-text empty:hidden">
            {refusal}
          </p>
          <Device text={set.pushText} onText={(on) => say({ pushText: on })} />
        </>
      )}
    </>
  );
}

function Device({ text, onText }: { text: boolean; onText: (on: boolean) => void }): ReactNode {
  const w = useWords();
  const state = useSignal(pushState);
  const [refusal, setRefusal] = useState("");
  const told = useQuery({ queryKey: devicesKey, queryFn: devices }).data ?? [];
  const act = (what: () => Promise<void>): void => {
    setRefusal("");
    what()
      .catch((e: unknown) => setRefusal(e instanceof Error ? e.message : String(e)))
      .finally(() => void queries.invalidateQueries({ queryKey: devicesKey }));
  };
  const isOn = state === "on" || state === "open";
  return (
    <section aria-labelledby="this-browser" className="mt-6">
      <h2 id="this-browser" className="text-base font-semibold">
        {w.device}
      </h2>
      <div className="mt-1 flex flex-wrap items-center gap-3">
        <p role="status" className="max-w-xl flex-1 text-sm text-secondary">
          {state === "unable" ? w.unable : state === "denied" ? w.denied : state === "on" ? w.on : state === "open" ? w.onHere : w.deviceLead}
        </p>
        {state !== "unable" && state !== "denied" && (
          <Button look={isOn ? "outline" : "solid"} onPress={() => act(isOn ? turnOff : turnOn)}>
            {isOn ? w.turnOff : w.turnOn}
          </Button>
        )}
      </div>
      <label className="mt-2 flex min-h-8 items-center gap-2 text-sm max-md:min-h-11">
        <input type="checkbox" checked={text} onChange={(e) => onText(e.target.checked)} className="size-4 accent-(--accent)" />
        {w.text}
      </label>
      <p role="alert" className="text-xs text-red-text empty:hidden">
        {refusal}
      </p>
      {told.length > 0 && (
        <>
          <h3 className="mt-4 text-sm font-medium">{w.devices}</h3>
          <ul className="mt-1 rounded-md bg-surface">
            {told.map((d) => (
              <li key={d.id} className="flex min-h-11 items-center gap-3 border-b border-line px-4 text-sm last:border-0">
                <span className="min-w-0 flex-1 truncate">
                  {d.name || w.device}
                  {d.here && <span className="text-muted"> · {w.thisOne}</span>}
                </span>
                <IconButton
                  icon={X}
                  label={w.remove(d.name || w.device)}
                  onPress={() => act(() => forget(d.id))}
                />
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
