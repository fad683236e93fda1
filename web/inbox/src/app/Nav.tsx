import { useRouter } from "@tanstack/react-router";
import { Archive, AtSign, CircleHelp, CirclePause, CirclePlay, Inbox, List, ListOrdered, LogOut, Monitor, Moon, OctagonAlert, PenLine, PhoneMissed, Settings2, Sun, UserRound, UserRoundX } from "lucide-react";
import type { LucideIcon } from "lucide-react";
import { memo, Suspense, type ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import { keyOf } from "../keys";
import { beginning } from "../draft";
import type { Filter } from "../lists";
import { at, filterOf, href, listed, listOf, viewWord, type Place, type View } from "../place";
import { choose } from "../runtime";
import { signOut } from "../session";
import { setTheme, useTheme } from "../theme";
import type { Me } from "../types";
import { Avatar, IconButton, MenuButton, Tip } from "../ui/controls";
import { runCommand } from "../ui/hooks";
import { lazy } from "../ui/later";
import { initials } from "../words";
import { NavItem } from "./NavItem";
import { Logo } from "./Logo";
import { PresenceDot, useOwnPresence } from "./Presence";
import { useWords } from "../words/language";

export const navViews: readonly { view: View; icon: LucideIcon; keys?: string }[] = [
  { view: "mine", icon: UserRound, keys: keyOf("go-mine") },
  { view: "unassigned", icon: UserRoundX, keys: keyOf("go-unassigned") },
  { view: "mentions", icon: AtSign, keys: keyOf("go-mentions") },
  { view: "all", icon: Inbox, keys: keyOf("go-all") },
  { view: "callbacks", icon: PhoneMissed, keys: keyOf("go-callbacks") },
  { view: "closed", icon: Archive },
  { view: "spam", icon: OctagonAlert },
];

export type Counts = (f: Filter, me: string) => number;

/** What is counted by looking, for the views that no sum tells of. */
export interface Looked {
  readonly callbacks: number;
  readonly mentions: number;
}

/** The number beside a view. */
export function countAt(view: View, counts: Counts, looked: Looked, me: Me | undefined): number {
  if (view === "callbacks" || view === "mentions") return looked[view];
  return me && view !== "closed" && listed(view) ? counts(filterOf(at(view)), me.agent.id) : 0;
}

// What is opened draws the frame anew, and not this.
export const Nav = memo(function Nav({
  me,
  counts,
  looked,
  place,
  expanded,
  onHelp,
}: {
  me: Me | undefined;
  counts: Counts;
  looked: Looked;
  /** The list. */
  place: Place;
  expanded: boolean;
  onHelp: () => void;
}): ReactNode {
  const w = useWords();
  const { compose } = w;
  return (
    <header
      className={`flex shrink-0 flex-col bg-canvas ${expanded ? "w-52" : "w-14"}`}
    >
      <div className={`flex h-14 items-center gap-2.5 ${expanded ? "px-4" : "justify-center"}`}>
        <Logo size={24} />
        {expanded && <span className="text-base font-semibold">Skein</span>}
        {expanded && <LazyBell expanded />}
      </div>
      {!expanded && (
        <div className="flex h-10 justify-center pb-1">
          <LazyBell expanded={false} />
        </div>
      )}
      <div className={expanded ? "px-2 pb-2" : "flex justify-center pb-1"}>
        <Tip words={compose.begin} keys={keyOf("begin")} placement="right">
          <AriaButton
            onPress={() => beginning.set({ address: "", name: "" })}
            className={`flex items-center rounded-md text-sm text-secondary data-[hovered]:bg-hover data-[hovered]:text-text ${expanded ? "h-8 w-full gap-2.5 border border-line-strong bg-surface px-2" : "h-10 w-11 justify-center"}`}
          >
            <PenLine size={16} strokeWidth={1.75} aria-hidden="true" className="shrink-0 text-muted" />
            <span className={expanded ? "truncate" : "sr-only"}>{compose.begin}</span>
          </AriaButton>
        </Tip>
      </div>
      <nav aria-label={w.nav.lists} className={`flex flex-1 flex-col gap-0.5 overflow-y-auto ${expanded ? "px-2" : "items-center px-1"}`}>
        {navViews.map((v) => (
          <NavItem
            key={v.view}
            to={href(at(v.view))}
            words={viewWord(v.view)}
            icon={v.icon}
            keys={v.keys}
            expanded={expanded}
            current={listOf(place) === v.view}
            count={countAt(v.view, counts, looked, me)}
            strong={v.view === "mine"}
          />
        ))}
        {me && me.agent.role !== "agent" && (
          <NavItem to="/queues" words={w.nav.queues} icon={ListOrdered} keys={keyOf("go-queues")} expanded={expanded} current={false} count={0} />
        )}
        {expanded ? (
          me && (
            <Suspense>
              <NavMore me={me} counts={counts} place={place} />
            </Suspense>
          )
        ) : (
          <IconButton icon={List} label={w.nav.allLists} keys={keyOf("lists")} onPress={() => runCommand("lists")} placement="right" />
        )}
      </nav>
      <div className={`flex gap-1 p-2 ${expanded ? "items-center" : "flex-col items-center"}`}>
        <AccountMenu me={me} expanded={expanded} />
        <IconButton icon={CircleHelp} label={w.nav.allKeys} keys="?" onPress={onHelp} placement={expanded ? "top" : "right"} />
      </div>
    </header>
  );
});

const NavMore = lazy(() => import("./NavMore"));
const Bell = lazy(() => import("./Bell"));

export function LazyBell({ expanded }: { expanded: boolean }): ReactNode {
  return (
    <Suspense>
      <Bell expanded={expanded} />
    </Suspense>
  );
}

export function AccountMenu({ me, expanded }: { me: Me | undefined; expanded: boolean }): ReactNode {
  const w = useWords();
  const theme = useTheme();
  const router = useRouter();
  const name = me?.agent.name ?? "";
  const state = useOwnPresence(me?.agent.id ?? "");
  return (
    <MenuButton
      label={w.nav.account}
      placement="top start"
      choices={[
        state === "away"
          ? { id: "here", words: w.nav.back, detail: w.nav.shownAway, icon: CirclePlay }
          : { id: "away", words: w.nav.goAway, detail: w.nav.callsPass, icon: CirclePause },
        { id: "system", words: w.nav.asSystem, icon: Monitor, selected: theme === "system" },
        { id: "light", words: w.nav.light, icon: Sun, selected: theme === "light" },
        { id: "dark", words: w.nav.dark, icon: Moon, selected: theme === "dark" },
        { id: "settings", words: w.nav.settings, icon: Settings2 },
        { id: "out", words: w.nav.signOut, detail: me?.agent.email, icon: LogOut },
      ]}
      onChoose={(id) => {
        if (id === "out") void signOut();
        else if (id === "away" || id === "here") choose(id === "away");
        else if (id === "settings") router.history.push("/settings");
        else if (id === "system" || id === "light" || id === "dark") setTheme(id);
      }}
    >
      <AriaButton
        aria-label={name === "" ? w.nav.account : w.nav.accountOf(name, w.terms.presence[state])}
        className={`flex h-9 min-w-0 items-center gap-2.5 rounded-md text-start data-[hovered]:bg-hover ${expanded ? "flex-1 px-1.5" : "w-9 justify-center"}`}
      >
        <span className="relative flex shrink-0">
          <Avatar name={name === "" ? "" : initials(name)} size={24} ours />
          <span className="absolute -end-0.5 -bottom-0.5 flex rounded-full ring-2 ring-canvas">
            <PresenceDot state={state} />
          </span>
        </span>
        {expanded && <span className="min-w-0 truncate text-sm text-secondary">{name}</span>}
      </AriaButton>
    </MenuButton>
  );
}
