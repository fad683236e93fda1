import { BadgePercent, CircleCheck, CircleDashed, Eye, Mail, MessageCircle, Package, Phone, ShoppingCart, Star, StickyNote, Truck, Undo2, UsersRound, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { useTimeline } from "../../panel";
import { href, type Place } from "../../place";
import { store } from "../../runtime";
import type { Conversation } from "../../types";
import { Button } from "../../ui/controls";
import { useNow } from "../../ui/hooks";
import { age, exactly } from "../../words";
import { PlaceLink } from "../PlaceLink";
import { useWords } from "./panelwords";
import { timelineWords } from "./said";
import { Section } from "./Section";

const timelineIcon: Record<string, LucideIcon> = {
  message: Mail,
  call: Phone,
  note: StickyNote,
  order: Package,
  shipment: Truck,
  refund: Undo2,
  return: Undo2,
  cart: ShoppingCart,
  page: Eye,
  rating: Star,
  loyalty: BadgePercent,
  merge: UsersRound,
  status: CircleCheck,
};

export function Timeline({ c, customer, place, onNavigate }: { c: Conversation; customer: string; place: Place; onNavigate?: () => void }): ReactNode {
  const now = useNow();
  const w = useWords();
  const { items: entries, more, fetchMore } = useTimeline(customer);
  if (entries.length === 0) return null;
  return (
    <Section title={w.timeline}>
      <ol className="relative" onClickCapture={() => onNavigate?.()}>
        {entries.map((e, i) => {
          const Icon = (e.kind === "message" && (e.channel === "chat" || e.channel === "social") ? MessageCircle : timelineIcon[e.kind]) ?? CircleDashed;
          const target = e.conversationId !== "" && e.conversationId !== c.id ? store.get().conversations.get(e.conversationId) : undefined;
          const words = timelineWords(e);
          const line = (
            <>
              <span className="relative flex w-4 shrink-0 justify-center self-stretch">
                {i < entries.length - 1 && <span className="absolute top-5 -bottom-1 w-px bg-line-strong" />}
                <Icon size={14} strokeWidth={1.75} aria-hidden="true" className="mt-0.5 text-muted" />
              </span>
              <span className="min-w-0 flex-1">
                <span className="flex gap-2">
                  <span className="min-w-0 flex-1 truncate text-sm">{words.title}</span>
                  <time dateTime={e.at} title={exactly(e.at)} className="figures shrink-0 text-xs text-muted">
                    {age(e.at, now)}
                  </time>
                </span>
                {words.detail !== "" && <span className="line-clamp-2 text-xs text-muted">{words.detail}</span>}
              </span>
            </>
          );
          return (
            <li key={e.id}>
              {target ? (
                <PlaceLink to={href({ ...place, open: String(target.number) })} className="-mx-2 flex gap-2.5 rounded-md px-2 py-1.5 data-[hovered]:bg-hover">
                  {line}
                </PlaceLink>
              ) : (
                <div className="flex gap-2.5 py-1.5">{line}</div>
              )}
            </li>
          );
        })}
      </ol>
      {more && (
        <Button className="mt-1" onPress={fetchMore}>
          {w.earlier}
        </Button>
      )}
    </Section>
  );
}
