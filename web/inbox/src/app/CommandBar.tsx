// The command bar: what can be done here and now, places, and whatever has the name
// that is typed. Each command shows its key, so that people learn it.

import { useRouter } from "@tanstack/react-router";
import { Hash, LogOut, MessageSquareText, Search, Settings2, ShoppingBag, UserRound, Zap, type LucideIcon } from "lucide-react";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { Autocomplete, Collection, Dialog, Header, Input, ListBox, ListBoxItem, ListBoxSection, Modal, ModalOverlay, TextField } from "react-aria-components";
import { useWords } from "../commandwords";
import { useMe } from "../data";
import { bindings } from "../keys";
import { at, href, viewWord } from "../place";
import { useFound, useSearch } from "../searching";
import { signOut } from "../session";
import type { Found } from "../types";
import { Kbd } from "../ui/controls";
import { bound, runCommand } from "../ui/hooks";
import { numberWord, subjectOf } from "../words";
import { language } from "../words/language";
import { navViews } from "./Nav";
import { allowed, pages } from "./settings/pages";

interface Item {
  readonly id: string;
  readonly words: string;
  readonly detail?: string;
  readonly keys?: string | undefined;
  readonly icon: LucideIcon;
  readonly run: () => void;
}

interface Group {
  readonly id: string;
  readonly title: string;
  readonly items: readonly Item[];
}

/** Whether each word of `wanted` begins a word of `text`, whatever their order. */
function fits(text: string, wanted: string): boolean {
  const parts = text.toLowerCase().split(/[^\p{L}\p{N}#]+/u);
  return wanted.split(/\s+/u).every((w) => w === "" || parts.some((p) => p.startsWith(w)));
}

// What is asked of the server waits for a pause in the typing.
function useCalm(text: string): string {
  const [calm, setCalm] = useState(text);
  useEffect(() => {
    const t = setTimeout(() => setCalm(text), 120);
    return () => clearTimeout(t);
  }, [text]);
  return calm;
}

export default function CommandBar({ onClose }: { onClose: () => void }): ReactNode {
  const w = useWords();
  const router = useRouter();
  const { me } = useMe();
  const [text, setText] = useState("");
  const [can] = useState(bound); // as of when it was opened
  const wanted = text.trim().toLowerCase();
  const asked = useCalm(text.trim());
  const customers = useFound("customer", asked).found;
  const orders = useFound("order", asked).found;
  const hits = useSearch(asked.length > 1 ? asked : "").hits;

  // The bar gives the focus back where it was before anything is done.
  const chosen = useRef<(() => void) | null>(null);
  useEffect(
    () => () => {
      const run = chosen.current;
      if (run) requestAnimationFrame(() => requestAnimationFrame(run));
    },
    [],
  );

  const to = (address: string) => (): void => router.history.push(address);
  const conversation = (f: Found): string => href({ ...at("all"), open: String(f.conversation.number) });
  const does: Item[] = bindings
    .filter((b) => can.has(b.command) && !b.command.startsWith("go-"))
    .map((b) => ({ id: `do ${b.command}`, words: w.does[b.command], keys: b.keys[0], icon: Zap, run: () => void runCommand(b.command) }));
  const going: Item[] = [
    ...navViews.map((v) => ({ id: `go ${v.view}`, words: viewWord(v.view), keys: v.keys, icon: v.icon, run: to(href(at(v.view))) })),
    ...pages.filter((p) => allowed(p.may, me?.agent.role ?? "agent")).map((p) => ({ id: `settings ${p.tab}`, words: w.settings(p.words[language()]), icon: Settings2, run: to(`/settings/${p.tab}`) })),
    { id: "sign-out", words: w.signOut, icon: LogOut, run: () => void signOut().then(() => router.history.push("/login")) },
  ];
  const number = /^#?(\d+)$/u.exec(wanted)?.[1];
  const all: Group[] = [
    { id: "act", title: w.found.act, items: does.filter((i) => fits(i.words, wanted)) },
    { id: "go", title: w.found.go, items: going.filter((i) => fits(i.words, wanted)) },
    {
      id: "conversations",
      title: w.found.conversations,
      items: [
        ...(number === undefined ? [] : [{ id: `number ${number}`, words: w.open(number), icon: Hash, run: to(href({ ...at("all"), open: number })) }]),
        // Above what is still to come, so that what Enter means doesn't change.
        ...(wanted === "" ? [] : [{ id: "search", words: w.search(text.trim()), icon: Search, run: to(href(at("search", { q: text.trim() }))) }]),
        ...hits.slice(0, 4).map((h) => ({
          id: `hit ${h.conversation.id} ${h.messageId}`,
          words: subjectOf(h.conversation) || h.snippet,
          detail: h.conversation.customer.name || h.conversation.customer.address,
          icon: MessageSquareText,
          run: to(href({ ...at("all"), open: String(h.conversation.number) })),
        })),
      ],
    },
    { id: "customers", title: w.found.customers, items: customers.map((f) => ({ id: `customer ${f.ref}`, words: f.name, detail: f.detail, icon: UserRound, run: to(conversation(f)) })) },
    { id: "orders", title: w.found.orders, items: orders.map((f) => ({ id: `order ${f.ref}`, words: numberWord(f.name), detail: f.conversation.customer.name, icon: ShoppingBag, run: to(conversation(f)) })) },
  ];
  const groups = all.filter((g) => g.items.length > 0 && (wanted !== "" || g.id !== "conversations"));

  const take = (id: string): void => {
    chosen.current = groups.flatMap((g) => g.items).find((i) => i.id === id)?.run ?? null;
    onClose();
  };
  return (
    <ModalOverlay isOpen onOpenChange={(open) => (open ? undefined : onClose())} isDismissable className="fixed inset-0 z-50 flex items-start justify-center bg-backdrop px-4 pt-[12vh] max-md:p-0">
      <Modal className="floats w-full max-w-xl overflow-hidden rounded-lg bg-raised shadow-float max-md:h-full max-md:rounded-none">
        <Dialog aria-label={w.title} className="flex max-h-[70vh] flex-col outline-none! max-md:max-h-full">
          <Autocomplete inputValue={text} onInputChange={setText}>
            {/* eslint-disable-next-line jsx-a11y/no-autofocus -- the bar is this field */}
            <TextField aria-label={w.title} autoFocus className="border-b border-line">
              <Input role="combobox" aria-expanded="true" aria-haspopup="listbox" placeholder={w.hint} className="h-12 w-full bg-transparent px-4 text-base outline-none! placeholder:text-muted" />
            </TextField>
            <ListBox
              aria-label={w.title}
              items={groups}
              className="min-h-0 flex-1 overflow-y-auto p-1.5 outline-none!"
              onAction={(key) => take(String(key))}
              renderEmptyState={() => <p className="px-3 py-6 text-center text-sm text-muted">{w.nothing}</p>}
            >
              {(g) => (
                <ListBoxSection id={g.id} className="pb-1.5">
                  <Header className="px-2.5 pt-1.5 pb-1 text-xs text-muted">{g.title}</Header>
                  <Collection items={g.items}>
                    {(i) => (
                      <ListBoxItem
                        id={i.id}
                        textValue={i.words}
                        className="flex min-h-9 items-center gap-2.5 rounded-md px-2.5 py-1 text-sm outline-none! data-[focused]:bg-selected data-[hovered]:bg-hover max-md:min-h-11"
                      >
                        <i.icon size={15} strokeWidth={1.75} className="shrink-0 text-muted" aria-hidden="true" />
                        <span className="min-w-0 truncate">{i.words}</span>
                        {i.detail !== undefined && i.detail !== "" && <span className="min-w-0 truncate text-xs text-muted">{i.detail}</span>}
                        {i.keys !== undefined && (
                          <>
                            <span className="sr-only">{w.key(i.keys)}</span>
                            <Kbd keys={i.keys} />
                          </>
                        )}
                      </ListBoxItem>
                    )}
                  </Collection>
                </ListBoxSection>
              )}
            </ListBox>
          </Autocomplete>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
