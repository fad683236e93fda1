// What the customer gave, above what was said: each thing a chip that leads to
// where it is said. It lies over the top of what is scrolled, which leaves it room:
// nothing moves when it comes.

import { useQuery } from "@tanstack/react-query";
import { Calendar, Hash, Mail, MapPin, Phone, Pin as PinIcon, Truck, type LucideIcon } from "lucide-react";
import { useState, type ReactNode } from "react";
import { putIn } from "../draft";
import { pinsKey, pinsOf, unpin, type Pin } from "../pins";
import { useWords } from "../pinwords";
import type { Conversation } from "../types";
import { Button, MenuButton } from "../ui/controls";
import { toast } from "../ui/signals";

const icons: Record<string, LucideIcon> = { order: Hash, tracking: Truck, address: MapPin, phone: Phone, email: Mail, date: Calendar, words: PinIcon };
const few = 4;

const escaped = (text: string): string => text.replace(/&/gu, "&amp;").replace(/</gu, "&lt;");

function lead(to: string): void {
  const said = document.querySelector<HTMLElement>(`[data-message="${CSS.escape(to)}"]`);
  if (!said) return;
  said.scrollIntoView({ block: "center" });
  said.tabIndex = -1;
  // The menu that this was chosen from gives the focus back when it has closed.
  setTimeout(() => said.focus({ preventScroll: true }), 100);
}

export function PinsBar({ c }: { c: Conversation }): ReactNode {
  const w = useWords();
  // Whoever pins something raises the version; what the customer writes too.
  const { data } = useQuery({ queryKey: [...pinsKey(c.id), c.version], queryFn: () => pinsOf(c.id), placeholderData: (old) => old });
  const [all, setAll] = useState(false);
  const pins = data ?? [];
  if (pins.length === 0) return null;
  const choose = (p: Pin, what: string): void => {
    if (what === "show") lead(p.messageId);
    else if (what === "put") putIn.set({ conversationId: c.id, html: escaped(p.text) });
    else if (what === "off") void unpin(c.id, p);
    else void navigator.clipboard.writeText(p.text).then(() => toast(w.copied));
  };
  return (
    <section aria-label={w.given} data-pins="" className="absolute inset-x-0 top-0 z-10 flex items-start gap-1 border-b border-line bg-surface px-4 py-1 max-md:px-2 print:hidden">
      <ul className={`flex min-w-0 gap-1 ${all ? "flex-wrap" : "overflow-x-auto"}`}>
        {pins.slice(0, all ? undefined : few).map((p) => {
          const Icon = icons[p.kind] ?? PinIcon;
          return (
            <li key={`${p.kind} ${p.key}`} className={all ? "flex max-w-full min-w-0" : "flex shrink-0"}>
              <MenuButton
                label={p.text}
                placement="bottom start"
                choices={[
                  ...(p.messageId === "" ? [] : [{ id: "show", words: w.show }]),
                  { id: "copy", words: w.copy },
                  { id: "put", words: w.put },
                  { id: "off", words: w.off },
                ]}
                onChoose={(what) => choose(p, what)}
              >
                <Button className="h-7! min-w-0 rounded-md! bg-hover px-2! text-xs text-secondary max-md:h-11!">
                  <Icon size={13} strokeWidth={1.75} aria-hidden="true" className="shrink-0 text-muted" />
                  <span className="sr-only">{w.kind[p.kind] ?? ""}: </span>
                  <span className="max-w-72 truncate">{p.text}</span>
                </Button>
              </MenuButton>
            </li>
          );
        })}
      </ul>
      {pins.length > few && (
        <Button aria-expanded={all} className="h-7! shrink-0 px-2! text-xs text-muted max-md:h-11!" onPress={() => setAll(!all)}>
          {all ? w.fewer : w.more(pins.length - few)}
        </Button>
      )}
    </section>
  );
}
