// A telephone rings: whose number it shows, what is open with them, what they look
// at. It takes no focus; `c` opens it, and Enter does where nothing else has it.

import { Phone, PhoneCall, PhoneOff, X } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { clock, hereAt, type LiveCall } from "../around";
import { putCallAside } from "../calls";
import { useCustomerConversations } from "../panel";
import { keyOf } from "../keys";
import { useGo } from "../navigate";
import { at, href, type Place } from "../place";
import { around } from "../runtime";
import type { Conversation } from "../types";
import { Button, Chip, IconButton, Kbd } from "../ui/controls";
import { useCommand } from "../ui/hooks";
import { announce, useOf } from "../ui/signals";
import { channelIcon } from "../ui/icons";
import { numberWord, subjectOf } from "../words";
import { useWords, words as callWords } from "./callwords";
import { PlaceLink } from "./PlaceLink";

export default function CallPops({ calls, place }: { calls: readonly LiveCall[]; place: Place }): ReactNode {
  const w = useWords();
  const first = calls.find((c) => c.state === "ringing") ?? calls[0];
  return (
    <section aria-label={w.calls} className="pointer-events-none fixed top-[62px] end-2 z-40 flex w-[304px] flex-col gap-2 max-md:inset-x-2 max-md:top-2 max-md:w-auto">
      {calls.slice(0, 3).map((c) => (
        <Pop key={c.id} call={c} place={place} keyed={c === first} />
      ))}
      {calls.length > 3 && <p className="pointer-events-auto self-end rounded-md bg-raised px-3 py-1 text-xs shadow-float">{w.more(calls.length - 3)}</p>}
    </section>
  );
}

function stateWords(c: LiveCall): string {
  const w = callWords();
  if (c.state === "ringing") return w.ringing;
  if (c.state === "answered") return w.taken;
  return c.answered ? w.ended : w.nobody;
}

function Pop({ call: c, place, keyed }: { call: LiveCall; place: Place; keyed: boolean }): ReactNode {
  const w = useWords();
  const go = useGo();
  const { items: conversations } = useCustomerConversations(c.customerId);
  const open = conversations.filter((k) => k.status !== "closed" && k.status !== "spam");
  const name = c.name || c.from || w.withheld;
  const target = c.conversationId || open[0]?.id || conversations[0]?.id || "";
  const show = (): void => {
    if (target === "") return;
    go(at(place.view === "search" ? "all" : place.view, { open: target }));
    if (c.state === "ended") putCallAside(c.id);
    // The agent goes on by keys in what has been opened.
    requestAnimationFrame(() => document.querySelector<HTMLElement>("[data-conversation]")?.focus({ preventScroll: true }));
  };
  const rings = c.state === "ringing";
  useCommand("call", show, keyed && target !== "");
  useCommand("open", show, keyed && target !== "" && rings);
  const words = `${stateWords(c)}: ${name}`;
  useEffect(() => announce(words), [words]);
  const Icon = c.state === "ringing" ? Phone : c.state === "answered" ? PhoneCall : PhoneOff;
  return (
    <article aria-label={words} className="pointer-events-auto rounded-lg bg-raised p-3 shadow-float">
      <header className="flex items-center gap-2">
        <Icon size={15} strokeWidth={2} aria-hidden="true" className={c.state === "ended" ? "text-muted" : "text-green-text"} />
        <span className={`text-xs font-medium ${c.state === "ended" ? "text-muted" : "text-green-text"}`}>{stateWords(c)}</span>
        {c.state !== "ended" && <Clock since={c.at} />}
        <span className="min-w-0 flex-1 truncate text-end text-xs text-muted">{c.line}</span>
        <IconButton icon={X} label={w.putAside} placement="start" className="-my-1 -me-1 size-7! max-md:size-11!" onPress={() => putCallAside(c.id)} />
      </header>
      <p className="mt-1 truncate text-lg font-semibold">{name}</p>
      <p className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1 text-xs text-muted">
        {c.name !== "" && c.from !== "" && digits(c.name) !== digits(c.from) && <span className="figures truncate">{c.from}</span>}
        {c.customerId !== "" && <Chip tone="amber">{w.unproven}</Chip>}
      </p>
      {c.customerId !== "" && <Viewing customer={c.customerId} />}
      {rings && open.length > 0 && (
        <ul aria-label={w.open} className="-mx-1.5 mt-2">
          {open.slice(0, 3).map((k) => (
            <OpenLine key={k.id} conversation={k} place={place} />
          ))}
        </ul>
      )}
      {rings && c.customerId === "" && c.from !== "" && <p className="mt-1 text-sm text-muted">{w.unknownNumber}</p>}
      <div className="mt-2 flex items-center gap-2">
        <Button look={rings ? "solid" : "outline"} isDisabled={target === ""} onPress={show} aria-keyshortcuts={keyOf("call")}>
          {c.conversationId !== "" ? w.openCall : target === "" ? w.nothingYet : w.openIt}
          {keyed && target !== "" && (
            <span className="pointer-coarse:hidden max-md:hidden">
              <Kbd keys={keyOf("call")} />
            </span>
          )}
        </Button>
      </div>
    </article>
  );
}

const digits = (s: string): string => s.replace(/\D/g, "");

function OpenLine({ conversation: k, place }: { conversation: Conversation; place: Place }): ReactNode {
  const Glyph = channelIcon[k.channel];
  return (
    <li>
      <PlaceLink
        to={href(at(place.view === "search" ? "all" : place.view, { open: String(k.number) }))}
        className="flex min-h-7 items-center gap-2 rounded px-1.5 text-sm data-[hovered]:bg-hover max-md:min-h-11"
      >
        <Glyph size={13} strokeWidth={1.75} aria-hidden="true" className="shrink-0 text-muted" />
        <span className="min-w-0 flex-1 truncate">{subjectOf(k) || k.preview}</span>
        {k.order && <Chip>{numberWord(k.order.number)}</Chip>}
        <span className="figures shrink-0 text-xs text-muted">#{k.number}</span>
      </PlaceLink>
    </li>
  );
}

function Viewing({ customer }: { customer: string }): ReactNode {
  const w = useWords();
  const here = useOf(around, (a) => hereAt(a, `customer:${customer}`));
  const page = here.customer.pages[0];
  if (!here.customer.online || !page) return null;
  return (
    <p className="mt-1 flex items-center gap-2 text-sm">
      <span aria-hidden="true" className="size-2 shrink-0 rounded-full bg-green" />
      <span className="sr-only">{w.viewing} </span>
      {page.url === "" ? (
        <span className="min-w-0 truncate">{page.title}</span>
      ) : (
        <a href={page.url} target="_blank" rel="noreferrer noopener" className="min-w-0 truncate hover:underline">
          {page.title || page.url}
        </a>
      )}
    </p>
  );
}

/** How long it has gone on. */
function Clock({ since }: { since: string }): ReactNode {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return (
    <span aria-hidden="true" className="figures text-xs text-muted">
      {clock(since, now)}
    </span>
  );
}
