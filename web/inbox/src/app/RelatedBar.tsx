import { Combine, X } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useWords } from "../conversationwords";
import { useRelated } from "../data";
import { href, type Place } from "../place";
import type { Conversation } from "../types";
import { Button, IconButton } from "../ui/controls";
import { why } from "../whywords";
import { PlaceLink } from "./PlaceLink";

/** A line above the messages while something may belong with them. */
export function RelatedBar({ c, place, onJoin }: { c: Conversation; place: Place; onJoin: (other: string) => void }): ReactNode {
  const w = useWords();
  const { value } = useRelated(c.id);
  const [hidden, setHidden] = useState(false);
  const first = value.find((r) => r.conversation.id !== c.id && r.conversation.mergedInto === "");
  if (!first || hidden) return null;
  return (
    <div role="status" className="flex min-h-9 shrink-0 items-center gap-2 border-b border-line bg-sunken px-5 py-1 text-xs max-md:px-3">
      <Combine size={14} strokeWidth={1.75} aria-hidden="true" className="shrink-0 text-muted" />
      <span className="min-w-0 flex-1 truncate text-secondary">
        {w.mayBelong}{" "}
        <PlaceLink to={href({ ...place, open: String(first.conversation.number) })} className="font-medium text-accent-text underline underline-offset-2">
          #{first.conversation.number}
        </PlaceLink>
        : {why(first.text)}
        {value.length > 1 && w.andMore(value.length - 1)}
      </span>
      <Button className="h-7!" onPress={() => onJoin(first.conversation.id)}>
        {w.joinIt}
      </Button>
      <IconButton icon={X} label={w.hide} className="size-7!" onPress={() => setHidden(true)} />
    </div>
  );
}
