// Which way an answer takes: the account that it leaves by, until when its
// service takes one, and the templates that it takes after that.

import { useQuery } from "@tanstack/react-query";
import { ChevronDown, Globe, Lock } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { waysOf, type Way } from "../sending";
import { useWords } from "../sendwords";
import type { Conversation } from "../types";
import { Button, Chip, MenuButton, Tip } from "../ui/controls";
import { useNow } from "../ui/hooks";
import { span } from "../words";
import { TemplateSheet, type Filled } from "./TemplateSheet";

/** In the first line of the composer. */
export function WayLine({
  conversation: c,
  by,
  onWay,
  onBy,
}: {
  conversation: Conversation;
  /** The account that was chosen; "" for the conversation's. */
  by: string;
  /** Tells which way it is now, and what that takes. */
  onWay: (w: Way | null) => void;
  onBy: (account: string) => void;
}): ReactNode {
  const w = useWords();
  const now = useNow();
  const { data } = useQuery({ queryKey: ["sending", c.id, c.publicSeq, c.accountId], queryFn: () => waysOf(c.id), placeholderData: (old) => old });
  const ways = data ?? [];
  const way = ways.find((x) => x.accountId === by) ?? ways[0] ?? null;
  useEffect(() => onWay(way), [way, onWay]);
  if (!way) return null;
  const closes = way.may && way.closesAt !== "" ? Date.parse(way.closesAt) - now : 0;
  return (
    <span className="flex min-w-0 items-center gap-1">
      {ways.length > 1 && (
        <MenuButton
          label={w.ways}
          placement="top start"
          choices={ways.map((x) => ({
            id: x.accountId,
            words: x.beside === "" ? `${x.name} · ${w.channel[x.channel]}` : w.besideLong[x.beside],
            detail: x.may || x.templates.length > 0 ? [x.from, x.to[0]?.address].filter((s) => s).join(" → ") : x.why,
            selected: x.accountId === way.accountId,
          }))}
          onChoose={(id) => onBy(id === ways[0]?.accountId ? "" : id)}
        >
          <Button
            aria-label={way.beside === "" ? w.choose(way.name) : w.chooseBeside(w.beside[way.beside])}
            className={`h-7! min-w-0 px-1.5! text-xs max-md:h-11! ${way.beside === "public" ? "font-medium text-amber-text!" : "text-muted"}`}
          >
            {way.beside === "public" && <Globe size={12} strokeWidth={2} aria-hidden="true" />}
            {way.beside === "private" && <Lock size={12} strokeWidth={2} aria-hidden="true" />}
            <span className="min-w-0 truncate">{way.beside === "" ? w.from(way.name) : w.beside[way.beside]}</span>
            <ChevronDown size={12} aria-hidden="true" />
          </Button>
        </MenuButton>
      )}
      {closes > 0 && (
        <Tip words={w.leftLong} placement="top">
          <Button className={`h-7! min-w-0 px-1.5! text-xs ${closes < 2 * 3_600_000 ? "text-amber-text" : "text-muted"}`}>
            <span className="truncate">{w.left(span(closes))}</span>
          </Button>
        </Tip>
      )}
    </span>
  );
}

/** Above the field: why nothing may be written, and what may be sent instead. */
export function WayBar({ way, onTemplate }: { way: Way; onTemplate: (t: Filled) => void }): ReactNode {
  const w = useWords();
  const [open, setOpen] = useState(false);
  if (way.why === "") return null;
  return (
    <div role="status" className="mx-4 my-1 flex shrink-0 flex-wrap items-center gap-2 rounded-md bg-amber-soft px-3 py-1 text-sm text-amber-text">
      <span className="min-w-0 flex-1">{way.why}</span>
      {!way.may && way.stopped && <Chip tone="amber">{w.stopped}</Chip>}
      {way.templates.length > 0 && !way.stopped && (
        <Button look="outline" onPress={() => setOpen(true)}>
          {w.template}
        </Button>
      )}
      {open && (
        <TemplateSheet
          templates={way.templates}
          onSend={(t) => {
            setOpen(false);
            onTemplate(t);
          }}
          onClose={() => setOpen(false)}
        />
      )}
    </div>
  );
}
