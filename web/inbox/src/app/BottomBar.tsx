import { List } from "lucide-react";
import type { ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import { at, href, viewWord, type Place } from "../place";
import type { Me } from "../types";
import { runCommand } from "../ui/hooks";
import { useWords } from "../words/language";
import { AccountMenu, countAt, LazyBell, navViews, type Counts, type Looked } from "./Nav";
import { PlaceLink } from "./PlaceLink";

/** Navigation under the thumb, where there is room for one pane. */
export function BottomBar({ me, counts, looked, place }: { me: Me | undefined; counts: Counts; looked: Looked; place: Place }): ReactNode {
  const w = useWords().nav;
  return (
    <div className="flex h-14 shrink-0 items-stretch border-t border-line bg-canvas pb-[env(safe-area-inset-bottom)]">
      <nav aria-label={w.lists} className="flex flex-1 items-stretch">
        {/* The rest is among all the lists. */}
        {navViews.filter((v) => !["mentions", "closed", "spam"].includes(v.view)).map(({ view, icon: Icon }) => {
          const n = countAt(view, counts, looked, me);
          const current = place.view === view;
          return (
            <PlaceLink
              key={view}
              to={href(at(view))}
              current={current}
              className={`relative flex flex-1 flex-col items-center justify-center gap-0.5 text-[11px] leading-4 ${current ? "font-medium text-accent-text" : "text-muted"}`}
            >
              <Icon size={18} strokeWidth={1.75} aria-hidden="true" />
              <span>{view === "unassigned" ? w.unassignedShort : viewWord(view)}</span>
              {n > 0 && (
                <span className="figures absolute top-1 start-1/2 ms-2 rounded-full bg-hover px-1 text-[10px] leading-[14px] font-semibold text-secondary">
                  {n > 99 ? "99+" : n}
                </span>
              )}
            </PlaceLink>
          );
        })}
        <AriaButton
          onPress={() => runCommand("lists")}
          className="flex flex-1 flex-col items-center justify-center gap-0.5 text-[11px] leading-4 text-muted"
        >
          <List size={18} strokeWidth={1.75} aria-hidden="true" />
          <span>{w.lists}</span>
        </AriaButton>
      </nav>
      <div className="flex items-center px-1">
        <span className="w-11">
          <LazyBell expanded={false} />
        </span>
        <AccountMenu me={me} expanded={false} />
      </div>
    </div>
  );
}
