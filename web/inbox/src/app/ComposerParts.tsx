import { ChevronUp, Paperclip, Send, X } from "lucide-react";
import type { ReactNode } from "react";
import { useWords } from "../composerwords";
import { Button, MenuButton, modKey, Tip } from "../ui/controls";

export type Way = "send" | "close" | "snooze" | "later";

export function SendButtons({ note, later, onSend, refusal }: { note: boolean; /** Whether it may leave at another time. */ later: boolean; onSend: (way: Way) => void; refusal: string }): ReactNode {
  const w = useWords();
  return (
    <div className="ms-auto flex min-w-0 items-center gap-2 ps-2">
      <span role="alert" className="min-w-0 truncate text-xs text-red-text">
        {refusal}
      </span>
      <Tip words={note ? w.addTheNote : w.send} keys="Mod Enter" placement="top">
        <Button
          look="solid"
          onPress={() => onSend("send")}
          className={note ? "bg-violet! text-on-violet!" : "rounded-e-none pe-3"}
          aria-keyshortcuts={`${modKey}+Enter`}
        >
          {!note && <Send size={14} strokeWidth={2} aria-hidden="true" />}
          {note ? w.addNote : w.send}
        </Button>
      </Tip>
      {!note && (
        <MenuButton
          label={w.send}
          placement="top end"
          choices={[
            { id: "send", words: w.send, keys: "Mod Enter" },
            { id: "close", words: w.sendClose },
            { id: "snooze", words: w.sendSnooze },
            ...(later ? [{ id: "later", words: w.sendLater }] : []),
          ]}
          onChoose={(id) => onSend(id === "close" || id === "snooze" || id === "later" ? id : "send")}
        >
          <Button look="solid" aria-label={w.moreWays} className="-ms-[7px] w-7 justify-center rounded-s-none px-0">
            <ChevronUp size={14} aria-hidden="true" />
          </Button>
        </MenuButton>
      )}
    </div>
  );
}

export function FileChip({ name, words, bad = false, onRemove }: { name: string; words: string; bad?: boolean; onRemove: () => void }): ReactNode {
  const w = useWords();
  return (
    <li className={`flex h-8 max-w-64 items-center gap-1.5 rounded-md ps-2.5 text-xs ${bad ? "bg-red-soft text-red-text" : "bg-hover"}`}>
      <Paperclip size={13} strokeWidth={1.75} aria-hidden="true" className="shrink-0" />
      <span className="min-w-0 truncate">{name}</span>
      <span className={`figures shrink-0 ${bad ? "" : "text-muted"}`}>{words}</span>
      <Button aria-label={w.remove(name)} className="w-8 justify-center px-0!" onPress={onRemove}>
        <X size={13} aria-hidden="true" />
      </Button>
    </li>
  );
}
