// What can be done with one message: forward it, pin words of it.

import { Forward, Pin } from "lucide-react";
import { useState, type ReactNode } from "react";
import { aside } from "../draft";
import { keyOf } from "../keys";
import { pinWords, sentences } from "../pins";
import { useWords } from "../pinwords";
import type { Message } from "../types";
import { IconButton, MenuButton } from "../ui/controls";

export default function MessageTools({ message: m }: { message: Message }): ReactNode {
  const w = useWords();
  return (
    <>
      <IconButton icon={Forward} label={w.forward} keys={keyOf("forward")} className="size-7! max-md:hidden" onPress={() => aside.set({ of: m.conversationId, open: "", forward: m })} />
      {m.direction === "in" && <PinButton message={m} />}
    </>
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
