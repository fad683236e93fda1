// What belongs together: joining conversations, moving messages elsewhere, and
// taking any of it back. Loaded when it is asked for.

import { X } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { useFacts, useRelated } from "../data";
import { useSearch } from "../searching";
import { useGo } from "../navigate";
import type { Place } from "../place";
import { mergeConversations, moveMessages, undoFact } from "../relations";
import { factWord, useWords } from "../togetherwords";
import type { Conversation, ConversationFact, Message } from "../types";
import { Button, Chip, IconButton } from "../ui/controls";
import { useNow } from "../ui/hooks";
import { why } from "../whywords";
import { age, exactly, personName, statusWord, subjectOf, when } from "../words";

export type Together = "" | "join" | "move" | "facts";

export function Sheet({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }): ReactNode {
  const w = useWords();
  return (
    <ModalOverlay
      isOpen
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      isDismissable
      className="floats fixed inset-0 z-50 flex items-center justify-center bg-backdrop p-4 max-md:p-0"
    >
      <Modal className="max-h-full w-full max-w-lg overflow-auto rounded-lg bg-raised shadow-float max-md:h-full max-md:rounded-none">
        <Dialog className="p-5 outline-none!">
          <div className="mb-3 flex items-center justify-between">
            <Heading slot="title" className="text-base font-semibold">
              {title}
            </Heading>
            <IconButton icon={X} label={w.close} keys="Esc" onPress={onClose} />
          </div>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

/** The dialog that is open, if any. */
export function TogetherDialog({
  which,
  c,
  place,
  messages,
  picked,
  onClose,
}: {
  which: Together;
  c: Conversation;
  place: Place;
  messages: readonly Message[];
  /** The message from which moving began, the conversation that was offered to be joined, or "". */
  picked: string;
  onClose: () => void;
}): ReactNode {
  switch (which) {
    case "":
      return null;
    case "join":
      return <Join c={c} picked={picked} onClose={onClose} />;
    case "move":
      return <Move c={c} place={place} messages={messages} picked={picked} onClose={onClose} />;
    case "facts":
      return <Facts c={c} onClose={onClose} />;
  }
}

/** Chooses a conversation: what may belong here first, else by words or number. */
function Choose({ c, chosen, onChoose }: { c: Conversation; chosen: string; onChoose: (o: Conversation) => void }): ReactNode {
  const w = useWords();
  const now = useNow();
  const [text, setText] = useState("");
  const related = useRelated(c.id);
  const search = useSearch(text);
  const found = text.trim() === "" ? related.value.map((r) => ({ o: r.conversation, why: why(r.text) })) : search.hits.map((h) => ({ o: h.conversation, why: "" }));
  const seen = new Set<string>([c.id]);
  const rows = found.filter(({ o }) => o.mergedInto === "" && !seen.has(o.id) && seen.add(o.id)).slice(0, 8);
  return (
    <>
      <input
        type="search"
        aria-label={w.find}
        placeholder={w.findBy}
        value={text}
        // eslint-disable-next-line jsx-a11y/no-autofocus -- the dialog was opened to fill it
        autoFocus
        onChange={(e) => setText(e.target.value)}
        className="h-9 w-full rounded-md border border-line-strong bg-surface px-3 text-sm max-md:h-11"
      />
      <div role="radiogroup" aria-label={w.conversations} className="mt-2 flex min-h-24 flex-col">
        {rows.map(({ o, why }) => (
          <label key={o.id} className={`flex min-h-11 cursor-pointer items-center gap-3 rounded-md px-2 py-1.5 ${chosen === o.id ? "bg-selected" : "hover:bg-hover"}`}>
            <input type="radio" name="conversation" checked={chosen === o.id} onChange={() => onChoose(o)} className="accent-(--accent)" />
            <span className="min-w-0 flex-1">
              <span className="flex items-center gap-2 text-sm">
                <span className="figures shrink-0 text-muted">#{o.number}</span>
                <span className="min-w-0 truncate">{subjectOf(o) || o.preview}</span>
                {o.status !== "open" && <Chip>{statusWord(o.status)}</Chip>}
              </span>
              <span className="block truncate text-xs text-muted">
                {personName(o.customer)}
                {why !== "" && ` · ${why}`}
              </span>
            </span>
            <span className="figures shrink-0 text-xs text-muted">{age(o.lastAt, now)}</span>
          </label>
        ))}
        {rows.length === 0 && (
          <p className="px-2 py-3 text-sm text-muted">{text.trim() === "" ? w.nothingYet : search.loading ? w.searching : w.nothingFound}</p>
        )}
      </div>
    </>
  );
}

function Join({ c, picked, onClose }: { c: Conversation; picked: string; onClose: () => void }): ReactNode {
  const w = useWords();
  const offered = useRelated(c.id).value.find((r) => r.conversation.id === picked)?.conversation;
  const [other, setOther] = useState<Conversation | null>(offered ?? null);
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState("");
  const strangers = other !== null && other.customer.customerId !== c.customer.customerId;
  return (
    <Sheet title={w.joinTitle(c.number)} onClose={onClose}>
      <Choose c={c} chosen={other?.id ?? ""} onChoose={setOther} />
      {strangers && (
        <p className="mt-2 rounded-md bg-amber-soft px-3 py-2 text-sm text-amber-text">
          {w.stranger(personName(other.customer))}
        </p>
      )}
      <p role="alert" className="mt-2 text-sm text-red-text empty:hidden">
        {refusal}
      </p>
      <div className="mt-4 flex justify-end gap-2">
        <Button onPress={onClose}>{w.cancel}</Button>
        <Button
          look="solid"
          isDisabled={!other || busy}
          onPress={() => {
            if (!other) return;
            setBusy(true);
            void mergeConversations(c, other).then((words) => {
              setBusy(false);
              setRefusal(words);
              if (words === "") onClose();
            });
          }}
        >
          {other ? w.joinThis(other.number) : w.join}
        </Button>
      </div>
    </Sheet>
  );
}

function Move({
  c,
  place,
  messages,
  picked,
  onClose,
}: {
  c: Conversation;
  place: Place;
  messages: readonly Message[];
  picked: string;
  onClose: () => void;
}): ReactNode {
  const w = useWords();
  const now = useNow();
  const go = useGo();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set(picked === "" ? [] : [picked]));
  const [into, setInto] = useState<Conversation | null>(null);
  const [existing, setExisting] = useState(false);
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState("");
  const toggle = (id: string): void => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  const ready = chosen.size > 0 && (!existing || into !== null);
  return (
    <Sheet title={w.moveTitle} onClose={onClose}>
      <ul className="max-h-60 overflow-auto rounded-md border border-line">
        {messages.map((m) => (
          <li key={m.id} className="border-b border-line last:border-0">
            <label className="flex min-h-9 cursor-pointer items-center gap-3 px-3 py-1.5 hover:bg-hover max-md:min-h-11">
              <input type="checkbox" checked={chosen.has(m.id)} onChange={() => toggle(m.id)} className="accent-(--accent)" />
              <span className="min-w-0 flex-1 truncate text-sm">
                <span className="font-medium">{m.author.name || m.author.address}</span>{" "}
                <span className="text-muted">{(m.visibleText || m.text).replace(/\s+/g, " ").slice(0, 90)}</span>
              </span>
              <span className="figures shrink-0 text-xs text-muted">{when(m.sentAt, now)}</span>
            </label>
          </li>
        ))}
      </ul>
      <fieldset className="mt-3">
        <legend className="sr-only">{w.where}</legend>
        <label className="flex min-h-8 items-center gap-2 text-sm">
          <input type="radio" name="where" checked={!existing} onChange={() => setExisting(false)} className="accent-(--accent)" />
          {w.toNew}
        </label>
        <label className="flex min-h-8 items-center gap-2 text-sm">
          <input type="radio" name="where" checked={existing} onChange={() => setExisting(true)} className="accent-(--accent)" />
          {w.toOther}
        </label>
      </fieldset>
      {existing && (
        <div className="mt-1">
          <Choose c={c} chosen={into?.id ?? ""} onChoose={setInto} />
        </div>
      )}
      <p className="mt-2 text-xs text-muted">{w.moveHelp}</p>
      <p role="alert" className="mt-2 text-sm text-red-text empty:hidden">
        {refusal}
      </p>
      <div className="mt-4 flex justify-end gap-2">
        <Button onPress={onClose}>{w.cancel}</Button>
        <Button
          look="solid"
          isDisabled={!ready || busy}
          onPress={() => {
            setBusy(true);
            void moveMessages(c, [...chosen], existing && into ? into.id : "").then(({ refusal: words, to }) => {
              setBusy(false);
              setRefusal(words);
              if (words !== "") return;
              onClose();
              if (to && chosen.size === messages.length) go({ ...place, open: String(to.number) });
            });
          }}
        >
          {w.move(chosen.size)}
        </Button>
      </div>
    </Sheet>
  );
}

function Facts({ c, onClose }: { c: Conversation; onClose: () => void }): ReactNode {
  const w = useWords();
  const { value, loading } = useFacts(c.id);
  return (
    <Sheet title={w.factsTitle(c.number)} onClose={onClose}>
      {value.length === 0 && !loading && (
        <p className="text-sm text-muted">{w.noFacts}</p>
      )}
      <ul className="flex flex-col gap-2">
        {value.map((f) => (
          <FactLine key={f.id} fact={f} />
        ))}
      </ul>
    </Sheet>
  );
}

function FactLine({ fact: f }: { fact: ConversationFact }): ReactNode {
  const w = useWords();
  const now = useNow();
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState("");
  return (
    <li className="rounded-md border border-line px-3 py-2">
      <div className="flex items-center gap-3">
        <div className="min-w-0 flex-1">
          <p className="text-sm">{factWord(f)}</p>
          <p className="text-xs text-muted">
            {f.text !== "" && !f.text.includes(f.actor) && `${why(f.text)} · `}
            {f.actor}, <span title={exactly(f.at)}>{when(f.at, now)}</span>
          </p>
        </div>
        {f.kind !== "late-parent" && (
          <Button
            look="outline"
            isDisabled={busy}
            onPress={() => {
              setBusy(true);
              void undoFact(f.id).then((words) => {
                setBusy(false);
                setRefusal(words);
              });
            }}
          >
            {w.takeBack}
          </Button>
        )}
      </div>
      <p role="alert" className="mt-1 text-xs text-red-text empty:hidden">
        {refusal}
      </p>
    </li>
  );
}
