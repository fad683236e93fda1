// What can be done with one message: answer it, see why it is here, forward it, pin
// words of it, move it, and open it as it came.

import { FileCode, Forward, Info, Pin, Reply, Split } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Dialog, DialogTrigger, Link, Popover } from "react-aria-components";
import { aside } from "../draft";
import { keyOf } from "../keys";
import { markWords, useWords as useMessageWords } from "../messagewords";
import { pinWords, sentences } from "../pins";
import { useWords } from "../pinwords";
import type { Message } from "../types";
import { IconButton, MenuButton, Tip } from "../ui/controls";
import { why } from "../whywords";

export default function MessageTools({
  message: m,
  token,
  onReply,
  onMove,
}: {
  message: Message;
  token?: string;
  onReply?: (() => void) | undefined;
  onMove: (id: string) => void;
}): ReactNode {
  const w = useWords();
  const said = useMessageWords();
  return (
    <>
      {onReply && <IconButton icon={Reply} label={said.doReply} keys="r" onPress={onReply} className="size-7! max-md:hidden" />}
      <Why message={m} />
      {m.kind !== "note" && !m.call && (
        <>
          <IconButton icon={Forward} label={w.forward} keys={keyOf("forward")} className="size-7! max-md:hidden" onPress={() => aside.set({ of: m.conversationId, open: "", forward: m })} />
          {m.direction === "in" && <PinButton message={m} />}
        </>
      )}
      <IconButton icon={Split} label={said.move} onPress={() => onMove(m.id)} className="size-7! max-md:hidden" />
      {token !== undefined && m.hasRaw && (
        <Tip words={said.raw}>
          <Link
            href={`/api/v1/messages/${m.id}/raw?t=${encodeURIComponent(token)}`}
            target="_blank"
            aria-label={said.raw}
            className="inline-flex size-7 items-center justify-center rounded-md text-muted data-[hovered]:bg-hover data-[hovered]:text-text"
          >
            <FileCode size={16} strokeWidth={1.75} aria-hidden="true" />
          </Link>
        </Tip>
      )}
    </>
  );
}

/** Why the message is in this conversation: in words on hover, focus and press. */
function Why({ message: m }: { message: Message }): ReactNode {
  const w = useMessageWords();
  const words = why(m.reason.text) || w.began;
  return (
    <DialogTrigger>
      <IconButton icon={Info} label={w.whyIs(words)} className="size-7!" />
      <Popover placement="bottom end" offset={4} className="floats z-40 max-w-80 rounded-md bg-raised p-3 text-sm shadow-float">
        <Dialog aria-label={w.why}>
          <p className="mb-1 font-medium">{w.why}</p>
          <p>{words}</p>
          {m.reason.marks.map((k) => (
            <p key={k} className="mt-2 text-amber-text">
              {markWords(k).long}
            </p>
          ))}
          {m.reason.linked !== "" && (
            <a href={`/c/${m.reason.linked}`} className="mt-2 inline-block font-medium text-accent-text underline underline-offset-2">
              {w.named}
            </a>
          )}
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}

/** What is selected of a message, also where its mail is shown in a frame. */
function selectedIn(message: string): string {
  const said = document.querySelector(`[data-message="${CSS.escape(message)}"]`);
  if (!said) return "";
  const here = getSelection();
  const own = here?.anchorNode && here.focusNode && said.contains(here.anchorNode) && said.contains(here.focusNode) ? here.toString() : "";
  const framed = [...said.querySelectorAll("iframe")].map((f) => f.contentDocument?.getSelection()?.toString() ?? "").find((s) => s.trim() !== "");
  return (own.trim() || (framed ?? "")).replace(/\s+/gu, " ").trim().slice(0, 300);
}

function PinButton({ message: m }: { message: Message }): ReactNode {
  const w = useWords();
  const [choices, setChoices] = useState<readonly { readonly id: string; readonly words: string }[]>([]);
  return (
    <MenuButton
      label={w.which}
      choices={choices}
      onOpenChange={(open) => {
        if (!open) return;
        const chosen = selectedIn(m.id);
        setChoices([
          ...(chosen === "" ? [] : [{ id: chosen, words: w.selected(chosen) }]),
          ...sentences(m.visibleText || m.text)
            .filter((s) => s !== chosen)
            .map((s) => ({ id: s, words: s })),
        ]);
      }}
      onChoose={(text) => void pinWords(m.conversationId, m.id, text)}
    >
      <IconButton icon={Pin} label={w.pin} className="size-7! max-md:hidden" />
    </MenuButton>
  );
}
