// What is done with a cart: its link copied or put into the reply, mailed by the
// shop, or the cart marked as bought in the store. Fetched when a cart is shown.

import { useQuery } from "@tanstack/react-query";
import { useId, useState, type ReactNode } from "react";
import { api, body } from "../../api/client";
import { useMe } from "../../data";
import { putIn } from "../../draft";
import type { Cart } from "../../types";
import { Button } from "../../ui/controls";
import { Sheet } from "../Together";
import { useWords } from "./cartwords";
import { actions, attempt, Done, type CartKind } from "./OrderActions";
import { Refusal } from "./Section";

const escape = (s: string): string => s.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");

export default function CartActions({ cart: c, conversation }: { cart: Cart; conversation: string }): ReactNode {
  const w = useWords();
  const { me } = useMe();
  const may = me !== undefined && (me.agent.role !== "agent" || me.agent.orderActions);
  const [copied, setCopied] = useState(false);
  const [open, setOpen] = useState<CartKind | null>(null);
  const q = useQuery({
    queryKey: ["order-actions", c.id],
    queryFn: async () => actions(await body(api.GET("/api/v1/carts/{id}/actions", { params: { path: { id: c.id } } }))),
  });
  const list = q.data?.items ?? [];
  const busy = list.some((a) => a.state === "sending");
  const offers = (kind: CartKind): boolean => q.data?.offered.has(kind) === true;
  const whys = new Set(q.data?.why.values());
  return (
    <div className="mt-2">
      {/^https?:\/\//.test(c.url) && (
        <div className="flex flex-wrap items-center gap-1.5">
          <a href={c.url} target="_blank" rel="noreferrer noopener" title={w.link} className="min-w-0 basis-full truncate text-xs text-accent-text underline underline-offset-2">
            {c.url}
          </a>
          <Button look="outline" className="h-7!" aria-label={copied ? w.copied : w.copyLabel} onPress={() => void navigator.clipboard.writeText(c.url).then(() => setCopied(true), () => undefined)}>
            {copied ? w.copied : w.copy}
          </Button>
          <Button
            look="outline"
            className="h-7!"
            onPress={() => putIn.set({ conversationId: conversation, html: `<p><a href="${escape(c.url)}">${escape(c.url)}</a></p><p></p>` })}
          >
            {w.reply}
          </Button>
        </div>
      )}
      {list.length > 0 && (
        <ul aria-label={w.done} className="mt-2">
          {list.map((a) => (
            <Done key={a.id} action={a} order={c} may={may} />
          ))}
        </ul>
      )}
      {may && q.data !== undefined && (
        <>
          <div className="mt-1.5 flex flex-wrap gap-1.5" role="group" aria-label={w.group}>
            {offers("cart_link") && (
              <Button look="outline" className="h-7!" isDisabled={busy} onPress={() => setOpen("cart_link")}>
                {w.mail}
              </Button>
            )}
            {offers("cart_completed") && (
              <Button look="outline" className="h-7!" isDisabled={busy} onPress={() => setOpen("cart_completed")}>
                {w.complete}
              </Button>
            )}
          </div>
          {[...whys].map((why) => (
            <p key={why} className="mt-1 text-xs text-muted">
              {w.notOffered(why)}
            </p>
          ))}
        </>
      )}
      {open !== null && <Ask kind={open} cart={c} onClose={() => setOpen(null)} />}
    </div>
  );
}

function Ask({ kind, cart: c, onClose }: { kind: CartKind; cart: Cart; onClose: () => void }): ReactNode {
  const w = useWords();
  const id = useId();
  // The same however often it is pressed.
  const [key] = useState(() => crypto.randomUUID());
  const [text, setText] = useState("");
  const [refusal, setRefusal] = useState("");
  const [busy, setBusy] = useState(false);
  const mail = kind === "cart_link";
  return (
    <Sheet title={mail ? w.mailTitle : w.completeTitle} onClose={onClose}>
      <form
        className="flex flex-col gap-3"
        onSubmit={(e) => {
          e.preventDefault();
          setBusy(true);
          void attempt(async () =>
            body(
              api.POST("/api/v1/carts/{id}/actions", {
                params: { path: { id: c.id }, header: { "Idempotency-Key": key } },
                body: { kind, ...(mail && text.trim() !== "" ? { text: text.trim() } : {}) },
              }),
            ),
          ).then((said) => {
            setBusy(false);
            setRefusal(said);
            if (said === "") onClose();
          });
        }}
      >
        <p className="text-sm text-secondary">{mail ? w.mailHelp : w.completeHelp}</p>
        {mail && (
          <div>
            <label htmlFor={id} className="mb-1 block text-xs text-muted">
              {w.text}
            </label>
            <textarea
              id={id}
              value={text}
              maxLength={1000}
              rows={4}
              aria-describedby={`${id}-help`}
              className="w-full rounded-md border border-line-strong bg-surface px-2 py-1.5 text-sm"
              onChange={(e) => setText(e.target.value)}
            />
            <p id={`${id}-help`} className="mt-1 text-xs text-muted">
              {w.textHelp}
            </p>
          </div>
        )}
        <Refusal words={refusal} />
        <div className="flex justify-end gap-2">
          <Button onPress={onClose}>{w.leave}</Button>
          <Button type="submit" look="solid" isDisabled={busy}>
            {mail ? w.send : w.confirm}
          </Button>
        </div>
      </form>
    </Sheet>
  );
}
