// The bell: how much is unread, and the list of it. A chunk of its own, which also
// has what this browser shows by itself.

import { useQuery } from "@tanstack/react-query";
import { AtSign, Bell as Glyph, Check, CheckCheck, Megaphone, MessageSquare, UserRoundCheck, type LucideIcon } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { Button as AriaButton, Dialog, DialogTrigger, Popover } from "react-aria-components";
import { bellKey, countWord, fetchBell, fetchOlder, hearers, markRead, noBell, type Notice } from "../bell";
import { useWords, words } from "../bellwords";
import { useGo, usePlace } from "../navigate";
import { at, href } from "../place";
import { start } from "../push";
import { Button, IconButton } from "../ui/controls";
import { useNow } from "../ui/hooks";
import { announce, toast } from "../ui/signals";
import { age, exactly } from "../words";
import { PlaceLink } from "./PlaceLink";

const glyph: Record<Notice["kind"], LucideIcon> = { assignment: UserRoundCheck, mention: AtSign, message: MessageSquare, direct: Megaphone };

const refused = (e: unknown): void => {
  toast(e instanceof Error ? e.message : String(e), { tone: "bad" });
};

export default function Bell({ expanded }: { expanded: boolean }): ReactNode {
  const w = useWords();
  const place = usePlace();
  const go = useGo();
  const [open, setOpen] = useState(false);
  const q = useQuery({ queryKey: bellKey, queryFn: fetchBell });
  const bell = q.data ?? noBell;
  const count = countWord(bell);

  useEffect(start, []);
  useEffect(() => {
    const told = (n: Parameters<Parameters<typeof hearers.add>[0]>[0]): void => {
      if (!n || !("made" in n)) return;
      const line = words().line[n.made.kind](n.made.by);
      if (n.made.kind === "direct") toast(`${line}: ${n.made.text}`);
      else announce(`${line}: #${n.made.number}`);
    };
    hearers.add(told);
    return () => void hearers.delete(told);
  }, []);
  useEffect(() => {
    if (!("serviceWorker" in navigator)) return;
    const clicked = (e: MessageEvent<{ type?: string; number?: number }>): void => {
      if (e.data.type === "open" && e.data.number) go(at("mine", { open: String(e.data.number) }));
    };
    navigator.serviceWorker.addEventListener("message", clicked);
    return () => navigator.serviceWorker.removeEventListener("message", clicked);
  }, [go]);

  // What is before the agent is read with what is told of it.
  const [visible, setVisible] = useState(document.visibilityState === "visible");
  useEffect(() => {
    const look = (): void => setVisible(document.visibilityState === "visible");
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);
  const here = bell.items.find((n) => !n.read && n.kind !== "direct" && (n.conversationId === place.open || String(n.number) === place.open));
  const seen = visible && here ? here.conversationId : "";
  const newest = here?.id ?? "";
  useEffect(() => {
    if (seen !== "") void markRead({ conversationId: seen }).catch(() => undefined); // the next look tries again
  }, [seen, newest]);

  return (
    <DialogTrigger isOpen={open} onOpenChange={setOpen}>
      <AriaButton
        aria-label={count === "" ? w.title : w.unread(count)}
        className={`relative flex shrink-0 items-center justify-center rounded-md text-muted data-[hovered]:bg-hover data-[hovered]:text-text ${expanded ? "ms-auto size-8" : "size-9 max-md:size-11"}`}
      >
        <Glyph size={17} strokeWidth={1.75} aria-hidden="true" />
        {count !== "" && (
          <span aria-hidden="true" className="figures absolute -top-0.5 -end-0.5 rounded-full bg-accent px-1 text-[10px] leading-[15px] font-semibold text-on-accent">
            {count}
          </span>
        )}
      </AriaButton>
      <Popover placement="bottom start" offset={6} className="floats z-40 flex max-h-[min(560px,80vh)] w-[380px] max-w-[calc(100vw-16px)] flex-col rounded-lg bg-raised shadow-float">
        <Dialog aria-label={w.title} className="flex min-h-0 flex-col outline-none">
          <header className="flex items-center gap-1 py-2 pe-2 ps-4">
            <h2 className="flex-1 text-base font-semibold">{w.title}</h2>
            <PlaceLink to="/settings/notifications" className="flex h-8 items-center rounded-md px-2 text-sm text-secondary data-[hovered]:bg-hover max-md:h-11">
              {w.settings}
            </PlaceLink>
            <IconButton
              icon={CheckCheck}
              label={w.allRead}
              isDisabled={count === ""}
              onPress={() => void markRead({ through: bell.items[0]?.at ?? new Date().toISOString() }).catch(refused)}
            />
          </header>
          <div className="min-h-0 overflow-y-auto px-2 pb-2">
            {q.isError && bell.items.length === 0 ? (
              <p role="alert" className="px-2 py-6 text-center text-sm text-muted">
                {w.failed}
              </p>
            ) : bell.items.length === 0 ? (
              <p className="px-2 py-6 text-center text-sm text-muted">{w.empty}</p>
            ) : (
              <ul aria-label={w.title} className="flex flex-col gap-0.5">
                {bell.items.map((n) => (
                  <Line key={n.id} of={n} onOpen={() => setOpen(false)} />
                ))}
              </ul>
            )}
            {bell.next !== "" && (
              <Button className="mt-1 w-full justify-center" onPress={() => void fetchOlder().catch(refused)}>
                {w.older}
              </Button>
            )}
          </div>
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}

function Line({ of: n, onOpen }: { of: Notice; onOpen: () => void }): ReactNode {
  const w = useWords();
  const now = useNow();
  const Icon = glyph[n.kind];
  const place = usePlace();
  if (n.kind === "direct") {
    return (
      <li className="flex min-h-11 items-start gap-2.5 rounded-md px-2 py-1.5">
        <Icon size={15} strokeWidth={1.75} aria-hidden="true" className="mt-0.5 shrink-0 text-muted" />
        <span className="min-w-0 flex-1">
          <span className="flex items-baseline gap-2">
            <span className={`min-w-0 flex-1 truncate text-sm ${n.read ? "text-secondary" : "font-semibold"}`}>{w.line.direct(n.by)}</span>
            <span className="figures shrink-0 text-xs text-muted" title={exactly(n.at)}>
              {age(n.at, now)}
            </span>
          </span>
          <span className="block text-sm break-words whitespace-pre-wrap">{n.text}</span>
        </span>
        {!n.read && <IconButton icon={Check} label={w.markRead} onPress={() => void markRead({ ids: [n.id] }).catch(refused)} />}
      </li>
    );
  }
  return (
    <li>
      <PlaceLink
        to={href(at(place.view === "search" ? "all" : place.view, { open: String(n.number) }))}
        onPress={() => {
          onOpen();
          if (!n.read) void markRead({ ids: [n.id] }).catch(refused);
        }}
        className="flex min-h-11 items-start gap-2.5 rounded-md px-2 py-1.5 data-[hovered]:bg-hover"
      >
        <Icon size={15} strokeWidth={1.75} aria-hidden="true" className="mt-0.5 shrink-0 text-muted" />
        <span className="min-w-0 flex-1">
          <span className="flex items-baseline gap-2">
            <span className={`min-w-0 flex-1 truncate text-sm ${n.read ? "text-secondary" : "font-semibold"}`}>
              {w.line[n.kind](n.by)} · {n.customer}
            </span>
            <span className="figures shrink-0 text-xs text-muted" title={exactly(n.at)}>
              {age(n.at, now)}
            </span>
          </span>
          <span className="block truncate text-xs text-muted">
            <span className="figures">#{n.number}</span> {n.text || n.subject}
          </span>
        </span>
        {!n.read && (
          <span className="mt-1.5 size-2 shrink-0 rounded-full bg-accent">
            <span className="sr-only">{w.isNew}</span>
          </span>
        )}
      </PlaceLink>
    </li>
  );
}
