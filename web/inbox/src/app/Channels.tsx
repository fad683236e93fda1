// The accounts of all channels, for admins: how each is served just now, what
// needs a hand first, and the way to each one's settings.

import { Plus, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { useRouter } from "@tanstack/react-router";
import { useAccounts, useKinds, type Account, type Health, type State } from "../accounts";
import type { Me } from "../types";
import { Button, Chip, MenuButton, Trouble } from "../ui/controls";
import { useNow } from "../ui/hooks";
import { channelIcon } from "../ui/icons";
import { exactly, span } from "../words";
import { ago } from "../words/ago";
import { useWords, words } from "./channelwords";
import { PlaceLink } from "./PlaceLink";

const tones: Record<State, "quiet" | "amber" | "red" | "accent"> = {
  running: "accent",
  starting: "quiet",
  retrying: "amber",
  refused: "red",
  paused: "quiet",
  stopped: "amber",
};

export function StateChip({ of: a }: { of: Pick<Account, "health" | "paused"> }): ReactNode {
  const state = a.paused ? "paused" : a.health.state;
  return <Chip tone={tones[state]}>{useWords().states[state]}</Chip>;
}

/** What an operator asks first, in one line. */
export function figures(h: Health, now: number): string {
  const w = words();
  const say = [h.lastItem === "" ? w.nothing : w.last(ago(h.lastItem, now))];
  if (h.lagSeconds >= 60) say.push(w.behind(span(h.lagSeconds * 1000)));
  if (h.received > 0) say.push(w.received(h.received));
  if (h.sent > 0) say.push(w.sent(h.sent));
  if (h.rejected > 0) say.push(w.rejected(h.rejected));
  if (h.doubted > 0) say.push(w.doubted(h.doubted));
  return say.join(" · ");
}

/** The worst first, so that what needs a hand is seen. */
const urgency: readonly State[] = ["refused", "stopped", "retrying", "starting", "running", "paused"];
const rank = (a: Account): number => urgency.indexOf(a.paused ? "paused" : a.health.state);

export function Channels({ me }: { me: Me }): ReactNode {
  const w = useWords();
  const router = useRouter();
  const { items, loading, error } = useAccounts(true);
  const { items: kinds } = useKinds(true);
  const sorted = [...items].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
  return (
    <>
      <div className="flex flex-wrap items-start gap-3">
        <div className="min-w-0 flex-1">
          <h1 className="text-lg font-semibold">{w.title}</h1>
          <p className="mt-1 max-w-2xl text-sm text-secondary">{w.lead}</p>
        </div>
        <MenuButton
          label={w.title}
          choices={[...kinds]
            .sort((a, b) => Number(b.built) - Number(a.built))
            .map((k) => ({
              id: k.channel,
              words: w.channel[k.channel],
              icon: channelIcon[k.channel],
              detail: k.built ? undefined : w.own,
            }))}
          onChoose={(id) => router.history.push(`/settings/channels/new/${id}`)}
        >
          <Button look="solid">
            <Plus size={15} aria-hidden="true" />
            {w.add}
          </Button>
        </MenuButton>
      </div>
      {error ? (
        <Trouble words={w.failed} kept={error.message} />
      ) : (
        <ul className="mt-4 rounded-md bg-surface">
          {sorted.map((a) => (
            <AccountRow key={a.id} of={a} inbox={me.inboxes.find((i) => i.id === a.inboxId)?.name ?? ""} />
          ))}
          {!loading && items.length === 0 && (
            <li className="flex flex-col items-center gap-3 px-4 py-10 text-center text-sm text-muted">
              {w.none}
              <PlaceLink to="/setup/mailbox" className="inline-flex h-8 items-center rounded-md bg-accent px-2.5 text-sm font-medium text-on-accent data-[hovered]:bg-accent-hover max-md:h-11">
                {w.connect}
              </PlaceLink>
            </li>
          )}
        </ul>
      )}
    </>
  );
}

function AccountRow({ of: a, inbox }: { of: Account; inbox: string }): ReactNode {
  const w = useWords();
  const now = useNow();
  const Icon = channelIcon[a.channel];
  const wrong = a.health.lastError !== "" && !a.paused;
  return (
    <li className="border-b border-line last:border-0">
      <PlaceLink to={`/settings/channels/${a.id}`} className="flex min-h-16 items-start gap-3 px-4 py-3 data-[hovered]:bg-hover">
        <Icon size={16} strokeWidth={1.75} className="mt-0.5 shrink-0 text-muted" aria-hidden="true" />
        <span className="min-w-0 flex-1">
          <span className="flex flex-wrap items-baseline gap-x-2">
            <span className="truncate text-sm font-medium">{a.name}</span>
            <span className="truncate text-sm text-muted">{a.address === a.name ? "" : a.address}</span>
          </span>
          <span className="figures block text-xs text-muted md:truncate" title={a.health.lastItem === "" ? undefined : exactly(a.health.lastItem)}>
            {inbox === "" ? "" : `${inbox} · `}
            {figures(a.health, now)}
          </span>
          {wrong && (
            <span className="mt-0.5 flex items-start gap-1 text-xs text-red-text" title={exactly(a.health.errorAt)}>
              <TriangleAlert size={13} className="mt-px shrink-0" aria-hidden="true" />
              <span className="min-w-0 break-words">{a.health.lastError}</span>
            </span>
          )}
          {a.health.state === "refused" && !a.paused && <span className="mt-1 block text-xs font-medium text-accent-text">{w.signInAgain}</span>}
        </span>
        <span className="flex shrink-0 flex-col items-end gap-1.5">
          <StateChip of={a} />
          {a.dead > 0 && (
            <span className="figures text-xs text-amber-text">{w.dead(a.dead)}</span>
          )}
        </span>
      </PlaceLink>
    </li>
  );
}
