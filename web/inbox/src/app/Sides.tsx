// What is said aside about a conversation, by mail with others than the customer:
// a drawer beside it, with a composer of its own.

import { useQuery } from "@tanstack/react-query";
import { ArrowLeft, MessagesSquare, PenLine, Send, Trash2, X } from "lucide-react";
import { useEffect, useId, useRef, useState, type ReactNode } from "react";
import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { api, ApiError, body } from "../api/client";
import { useMessages } from "../data";
import { aside } from "../draft";
import { hold } from "../hold";
import { conversation, message, page, record, str } from "../parse";
import { parseParties } from "../recipients";
import { outbox, queries, store } from "../runtime";
import { senders, waysOf } from "../sending";
import { useWords } from "../sendwords";
import { putConversations, putMessages, shown } from "../state";
import { useSelect } from "../store";
import type { Attachment, Conversation, Message } from "../types";
import { Button, Chip, IconButton, Trouble } from "../ui/controls";
import { useNow } from "../ui/hooks";
import { age, bytes, personName } from "../words";
import { copied, forwardSubject, forwardText, spent } from "../forward";
import { FileChip } from "./ComposerParts";
import { TextBody } from "./MailBody";
import { Outgoing } from "./Outgoing";
import { SignatureView } from "./Signature";
import { field } from "./TemplateSheet";

interface Contact {
  readonly id: string;
  readonly name: string;
  readonly address: string;
}

function contact(x: unknown): Contact {
  const o = record(x, "contact");
  return { id: str(o, "id"), name: str(o, "name"), address: str(o, "address") };
}

export async function sidesOf(id: string): Promise<readonly string[]> {
  const { items } = page(await body(api.GET("/api/v1/conversations/{id}/sides", { params: { path: { id } } })), conversation);
  store.update((s) => putConversations(s, items));
  return items.map((c) => c.id);
}

/** Sends by the keys that send everywhere. */
export function sends(e: React.KeyboardEvent, send: () => void): void {
  if (e.key !== "Enter" || !(e.metaKey || e.ctrlKey) || e.nativeEvent.isComposing) return;
  e.preventDefault();
  send();
}

const area = "field-sizing-content max-h-60 min-h-20 w-full resize-none rounded-md border border-line-strong bg-surface px-2 py-1.5 text-base text-text";

export default function Sides({
  c,
  agentId,
  open,
  forward,
}: {
  c: Conversation;
  agentId: string;
  /** The one that is open; "" for none. */
  open: string;
  /** A message that is to be forwarded. */
  forward: Message | undefined;
}): ReactNode {
  const w = useWords();
  const setOpen = (id: string): void => aside.set({ of: c.id, open: id });
  const onClose = (): void => aside.set(null);
  const [writing, setWriting] = useState(() => forward !== undefined || (begun.get(c.id)?.text ?? "") !== "");
  const side = useSelect(store, (s) => (open === "" ? undefined : shown(s, open)));
  return (
    <ModalOverlay isOpen isDismissable onOpenChange={(o) => !o && onClose()} className="fixed inset-0 z-40 bg-backdrop">
      <Modal className="slides fixed inset-y-0 end-0 w-[460px] max-w-full bg-surface shadow-float max-md:w-full">
        <Dialog className="flex h-full flex-col outline-none!">
          <div className="flex h-14 shrink-0 items-center gap-1 border-b border-line px-3">
            {(open !== "" || writing) && (
              <IconButton
                icon={ArrowLeft}
                label={w.back}
                onPress={() => {
                  setOpen("");
                  setWriting(false);
                }}
              />
            )}
            <Heading slot="title" className="min-w-0 flex-1 truncate px-1 text-base font-semibold">
              {side ? w.with(personName(side.customer)) : writing ? (forward ? w.forwarding : w.newSide) : w.sides}
            </Heading>
            <IconButton icon={X} label={w.close} keys="Esc" onPress={onClose} />
          </div>
          {side ? (
            <Side key={side.id} side={side} agentId={agentId} />
          ) : writing ? (
            <Begin
              c={c}
              forward={forward}
              onBegun={(id) => {
                setWriting(false);
                setOpen(id);
              }}
            />
          ) : (
            <All c={c} onOpen={setOpen} onWrite={() => setWriting(true)} />
          )}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function All({ c, onOpen, onWrite }: { c: Conversation; onOpen: (id: string) => void; onWrite: () => void }): ReactNode {
  const w = useWords();
  const now = useNow();
  const q = useQuery({ queryKey: ["sides", c.id], queryFn: () => sidesOf(c.id) });
  const all = useSelect(store, (s) => s.conversations);
  const list = (q.data ?? []).flatMap((id) => all.get(id) ?? []);
  return (
    <div className="flex min-h-0 flex-1 flex-col gap-3 overflow-y-auto p-4">
      <p className="text-sm text-muted">{w.sidesLead}</p>
      <Button look="outline" className="justify-center" onPress={onWrite}>
        <PenLine size={15} strokeWidth={1.75} aria-hidden="true" />
        {w.newSide}
      </Button>
      {q.error && !q.data ? (
        <Trouble words={w.failed} kept={q.error.message} retry={() => void q.refetch()} />
      ) : q.data && list.length === 0 ? (
        <p className="text-sm text-secondary">{w.none}</p>
      ) : (
        <ul aria-label={w.sides} className="flex flex-col gap-1">
          {list.map((s) => (
            <li key={s.id}>
              <Button className="h-auto! w-full flex-col items-start! py-2!" onPress={() => onOpen(s.id)}>
                <span className="flex w-full items-baseline gap-2">
                  <span className="truncate font-medium">{personName(s.customer)}</span>
                  <span className="figures ms-auto shrink-0 text-xs text-muted">{age(s.lastAt, now)}</span>
                </span>
                <span className="w-full truncate text-start text-xs text-muted">{s.subject}</span>
                <span className="w-full truncate text-start text-xs text-secondary">{s.preview}</span>
              </Button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** Below the header: that something is said aside, and whether somebody answered last. */
export function SidesBar({ c }: { c: Conversation }): ReactNode {
  const w = useWords();
  const q = useQuery({ queryKey: ["sides", c.id], queryFn: () => sidesOf(c.id) });
  const n = q.data?.length ?? 0;
  const all = useSelect(store, (s) => s.conversations);
  if (n === 0) return null;
  const newest = all.get(q.data?.[0] ?? "");
  return (
    <div className="flex shrink-0 items-center gap-2 border-b border-line px-5 py-1 text-sm max-md:px-3">
      <Button className="h-7! min-w-0 px-2! text-secondary" onPress={() => aside.set({ of: c.id, open: n === 1 ? (newest?.id ?? "") : "" })}>
        <MessagesSquare size={14} strokeWidth={1.75} aria-hidden="true" className="shrink-0 text-muted" />
        <span className="shrink-0">{w.sidesWith(n)}</span>
        {newest && <span className="truncate text-xs text-muted">{`${personName(newest.customer)}: ${newest.preview}`}</span>}
      </Button>
    </div>
  );
}

function Said({ m }: { m: Message }): ReactNode {
  const now = useNow();
  const ours = m.direction === "out";
  return (
    <article className={`px-4 py-3 ${ours ? "bg-sunken" : ""}`}>
      <p className="mb-1 flex items-baseline gap-2 text-xs text-muted">
        <span className="truncate text-sm font-medium text-text">{m.author.name || m.author.address}</span>
        {m.state === "failed" && <Chip tone="red">{m.stateDetail || m.state}</Chip>}
        <time dateTime={m.createdAt} className="figures ms-auto shrink-0">
          {age(m.createdAt, now)}
        </time>
      </p>
      <TextBody text={m.text} visible={m.visibleText} />
      {m.attachments.length > 0 && <p className="mt-1 text-xs text-muted">{m.attachments.map((a) => a.name).join(", ")}</p>}
    </article>
  );
}

// What is written stays for as long as the page does: by the side conversation, and
// of one that is not begun yet by the conversation that it is about.
const drafts = new Map<string, string>();
const begun = new Map<string, { readonly to: string; readonly subject: string; readonly text: string }>();

function Side({ side, agentId }: { side: Conversation; agentId: string }): ReactNode {
  const w = useWords();
  const said = useMessages(side.id);
  const ways = useQuery({ queryKey: ["sending", side.id], queryFn: () => waysOf(side.id) });
  const [text, setText] = useState(drafts.get(side.id) ?? "");
  const end = useRef<HTMLDivElement>(null);
  const newest = said.messages.at(-1)?.id ?? "";
  useEffect(() => {
    end.current?.scrollIntoView({ block: "end" });
  }, [newest]);
  const write = (t: string): void => {
    setText(t);
    drafts.set(side.id, t);
  };
  const send = (): void => {
    if (text.trim() === "") return;
    outbox.send({
      conversationId: side.id,
      kind: "reply",
      text: text.trim(),
      html: "",
      to: [],
      cc: [],
      attachments: [],
      seenSeq: Math.max(0, ...said.messages.filter((m) => m.kind === "message").map((m) => m.seq)),
      close: false,
      at: Date.now(),
    });
    write("");
  };
  return (
    <>
      <div className="min-h-0 flex-1 overflow-y-auto" role="log" aria-label={side.subject}>
        <p className="px-4 pt-3 text-sm font-medium">{side.subject}</p>
        {said.error && said.messages.length === 0 ? (
          <Trouble words={w.failed} kept={said.error.message} retry={said.retry} />
        ) : (
          said.messages.map((m) => <Said key={m.id} m={m} />)
        )}
        <Outgoing conversation={side} messages={said.messages} agentId={agentId} onEdit={(d) => write(d.text ?? "")} />
        <div ref={end} />
      </div>
      <form
        className="shrink-0 border-t border-line p-3"
        onSubmit={(e) => {
          e.preventDefault();
          send();
        }}
      >
        {/* eslint-disable-next-line jsx-a11y/no-autofocus -- the drawer was opened to write */}
        <textarea autoFocus aria-label={w.answerTo(personName(side.customer))} className={area} value={text} spellCheck onChange={(e) => write(e.target.value)} onKeyDown={(e) => sends(e, send)} />
        <SignatureView of={ways.data?.[0]?.signature} className="mt-2 max-h-24 overflow-y-auto" />
        <div className="mt-2 flex justify-end">
          <Button look="solid" type="submit" isDisabled={text.trim() === ""}>
            <Send size={14} strokeWidth={2} aria-hidden="true" />
            {w.send}
          </Button>
        </div>
      </form>
    </>
  );
}

function Begin({ c, forward, onBegun }: { c: Conversation; forward: Message | undefined; onBegun: (id: string) => void }): ReactNode {
  const w = useWords();
  const id = useId();
  const contacts = useQuery({ queryKey: ["contacts"], queryFn: async () => page(await body(api.GET("/api/v1/contacts")), contact).items });
  const ways = useQuery({ queryKey: ["senders"], queryFn: senders });
  const list = (ways.data ?? []).filter((x) => x.channel === "email" && x.inboxId === c.inboxId);
  const [account, setAccount] = useState("");
  const from = list.find((x) => x.accountId === account) ?? list[0];
  const was = forward ? undefined : begun.get(c.id);
  const [to, setTo] = useState(was?.to ?? "");
  const [subject, setSubject] = useState(forward ? forwardSubject(forward.subject || c.subject) : (was?.subject ?? `#${c.number}`));
  const [text, setText] = useState(forward ? forwardText(forward) : (was?.text ?? ""));
  const [files, setFiles] = useState<readonly Attachment[]>(forward ? forward.attachments.filter((a) => !a.inline || a.contentId === "") : []);
  useEffect(() => {
    if (!forward) begun.set(c.id, { to, subject, text });
  }, [forward, c.id, to, subject, text]);
  const [keep, setKeep] = useState(false);
  const [name, setName] = useState("");
  const [refusal, setRefusal] = useState("");
  const [busy, setBusy] = useState(false);
  const key = useRef({ of: "", key: "" });
  const stale = (): void => void queries.invalidateQueries({ queryKey: ["contacts"] });
  const send = async (): Promise<void> => {
    if (busy) return;
    const got = parseParties(to);
    const [one] = got.parties;
    const why =
      !from && ways.data ? w.noSender
      : got.bad.length > 0 ? w.badTo(got.bad.join(", "))
      : !one ? w.needTo
      : subject.trim() === "" ? w.needSubject
      : text.trim() === "" ? w.needText
      : "";
    setRefusal(why);
    if (why !== "" || !from || !one) return;
    const asked = { accountId: from.accountId, to: got.parties.map((p) => ({ ...p })), subject: subject.trim(), text: text.trim(), holdSeconds: hold() };
    setBusy(true);
    try {
      const attachments = await Promise.all(files.map(copied));
      const request = { ...asked, ...(attachments.length === 0 ? {} : { attachments }) };
      const of = JSON.stringify(request);
      if (key.current.of !== of) key.current = { of, key: crypto.randomUUID() };
      if (keep) {
        await body(api.POST("/api/v1/contacts", { body: { name: name.trim() || one.name || one.address, address: one.address } }));
        stale();
      }
      const params = { path: { id: c.id }, header: { "Idempotency-Key": key.current.key } };
      const o = record(await body(api.POST("/api/v1/conversations/{id}/sides", { params, body: request })), "opened");
      const side = conversation(o["conversation"]);
      const m = message(o["message"]);
      store.update((s) => putMessages(putConversations(s, [side]), [m]));
      spent(files);
      void queries.invalidateQueries({ queryKey: ["sides", c.id] });
      if (!forward) begun.delete(c.id);
      onBegun(side.id);
    } catch (e) {
      setBusy(false);
      setRefusal(e instanceof ApiError && e.passing ? `${e.message} ${w.later}` : e instanceof Error ? e.message : w.later);
    }
  };
  return (
    <form
      className="flex min-h-0 flex-1 flex-col gap-3 overflow-y-auto p-4"
      onSubmit={(e) => {
        e.preventDefault();
        void send();
      }}
    >
      {list.length > 1 && (
        <label className="block text-xs text-muted">
          {w.sendFrom}
          <select className={`${field} mt-1`} value={account || list[0]?.accountId} onChange={(e) => setAccount(e.target.value)}>
            {list.map((x) => (
              <option key={x.accountId} value={x.accountId}>
                {x.name} · {x.from}
              </option>
            ))}
          </select>
        </label>
      )}
      <div>
        <label className="block text-xs text-muted" htmlFor={id}>
          {w.to}
        </label>
        {/* eslint-disable-next-line jsx-a11y/no-autofocus -- it was asked to write */}
        <input id={id} autoFocus className={`${field} mt-1`} value={to} inputMode="email" autoComplete="off" spellCheck={false} onChange={(e) => setTo(e.target.value)} />
        {(contacts.data ?? []).length > 0 && (
          <ul aria-label={w.contact} className="mt-2 flex flex-wrap gap-1">
            {(contacts.data ?? []).map((k) => (
              <li key={k.id} className="flex items-center rounded-md bg-hover">
                <Button className="h-8! text-xs" onPress={() => setTo(k.name === k.address ? k.address : `${k.name.replace(/[<>,;"]/gu, " ")} <${k.address}>`)}>
                  {k.name}
                </Button>
                <IconButton
                  icon={Trash2}
                  label={w.forget(k.name)}
                  onPress={() => void body(api.DELETE("/api/v1/contacts/{id}", { params: { path: { id: k.id } } })).finally(stale)}
                />
              </li>
            ))}
          </ul>
        )}
      </div>
      <label className="flex min-h-8 items-center gap-2 text-sm">
        <input type="checkbox" checked={keep} className="accent-(--accent)" onChange={(e) => setKeep(e.target.checked)} />
        {w.keep}
      </label>
      {keep && (
        <label className="block text-xs text-muted">
          {w.contactName}
          <input className={`${field} mt-1`} value={name} maxLength={200} onChange={(e) => setName(e.target.value)} />
        </label>
      )}
      <label className="block text-xs text-muted">
        {w.subject}
        <input className={`${field} mt-1`} value={subject} maxLength={500} onChange={(e) => setSubject(e.target.value)} />
      </label>
      <label className="block text-xs text-muted">
        {w.message}
        <textarea className={`${area} mt-1`} value={text} spellCheck onChange={(e) => setText(e.target.value)} onKeyDown={(e) => sends(e, () => void send())} />
      </label>
      {files.length > 0 && (
        <ul aria-label={w.files} className="flex flex-wrap gap-1.5">
          {files.map((a) => (
            <FileChip key={a.id} name={a.name} words={bytes(a.size)} onRemove={() => setFiles(files.filter((x) => x.id !== a.id))} />
          ))}
        </ul>
      )}
      <SignatureView of={from?.signature} />
      <div className="flex items-center justify-end gap-2">
        <p role="alert" className="min-w-0 flex-1 text-sm text-red-text">
          {refusal}
        </p>
        <Button look="solid" type="submit" isDisabled={busy}>
          {busy ? w.sending : w.send}
        </Button>
      </div>
    </form>
  );
}
