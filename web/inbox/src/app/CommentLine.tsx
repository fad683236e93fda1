// Below what stands under a post for everybody to read: that it does, where, and a
// way to hide it.

import { ExternalLink, EyeOff, Globe, Lock, TriangleAlert } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { Button as AriaButton, Link } from "react-aria-components";
import { commentOf, hide } from "../beside";
import { useWords } from "../besidewords";
import { queries } from "../runtime";
import type { Message } from "../types";
import { Button, Chip, Tip } from "../ui/controls";

export function CommentLine({ message: m }: { message: Message }): ReactNode {
  const w = useWords();
  const c = commentOf(m);
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState("");
  const theirs = m.direction === "in";
  const [short, long] = c.isPrivate ? [w.direct, w.directLong] : !theirs ? [w.answer, w.answerLong] : c.elsewhere ? [w.mention, w.mentionLong] : [w.comment, w.commentLong];
  const Icon = c.isPrivate ? Lock : Globe;
  const asked = c.hiding?.state === "sending";
  // Whether it may be answered there hangs on it.
  useEffect(() => void queries.invalidateQueries({ queryKey: ["sending", m.conversationId] }), [c.hidden, m.conversationId]);
  const ask = (hidden: boolean): void => {
    setBusy(true);
    setRefusal("");
    void hide(m, hidden).then((words) => {
      setBusy(false);
      setRefusal(words);
    });
  };
  const trouble = c.hiding?.state === "failed" || c.hiding?.state === "uncertain" ? c.hiding : null;
  return (
    <div className="mt-1 text-xs">
      <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <Tip words={long}>
          <AriaButton aria-label={`${short}: ${long}`} className="rounded">
            <Chip tone="quiet">
              <Icon size={12} strokeWidth={2} aria-hidden="true" />
              {short}
            </Chip>
          </AriaButton>
        </Tip>
        {c.hidden && (
          <Tip words={w.hiddenLong}>
            <AriaButton aria-label={`${w.hidden}: ${w.hiddenLong}`} className="rounded">
              <Chip tone="amber">
                <EyeOff size={12} strokeWidth={2} aria-hidden="true" />
                {w.hidden}
              </Chip>
            </AriaButton>
          </Tip>
        )}
        {c.link !== "" && theirs && (
          <Link href={c.link} target="_blank" rel="noopener noreferrer" className="inline-flex min-h-6 items-center gap-1 text-accent-text underline underline-offset-2">
            {w.see}
            <ExternalLink size={12} strokeWidth={2} aria-hidden="true" />
          </Link>
        )}
        {theirs && !c.elsewhere && !trouble && (
          <Button className="h-6! px-1.5! text-xs text-muted max-md:h-11!" isDisabled={busy || asked} onPress={() => ask(!c.hidden)}>
            {asked ? (c.hiding.hide ? w.hiding : w.showing) : c.hidden ? w.show : w.hide}
          </Button>
        )}
        <span role="alert" className="text-red-text">
          {refusal}
        </span>
      </p>
      {trouble && (
        <div className={`mt-2 rounded-md px-3 py-2 text-sm ${trouble.state === "failed" ? "bg-red-soft" : "bg-amber-soft"}`}>
          <p className={`flex items-center gap-1.5 font-medium ${trouble.state === "failed" ? "text-red-text" : "text-amber-text"}`}>
            <TriangleAlert size={15} strokeWidth={2} aria-hidden="true" />
            {trouble.state === "failed" ? w.failed(trouble.hide) : w.unsure(trouble.hide)}
          </p>
          {trouble.detail !== "" && <p className="mt-1 text-xs text-secondary">{trouble.detail}</p>}
          <Button look="outline" className="mt-2" isDisabled={busy} onPress={() => ask(trouble.hide)}>
            {w.again}
          </Button>
        </div>
      )}
    </div>
  );
}
