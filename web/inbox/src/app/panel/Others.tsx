import type { ReactNode } from "react";
import { useCustomerConversations } from "../../panel";
import { href, type Place } from "../../place";
import type { Conversation } from "../../types";
import { Button, Chip } from "../../ui/controls";
import { useNow } from "../../ui/hooks";
import { age, statusWord, subjectOf } from "../../words";
import { PlaceLink } from "../PlaceLink";
import { useWords } from "./panelwords";
import { Section } from "./Section";

export function Others({ c, customer, place, onNavigate }: { c: Conversation; customer: string; place: Place; onNavigate?: () => void }): ReactNode {
  const now = useNow();
  const w = useWords();
  const { items: conversations, more, fetchMore } = useCustomerConversations(customer);
  const others = conversations.filter((o) => o.id !== c.id);
  if (others.length === 0) return null;
  return (
    <Section title={w.others}>
      <ul className="-mx-2" onClickCapture={() => onNavigate?.()}>
        {others.map((o) => (
          <li key={o.id}>
            <PlaceLink
              to={href({ ...place, open: String(o.number) })}
              className="flex min-h-8 items-center gap-2 rounded-md px-2 py-1 text-sm data-[hovered]:bg-hover"
            >
              <span className="min-w-0 flex-1 truncate">{subjectOf(o) || o.preview}</span>
              {o.status !== "closed" && <Chip>{statusWord(o.status)}</Chip>}
              <span className="figures shrink-0 text-xs text-muted">{age(o.lastAt, now)}</span>
            </PlaceLink>
          </li>
        ))}
      </ul>
      {more && <Button onPress={fetchMore}>{w.showMoreOthers}</Button>}
    </Section>
  );
}
