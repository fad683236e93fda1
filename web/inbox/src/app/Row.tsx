import { useRouter } from "@tanstack/react-router";
import { Check } from "lucide-react";
import { memo, type ReactNode } from "react";
import type { Conversation, Me } from "../types";
import { Chip } from "../ui/controls";
import { channelIcon } from "../ui/icons";
import { runCommand, useNow } from "../ui/hooks";
import { age, channelWord, numberWord, personName, priorityWord, span, statusWord, subjectOf } from "../words";
import { useWords } from "../words/language";

export const Row = memo(function Row({
  conversation: c,
  to,
  current,
  tabbable,
  me,
  person,
  longest,
  left,
  showStatus,
  showAssignee,
  found,
  replace,
  selected = false,
  selecting = false,
}: {
  conversation: Conversation;
  to: string;
  current: boolean;
  tabbable: boolean;
  me: string;
  person: Me | undefined;
  longest: boolean;
  left: boolean;
  showStatus: boolean;
  showAssignee: boolean;
  /** Of what a search found, its subject and what was said, each a line of its own. */
  found?: readonly ReactNode[];
  replace: boolean;
  selected?: boolean;
  /** Something is selected: the boxes of all rows show. */
  selecting?: boolean;
}): ReactNode {
  const now = useNow();
  const w = useWords();
  const Glyph = channelIcon[c.channel];
  const waits = c.waitingSince !== "" && c.status === "open";
  const name = personName(c.customer);
  const subject = subjectOf(c);
  const assignee = c.assigneeId === "" ? "" : c.assigneeId === me ? w.terms.you : (person?.agents.find((a) => a.id === c.assigneeId)?.name ?? "");
  return (
    <>
    <RowLink to={to} current={current || selected} open={current} tabbable={tabbable} replace={replace} left={left} tall={(found?.length ?? 0) > 1}>
      <span aria-hidden="true" className={`absolute inset-y-0 start-0 w-[3px] ${longest ? "bg-amber" : current ? "bg-accent" : ""}`} />
      <span className="flex items-center gap-1.5">
        {waits && <span aria-hidden="true" className={`-ms-3 size-1.5 shrink-0 rounded-full bg-accent ${selecting ? "invisible" : "group-hover:invisible"}`} />}
        <span className={`min-w-0 truncate text-sm ${waits ? "font-semibold" : ""}`}>{name}</span>
        <Glyph size={13} strokeWidth={1.75} aria-hidden="true" className="shrink-0 text-muted" />
        <span className="sr-only">
          {w.list.about(channelWord(c.channel), c.number)}
          {waits && w.list.waiting(span(now - Date.parse(c.waitingSince)))},
        </span>
        <span className="-my-1 ms-auto flex min-w-0 shrink-[9] gap-1 overflow-hidden py-1 ps-1">
          {(showStatus || left) && c.status !== "open" && <Chip>{statusWord(c.status)}</Chip>}
          {c.priority > 0 && <Chip tone="accent">{priorityWord(c.priority)}</Chip>}
          {c.tags.slice(0, 2).map((t) => (
            <Chip key={t}>
              <span className="max-w-24 truncate">{t}</span>
            </Chip>
          ))}
          {c.order && <Chip>{numberWord(c.order.number)}</Chip>}
          {showAssignee && assignee !== "" && <Chip tone={c.assigneeId === me ? "accent" : "quiet"}>{assignee.split(" ")[0]}</Chip>}
        </span>
        <span className={`figures shrink-0 ps-1 text-xs ${longest ? "text-amber-text" : "text-muted"}`}>{age(c.lastAt, now)}</span>
      </span>
      {found ? (
        found.map((line, i) => (
          <span key={i} className={`truncate text-sm ${i === 0 && found.length > 1 ? "text-text" : "text-secondary"}`}>
            {line}
          </span>
        ))
      ) : (
        <span className="truncate text-sm text-secondary">
          <span className={waits ? "text-text" : ""}>{subject}</span>
          {c.preview !== "" && <span className={`text-muted ${subject === "" ? "" : "ms-1.5"}`}>{c.preview}</span>}
        </span>
      )}
    </RowLink>
    <RowBox words={`${name}, ${c.number}`} selected={selected} selecting={selecting} />
    </>
  );
});

/** Selects its row: the list takes its clicks, and the row its key. */
function RowBox({ words, selected, selecting }: { words: string; selected: boolean; selecting: boolean }): ReactNode {
  return (
    <span
      role="checkbox"
      aria-checked={selected}
      aria-label={words}
      data-pick=""
      tabIndex={-1}
      className={`absolute inset-y-0 start-0 flex w-7 cursor-pointer items-start pt-[15px] ps-[3px] ${selecting ? "" : "opacity-0 group-hover:opacity-100 pointer-coarse:hidden"}`}
    >
      <span className={`flex size-3.5 items-center justify-center rounded-[3px] border ${selected ? "border-accent bg-accent text-on-accent" : "border-control bg-surface"}`}>
        {selected && <Check size={11} strokeWidth={3} aria-hidden="true" />}
      </span>
    </span>
  );
}

function RowLink({
  to,
  current,
  open,
  tabbable,
  replace,
  left,
  tall,
  children,
}: {
  to: string;
  current: boolean;
  /** It is the open one, and not only marked. */
  open: boolean;
  /** One row of the list is a tab stop; j, k and the arrow keys go among them. */
  tabbable: boolean;
  replace: boolean;
  left: boolean;
  /** It has a line more than those of lists. */
  tall: boolean;
  children: ReactNode;
}): ReactNode {
  const router = useRouter();
  return (
    <a
      href={to}
      {...(open ? { "aria-current": "true" as const } : {})}
      tabIndex={tabbable ? 0 : -1}
      onClick={(e) => {
        if (e.metaKey || e.ctrlKey || e.shiftKey || e.button !== 0) return;
        e.preventDefault();
        if (replace) router.history.replace(to);
        else router.history.push(to);
      }}
      onKeyDown={(e) => {
        if (e.key === "ArrowDown" || e.key === "ArrowUp") {
          e.preventDefault();
          runCommand(e.key === "ArrowDown" ? "next" : "previous");
        }
      }}
      className={`relative flex ${tall ? "h-21" : "h-16"} flex-col justify-center gap-0.5 border-b border-line pe-3 ps-5 ${
        current ? "bg-selected" : "hover:bg-hover"
      } ${left ? "opacity-60" : ""}`}
    >
      {children}
    </a>
  );
}

export function RowSkeleton(): ReactNode {
  return (
    <div aria-hidden="true">
      {Array.from({ length: 9 }, (_, i) => (
        <div key={i} className="flex h-16 flex-col justify-center gap-2 border-b border-line px-5">
          <div className="skeleton h-3" style={{ width: `${38 + ((i * 17) % 30)}%` }} />
          <div className="skeleton h-3" style={{ width: `${60 + ((i * 23) % 35)}%` }} />
        </div>
      ))}
    </div>
  );
}
