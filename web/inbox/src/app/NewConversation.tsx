// Writes to a customer first: with whom, by which account, about what.

import { useQuery } from "@tanstack/react-query";
import { useId, useRef, useState, type ReactNode } from "react";
import { api, ApiError, body } from "../api/client";
import { beginning } from "../draft";
import { hold } from "../hold";
import { useGo } from "../navigate";
import { conversation, message, record } from "../parse";
import type { Place } from "../place";
import { parseParties, showParties } from "../recipients";
import { store } from "../runtime";
import { useFound } from "../searching";
import { senders, type Way } from "../sending";
import { useWords } from "../sendwords";
import { putConversations, putMessages, waits } from "../state";
import type { Me, Party } from "../types";
import { Button } from "../ui/controls";
import { toast } from "../ui/signals";
import { sends } from "./Sides";
import { SignatureView } from "./Signature";
import { field, TemplateFields, type Filled } from "./TemplateSheet";
import { Sheet } from "./Together";

// What was written stays while the page lives: closing the dialog throws nothing away.
let kept = { to: "", subject: "", text: "" };

export default function NewConversation({ with: begun, me, place }: { with: { address: string; name: string }; me: Me | undefined; place: Place }): ReactNode {
  const w = useWords();
  const go = useGo();
  const id = useId();
  const { data: ways } = useQuery({ queryKey: ["senders"], queryFn: senders });
  const [account, setAccount] = useState("");
  const [to, setTo] = useState(begun.address === "" ? kept.to : showParties([begun]));
  const [choosing, setChoosing] = useState(false);
  const [subject, setSubject] = useState(kept.subject);
  const [text, setText] = useState(kept.text);
  const [template, setTemplate] = useState<Filled | null>(null);
  const [refusal, setRefusal] = useState("");
  const [busy, setBusy] = useState(false);
  const key = useRef({ of: "", key: "" });
  // The inbox that is looked at comes first, and an address says by itself what kind it is.
  const fits = (x: Way): boolean => begun.address === "" || begun.address.includes("@") === (x.channel === "email");
  const list = (ways ?? []).filter(fits);
  const way = list.find((x) => x.accountId === account) ?? list.find((x) => x.inboxId === place.inbox) ?? list[0];
  const mail = way?.channel !== "social";
  const { found } = useFound("customer", choosing ? to : "");
  const offers = found.filter((f) => f.detail.includes("@") === mail).slice(0, 6);
  const inboxName = (x: Way): string => me?.inboxes.find((i) => i.id === x.inboxId)?.name ?? "";

  const keep = (more: Partial<typeof kept>): void => {
    kept = { ...kept, ...more };
    setRefusal("");
  };
  const close = (): void => beginning.set(null);
  const send = async (): Promise<void> => {
    if (!way || busy) return;
    const got = mail ? parseParties(to) : { parties: to.trim() === "" ? [] : [numbered(to)], bad: [] };
    const templated = !mail && !way.may;
    const why =
      got.bad.length > 0 ? w.badTo(got.bad.join(", "))
      : got.parties.length === 0 ? w.needTo
      : mail && subject.trim() === "" ? w.needSubject
      : templated && way.templates.length === 0 ? way.why
      : templated && !template ? w.needValues
      : !templated && text.trim() === "" ? w.needText
      : "";
    if (why !== "") {
      setRefusal(why);
      return;
    }
    const request = {
      accountId: way.accountId,
      to: got.parties.map((p) => ({ ...p })),
      text: templated ? "" : text.trim(),
      ...(mail ? { subject: subject.trim(), holdSeconds: hold() } : {}),
      ...(templated && template ? { template: { name: template.name, language: template.language, values: [...template.values] } } : {}),
    };
    // The same request is one, however often it is tried.
    const of = JSON.stringify(request);
    if (key.current.of !== of) key.current = { of, key: crypto.randomUUID() };
    setBusy(true);
    try {
      const o = record(await body(api.POST("/api/v1/conversations", { params: { header: { "Idempotency-Key": key.current.key } }, body: request })), "opened");
      const c = conversation(o["conversation"]);
      const m = message(o["message"]);
      store.update((s) => putMessages(putConversations(s, [c]), [m]));
      kept = { to: "", subject: "", text: "" };
      close();
      if (waits(m)) void import("../unsent").then((u) => u.offerUndo(m));
      else toast(w.begun(c.number));
      go({ ...place, open: String(c.number) });
    } catch (e) {
      setRefusal(e instanceof ApiError && e.passing ? `${e.message} ${w.later}` : e instanceof Error ? e.message : w.later);
    } finally {
      setBusy(false);
    }
  };

  return (
    <Sheet title={w.newTitle} onClose={close}>
      {ways && !way ? (
        <p className="text-sm text-secondary">{w.noSender}</p>
      ) : (
        <form
          className="flex flex-col gap-3"
          onSubmit={(e) => {
            e.preventDefault();
            void send();
          }}
        >
          <label className="block text-xs text-muted">
            {w.sendFrom}
            <select className={`${field} mt-1`} value={way?.accountId ?? ""} onChange={(e) => setAccount(e.target.value)}>
              {list.map((x) => (
                <option key={x.accountId} value={x.accountId}>
                  {[x.name, x.from, inboxName(x) === x.name ? "" : inboxName(x)].filter((s) => s !== "").join(" · ")}
                </option>
              ))}
            </select>
          </label>
          <div>
            <label className="block text-xs text-muted" htmlFor={`${id}-to`}>
              {w.to}
            </label>
            <input
              id={`${id}-to`}
              className={`${field} mt-1`}
              value={to}
              placeholder={mail ? w.toMail : w.toPhone}
              // eslint-disable-next-line jsx-a11y/no-autofocus -- the dialog was opened to fill it
              autoFocus={begun.address === ""}
              autoComplete="off"
              spellCheck={false}
              onChange={(e) => {
                setTo(e.target.value);
                setChoosing(true);
                keep({ to: e.target.value });
              }}
            />
            {offers.length > 0 && (
              <ul aria-label={w.found} className="mt-1 flex flex-col">
                {offers.map((f) => (
                  <li key={f.ref}>
                    <Button
                      className="w-full justify-start!"
                      onPress={() => {
                        const picked = mail ? showParties([{ address: f.detail, name: f.name }]) : f.detail;
                        setTo(picked);
                        setChoosing(false);
                        keep({ to: picked });
                        document.getElementById(`${id}-${mail ? "subject" : "text"}`)?.focus();
                      }}
                    >
                      <span className="truncate">{f.name}</span>
                      {f.detail !== f.name && <span className="truncate text-xs text-muted">{f.detail}</span>}
                    </Button>
                  </li>
                ))}
              </ul>
            )}
          </div>
          {mail && (
            <label className="block text-xs text-muted">
              {w.subject}
              <input
                id={`${id}-subject`}
                className={`${field} mt-1`}
                value={subject}
                maxLength={500}
                // eslint-disable-next-line jsx-a11y/no-autofocus -- who it goes to is known
                autoFocus={begun.address !== ""}
                onChange={(e) => {
                  setSubject(e.target.value);
                  keep({ subject: e.target.value });
                }}
              />
            </label>
          )}
          {way && !mail && !way.may ? (
            <>
              <p className="rounded-md bg-amber-soft px-3 py-2 text-sm text-amber-text">{way.why}</p>
              {way.templates.length > 0 && <TemplateFields key={way.accountId} templates={way.templates} onChange={setTemplate} />}
            </>
          ) : (
            <label className="block text-xs text-muted">
              {w.message}
              <textarea
                id={`${id}-text`}
                className="field-sizing-content mt-1 max-h-80 min-h-32 w-full resize-none rounded-md border border-line-strong bg-surface px-2 py-1.5 text-base text-text"
                value={text}
                spellCheck
                onKeyDown={(e) => sends(e, () => void send())}
                onChange={(e) => {
                  setText(e.target.value);
                  keep({ text: e.target.value });
                }}
              />
            </label>
          )}
          <SignatureView of={way?.signature} />
          <div className="flex items-center justify-end gap-2">
            <p role="alert" className="min-w-0 flex-1 text-sm text-red-text">
              {refusal}
            </p>
            <Button onPress={close}>{w.cancel}</Button>
            <Button look="solid" type="submit" isDisabled={busy}>
              {busy ? w.sending : w.send}
            </Button>
          </div>
        </form>
      )}
    </Sheet>
  );
}

/** "Name <number>" or a number. */
function numbered(text: string): Party {
  const named = /^(.*)<([^<>]+)>$/u.exec(text.trim());
  return { address: (named?.[2] ?? text).trim(), name: (named?.[1] ?? "").trim() };
}
