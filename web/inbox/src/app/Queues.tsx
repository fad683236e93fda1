// The supervisors' page: what waits where and since when, who carries how much, and
// what can be done about it from here.

import { ArrowLeft, Ellipsis, Monitor, SlidersHorizontal } from "lucide-react";
import { useRouter } from "@tanstack/react-router";
import { useCallback, useEffect, useState, type ReactNode } from "react";
import { useMe } from "../data";
import { at, home, href, type View } from "../place";
import { clock, fetchQueues, groupOf, keepOrder, seconds, spans, watched, type AgentLoad, type Dimension, type Group, type Queues as All, type Span } from "../queues";
import { useWords } from "../queuewords";
import { live, whereabouts } from "../runtime";
import type { Me } from "../types";
import { channels } from "../types";
import { Button, IconButton, MenuButton, Trouble } from "../ui/controls";
import { useCommand, useMedia } from "../ui/hooks";
import { useSignal } from "../ui/signals";
import { Logo } from "./Logo";
import { Notices, OfflineBar } from "./Notices";
import { PlaceLink } from "./PlaceLink";
import { Listed, Message, Thresholds, type Asked } from "./QueueSheets";
import { Mark, toneOf, useServerSecond } from "./QueueParts";
import { useKeys } from "./Shell";
import { Series } from "./Trend";
import { Wallboard } from "./Wallboard";

type By = Exclude<Dimension, "all">;
const bys: readonly By[] = ["inbox", "team", "channel"];

export default function Queues(): ReactNode {
  const w = useWords();
  const router = useRouter();
  const { me } = useMe();
  const { queues: q, refused, failed } = useSignal(watched);
  const [wall, setWall] = useState(() => new URLSearchParams(location.search).has("wallboard"));
  const [asked, setAsked] = useState<Asked | null>(null);
  useKeys();
  const go = (view: View) => () => router.history.push(href(at(view)));
  useCommand("go-mine", go("mine"));
  useCommand("go-unassigned", go("unassigned"));
  useCommand("go-all", go("all"));
  useCommand("go-callbacks", go("callbacks"));
  useEffect(() => {
    live.follow(["list", "notifications", "queues"]);
    whereabouts.look("");
    void fetchQueues();
  }, []);
  useEffect(() => {
    document.title = `${w.title} · Skein`;
  }, [w]);
  const leave = useCallback(() => setWall(false), []);
  const may = me === undefined || me.agent.role !== "agent";
  return (
    <div className="flex h-full flex-col bg-canvas">
      <OfflineBar />
      <header className="flex h-14 shrink-0 items-center gap-3 px-4">
        <Logo size={24} />
        <PlaceLink to={`/${home}`} className="flex h-8 items-center gap-1.5 rounded-md px-2 text-sm text-secondary data-[hovered]:bg-hover max-md:size-11 max-md:shrink-0 max-md:justify-center max-md:px-0">
          <ArrowLeft size={15} aria-hidden="true" />
          <span className="max-md:sr-only">{w.back}</span>
        </PlaceLink>
        <h1 className="min-w-0 flex-1 truncate text-base font-semibold">{w.title}</h1>
        {q && may && (
          <>
            <Button look="outline" onPress={() => setAsked({ kind: "thresholds" })}>
              <SlidersHorizontal size={15} aria-hidden="true" />
              <span className="max-md:sr-only">{w.settings}</span>
            </Button>
            <Button look="outline" onPress={() => setWall(true)}>
              <Monitor size={15} aria-hidden="true" />
              <span className="max-md:sr-only">{w.wallboard}</span>
            </Button>
          </>
        )}
      </header>
      <main className="min-h-0 flex-1 overflow-auto px-4 pb-10">
        <div className="mx-auto max-w-6xl">
          {refused || !may ? (
            <Trouble words={w.refused} kept={w.refusedHelp} />
          ) : failed !== "" ? (
            <Trouble words={w.failed} kept={failed} retry={() => void fetchQueues()} />
          ) : (
            q && me && <Figures q={q} me={me} ask={setAsked} />
          )}
        </div>
      </main>
      {q && me && may && wall && <Wallboard q={q} names={me.inboxes} onLeave={leave} />}
      {q && me && asked?.kind === "thresholds" && <Thresholds q={q} onClose={() => setAsked(null)} />}
      {q && me && asked?.kind === "listed" && <Listed asked={asked} me={me} onClose={() => setAsked(null)} />}
      {me && asked?.kind === "message" && <Message to={asked.agent} onClose={() => setAsked(null)} />}
      <Notices />
    </div>
  );
}

function Figures({ q, me, ask }: { q: All; me: Me; ask: (a: Asked) => void }): ReactNode {
  const w = useWords();
  const [by, setBy] = useState<By>("inbox");
  const [span, setSpan] = useState<Span>("last60");
  const now = useServerSecond();
  const all = groupOf(q, "all", "");
  const sum = (l: readonly number[]): number => l.reduce((a, b) => a + b, 0);
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-6 gap-y-2 pb-3">
        <Choose label={w.byLabel} of={bys.map((d) => [d, w.by[d]])} chosen={by} onChoose={setBy} />
        <Choose label={w.spanLabel} of={spans.map((s) => [s, w.spans[s]])} chosen={span} onChoose={setSpan} />
      </div>
      <Table q={q} me={me} by={by} span={span} now={now} ask={ask} />
      <div className="mt-6 grid gap-6 lg:grid-cols-[3fr_2fr]">
        <Agents q={q} now={now} ask={ask} />
        <section aria-labelledby="series">
          <h2 id="series" className="mb-2 text-sm font-semibold">
            {w.series}
          </h2>
          <div className="rounded-md bg-surface p-4">
            {all.trend && (
              <Series
                created={all.trend.created}
                closed={all.trend.closed}
                names={[w.created, w.closed]}
                words={w.seriesHelp(sum(all.trend.created), sum(all.trend.closed))}
                now={Date.parse(q.at)}
              />
            )}
          </div>
        </section>
      </div>
    </>
  );
}

function Choose<T extends string>({ label, of, chosen, onChoose }: { label: string; of: readonly (readonly [T, string])[]; chosen: T; onChoose: (t: T) => void }): ReactNode {
  return (
    <div role="group" aria-label={label} className="flex gap-0.5 rounded-md bg-hover p-0.5">
      {of.map(([id, name]) => (
        <Button
          key={id}
          aria-pressed={id === chosen}
          onPress={() => onChoose(id)}
          className={`h-7! ${id === chosen ? "bg-surface font-medium text-text!" : ""}`}
        >
          {name}
        </Button>
      ))}
    </div>
  );
}

/** The order of rows, which holds while the pointer or the focus is among them. */
function useOrder(wanted: readonly string[]): { order: readonly string[]; hold: object } {
  const [order, setOrder] = useState(wanted);
  const [pointed, setPointed] = useState(false);
  const [focused, setFocused] = useState(false);
  const now = pointed || focused ? keepOrder(order, wanted) : wanted;
  if (now.join() !== order.join()) setOrder(now);
  return {
    order: now,
    hold: {
      onPointerEnter: () => setPointed(true),
      onPointerLeave: () => setPointed(false),
      onFocus: () => setFocused(true),
      onBlur: (e: React.FocusEvent) => {
        if (!e.currentTarget.contains(e.relatedTarget)) setFocused(false);
      },
    },
  };
}

function Table({ q, me, by, span, now, ask }: { q: All; me: Me; by: By; span: Span; now: number; ask: (a: Asked) => void }): ReactNode {
  const w = useWords();
  const names = new Map<string, string>(
    by === "inbox"
      ? me.inboxes.map((i) => [i.id, i.name])
      : by === "team"
        ? me.teams.map((t) => [t.id, t.name])
        : channels.filter((c) => q.groups.some((g) => g.by === "channel" && g.id === c)).map((c) => [c, w.channels[c]]),
  );
  const groups = new Map([...names.keys()].map((id) => [id, groupOf(q, by, id)]));
  const wanted = [...groups.values()]
    .sort(
      (a, b) =>
        (a.waitingSince || "9").localeCompare(b.waitingSince || "9") || b.waiting - a.waiting || (names.get(a.id) ?? "").localeCompare(names.get(b.id) ?? ""),
    )
    .map((g) => g.id);
  const { order, hold } = useOrder(wanted);
  if (names.size === 0) return <p className="rounded-md bg-surface px-4 py-10 text-center text-sm text-muted">{w.noQueues}</p>;
  const row = (g: Group, name: string): ReactNode => <Row key={`${g.by} ${g.id}`} q={q} g={g} name={name} span={span} now={now} ask={ask} />;
  return (
    // What scrolls is scrolled by keyboard too.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="overflow-x-auto rounded-md bg-surface" tabIndex={0} role="region" aria-label={w.title}>
      <table className="w-full text-sm">
        <thead>
          <tr className="border-b border-line text-end text-xs whitespace-nowrap text-muted">
            <th scope="col" className="px-4 py-2 text-start font-medium">{w.queue}</th>
            <th scope="col" className="px-3 font-medium">{w.waiting}</th>
            <th scope="col" className="px-3 font-medium">{w.longest}</th>
            <th scope="col" className="px-3 font-medium">{w.backlog}</th>
            <th scope="col" className="px-3 font-medium">{w.offered}</th>
            <th scope="col" className="px-3 font-medium">{w.handled}</th>
            <th scope="col" className="px-3 font-medium">{w.abandoned}</th>
            <th scope="col" className="px-4 py-1.5 leading-tight font-medium">
              {w.firstResponse}
              <span className="block text-[11px] font-normal">{w.medianP90}</span>
            </th>
          </tr>
        </thead>
        <tbody {...hold}>
          {order.map((id) => row(groups.get(id) ?? groupOf(q, by, id), names.get(id) ?? ""))}
        </tbody>
        <tfoot className="border-t border-line-strong">{row(groupOf(q, "all", ""), w.all)}</tfoot>
      </table>
    </div>
  );
}

function Row({ q, g, name, span, now, ask }: { q: All; g: Group; name: string; span: Span; now: number; ask: (a: Asked) => void }): ReactNode {
  const w = useWords();
  const f = g.flow[span];
  const hour = g.flow.last60;
  const longest = g.waitingSince === "" ? null : seconds(g.waitingSince, now);
  const cell = "figures px-3 py-1.5 text-end whitespace-nowrap";
  return (
    <tr className={`border-b border-line last:border-0 ${g.by === "all" ? "font-medium" : ""}`}>
      <th scope="row" className="px-4 py-2 text-start font-medium whitespace-nowrap">{name}</th>
      <td className={`${cell} ${toneOf(q, "waiting", g.waiting)}`}>
        <Mark of={q} figure="waiting" value={g.waiting} /> <span data-figure={`waiting ${g.by} ${g.id}`}>{g.waiting}</span>
      </td>
      <td className={`${cell} ${toneOf(q, "longest", longest)}`}>
        {longest === null ? (
          <span className="text-muted">–<span className="sr-only">{w.nobody}</span></span>
        ) : (
          <>
            <Mark of={q} figure="longest" value={longest} />{" "}
            <Button
              className="figures -me-2.5 underline decoration-dotted underline-offset-4"
              aria-label={`${clock(longest, w.day)}, ${w.longestOf(name)}`}
              onPress={() => ask({ kind: "listed", title: w.longestOf(name), query: { sort: "waiting", status: "open", ...(g.by === "inbox" ? { inbox: g.id } : g.by === "team" ? { team: g.id } : {}) }, channel: g.by === "channel" ? g.id : "" })}
            >
              {clock(longest, w.day)}
            </Button>
          </>
        )}
      </td>
      <td className={`${cell} ${toneOf(q, "backlog", g.backlog)}`}>
        <Mark of={q} figure="backlog" value={g.backlog} /> {g.backlog}
      </td>
      <td className={cell}>
        {span === "last60" && <Mark of={q} figure="offered" value={hour.offered} />} {f.offered}
      </td>
      <td className={cell}>{f.handled}</td>
      <td className={cell}>
        {span === "last60" && <Mark of={q} figure="abandoned" value={hour.abandoned} />} {f.abandoned}
      </td>
      <td className={`${cell} px-4`}>
        {f.median === null || f.p90 === null ? (
          <span className="text-muted">–</span>
        ) : (
          <>
            {span === "last60" && <Mark of={q} figure="firstResponse" value={f.median} />} {clock(Math.round(f.median), w.day)} · {clock(Math.round(f.p90), w.day)}
          </>
        )}
      </td>
    </tr>
  );
}

const rank = { online: 0, idle: 1, away: 2, offline: 3 } as const;
const shapes = {
  online: "bg-green",
  idle: "border-2 border-green bg-surface",
  away: "border-2 border-amber bg-surface",
  offline: "border-2 border-control bg-surface",
} as const;

function Agents({ q, now, ask }: { q: All; now: number; ask: (a: Asked) => void }): ReactNode {
  const w = useWords();
  const narrow = useMedia("(max-width: 767px)");
  const of = new Map(q.agents.map((a) => [a.id, a]));
  const wanted = [...q.agents].sort((a, b) => rank[a.state] - rank[b.state] || b.open - a.open || a.name.localeCompare(b.name)).map((a) => a.id);
  const { order, hold } = useOrder(wanted);
  const actions = (a: AgentLoad): ReactNode => (
    <MenuButton
      label={w.actions(a.name)}
      choices={[
        { id: "listed", words: w.theirs },
        { id: "message", words: w.message },
      ]}
      onChoose={(id) =>
        ask(id === "message" ? { kind: "message", agent: a } : { kind: "listed", title: w.openOf(a.name), query: { assignee: a.id, status: "open", sort: "waiting" }, channel: "" })
      }
    >
      <IconButton icon={Ellipsis} label={w.actions(a.name)} />
    </MenuButton>
  );
  return (
    <section aria-labelledby="agents" className="min-w-0">
      <h2 id="agents" className="mb-2 text-sm font-semibold">
        {w.agents}
      </h2>
      <div className="overflow-x-auto rounded-md bg-surface">
        <table className="w-full text-sm">
          <thead>
            <tr className="border-b border-line text-xs whitespace-nowrap text-muted">
              <th scope="col" className="px-4 py-2 text-start max-md:px-3 font-medium">{w.agent}</th>
              <th scope="col" className="px-3 max-md:px-1.5 text-start font-medium">{w.state}</th>
              <th scope="col" className="px-3 max-md:px-1.5 text-end font-medium">{w.open}</th>
              <th scope="col" className="px-3 max-md:px-1.5 text-end font-medium">{narrow ? w.handled : w.today}</th>
              <td />
            </tr>
          </thead>
          <tbody {...hold}>
            {order.map((id) => {
              const a = of.get(id);
              if (!a) return null;
              return (
                <tr key={id} className="border-b border-line last:border-0">
                  <th scope="row" className="px-4 py-1 text-start max-md:px-3 font-medium">{a.name}</th>
                  <td className="px-3 max-md:px-1.5 whitespace-nowrap">
                    <span className="inline-flex items-center gap-1.5">
                      <span aria-hidden="true" className={`size-2 shrink-0 rounded-full ${shapes[a.state]}`} />
                      {w.states[a.state]}
                    </span>
                    {a.since !== "" && <span className="figures ms-2 text-xs text-muted">{clock(seconds(a.since, now), w.day)}</span>}
                  </td>
                  <td className="figures px-3 text-end max-md:px-1.5 whitespace-nowrap">
                    {a.waiting > 0 && <span className="me-2 text-xs text-muted">{w.openWaiting(a.waiting)}</span>}
                    {a.open}
                  </td>
                  <td className="figures px-3 text-end max-md:px-1.5">{a.handled}</td>
                  <td className="w-10 pe-2 text-end max-md:pe-1">{actions(a)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
        {q.agents.length === 0 && <p className="px-4 py-10 text-center text-sm text-muted">{w.noAgents}</p>}
      </div>
    </section>
  );
}
