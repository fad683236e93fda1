// Who else is at the conversation: faces in its header, the line above the composer,
// and whether the customer is there.

import type { ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import { hereAt, others, type Here, type Viewer } from "../around";
import { typingWords, useWords } from "../conversationwords";
import { around } from "../runtime";
import type { Conversation } from "../types";
import { Avatar, Tip } from "../ui/controls";
import { useOf } from "../ui/signals";
import { initials, personName } from "../words";
import { useWords as usePageWords } from "../words/language";

function useHere(c: Conversation): Here {
  return useOf(around, (a) => hereAt(a, `conversation:${c.id}`));
}

/** The faces of colleagues who look at the conversation too. */
export function Viewers({ c, me }: { c: Conversation; me: string }): ReactNode {
  const w = useWords();
  const { somebody } = usePageWords().terms;
  const list = others(useHere(c), me);
  if (list.length === 0) return null;
  const doing = (v: Viewer): string => {
    const name = v.name || somebody;
    return v.typing === "reply" ? w.replying(name, 1) : v.typing === "note" ? w.noting(name, 1) : w.looking(name);
  };
  const words = list.map(doing).join(", ");
  return (
    <Tip words={words}>
      <AriaButton aria-label={words} className="flex h-8 shrink-0 items-center rounded-md px-1 data-[hovered]:bg-hover max-md:h-11">
        {list.slice(0, 3).map((v, i) => (
          <span key={v.id} className={`relative rounded-full ring-2 ring-surface ${i > 0 ? "-ms-1.5" : ""}`}>
            <Avatar name={initials(v.name || "?")} size={24} ours />
            {v.typing !== "" && (
              <span aria-hidden="true" className={`absolute -end-0.5 -bottom-0.5 size-2.5 rounded-full ring-2 ring-surface ${v.typing === "note" ? "bg-violet" : "bg-accent"}`} />
            )}
          </span>
        ))}
        {list.length > 3 && <span className="figures ps-1 text-xs text-muted">+{list.length - 3}</span>}
      </AriaButton>
    </Tip>
  );
}

/** Who writes, in words above the composer. It has its place whether or not somebody does, so that nothing moves. */
export function TypingLine({ c, me }: { c: Conversation; me: string }): ReactNode {
  const here = useHere(c);
  const w = usePageWords().terms;
  useWords();
  const words = typingWords(others(here, me), here.customer.typing ? personName(c.customer) : "", w.somebody);
  return (
    <p role="status" className="flex h-6 shrink-0 items-center gap-2 px-5 text-xs text-secondary max-md:h-auto max-md:min-h-0 max-md:px-3">
      {words !== "" && (
        <>
          <span aria-hidden="true" className="size-1.5 shrink-0 rounded-full bg-accent" />
          <span className="min-w-0 truncate max-md:py-1">{words}</span>
        </>
      )}
    </p>
  );
}

/** Whether the customer is there now, beside the name. */
export function CustomerDot({ c }: { c: Conversation }): ReactNode {
  const w = useWords();
  if (!useHere(c).customer.online) return null;
  return (
    <span className="flex shrink-0 items-center gap-1 text-green-text">
      <span aria-hidden="true" className="size-2 rounded-full bg-green" />
      {w.online}
    </span>
  );
}
