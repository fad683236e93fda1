import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { Tip } from "../ui/controls";
import { PlaceLink } from "./PlaceLink";

function countWord(n: number, capped: boolean): string {
  if (capped) return n > 99 ? "99+" : String(n);
  return n > 9999 ? "9999+" : String(n);
}

/** A line of the navigation: a list, and how many are in it. */
export function NavItem({
  to,
  words,
  icon: Icon,
  keys,
  expanded,
  current,
  count,
  capped = false,
  strong = false,
  onPress,
}: {
  /** The address. */
  to: string;
  words: string;
  icon?: LucideIcon;
  keys?: string | undefined;
  expanded: boolean;
  current: boolean;
  count: number;
  /** It was counted no further than a hundred. */
  capped?: boolean;
  strong?: boolean;
  onPress?: () => void;
}): ReactNode {
  return (
    <Tip words={words} keys={keys} placement="right">
      <PlaceLink
        to={to}
        current={current}
        {...(onPress ? { onPress } : {})}
        className={`flex h-8 items-center rounded-md text-sm transition-colors duration-75 ${
          current ? "bg-selected font-medium text-text" : "text-secondary data-[hovered]:bg-hover data-[hovered]:text-text"
        } ${expanded ? "gap-2.5 px-2 max-md:h-11" : "relative h-10 w-11 justify-center"}`}
      >
        {Icon && <Icon size={16} strokeWidth={1.75} aria-hidden="true" className={`shrink-0 ${current ? "text-accent-text" : "text-muted"}`} />}
        <span className={expanded ? "min-w-0 flex-1 truncate" : "sr-only"}>{words}</span>
        {count > 0 && (
          <span
            className={
              expanded
                ? `figures shrink-0 text-xs ${strong ? "font-semibold text-accent-text" : "text-muted"}`
                : "figures absolute top-0.5 end-0.5 rounded-full bg-hover px-1 text-[10px] leading-[14px] font-semibold text-secondary"
            }
          >
            {countWord(count, capped || !expanded)}
          </span>
        )}
      </PlaceLink>
    </Tip>
  );
}
