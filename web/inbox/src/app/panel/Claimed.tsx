import { Ban, Ellipsis, ListChecks, Lock, LockOpen } from "lucide-react";
import { useState, type ReactNode } from "react";
import { judgeClaim, sendCode, verifyClaim } from "../../relations";
import type { Conversation, OrderLink } from "../../types";
import { Button, MenuButton } from "../../ui/controls";
import { useNow } from "../../ui/hooks";
import { when } from "../../words";
import { Refusal } from "./Section";

type Asking = "" | "code" | "details" | "override";

/** A number that is not this customer's: nothing of the order is shown, nor whether there is one. */
export function Claimed({ conversation: c, link: l }: { conversation: Conversation; link: OrderLink }): ReactNode {
  const [asking, setAsking] = useState<Asking>("");
  const [refusal, setRefusal] = useState("");
  const [busy, setBusy] = useState(false);
  const now = useNow();
  const recipient = l.state === "recipient";
  const sent = l.code !== null && Date.parse(l.code.expiresAt) > now && l.code.triesLeft > 0;
  const send = (): void => {
    setBusy(true);
    void sendCode(c.id, l.claimId).then((words) => {
      setBusy(false);
      setRefusal(words);
    });
  };
  return (
    <article aria-label={`Order ${l.mention}, not verified`} className="rounded-md bg-surface px-3 py-2.5">
      <div className="flex items-center gap-1.5">
        <Lock size={14} strokeWidth={1.75} aria-hidden="true" className="shrink-0 text-muted" />
        <span className="min-w-0 flex-1 truncate text-sm font-semibold select-text">{l.mention || "An order"}</span>
        {l.claimId !== "" && (
          <MenuButton
            label={`Order ${l.mention}`}
            choices={[
              { id: "details", words: "Ask for post code and item", icon: ListChecks },
              { id: "override", words: "Open on my word", icon: LockOpen },
              { id: "rejected", words: "No order of theirs", icon: Ban },
            ]}
            onChoose={(id) => {
              if (id === "rejected") void judgeClaim(c.id, { id: l.claimId, mention: l.mention }, "rejected").then(setRefusal);
              else setAsking(id as Asking);
            }}
          >
            <Button aria-label={`More: order ${l.mention}`} className="-my-1 -me-2 w-8 justify-center px-0!">
              <Ellipsis size={16} aria-hidden="true" />
            </Button>
          </MenuButton>
        )}
      </div>
      <p className="mt-1 text-xs text-secondary">
        {recipient ? "They receive this order. Only where the parcel is may be told." : "Named, but not an order of theirs as far as is proven. Tell nothing of it."}
        {l.text !== "" && <span className="text-muted"> {l.text}</span>}
      </p>
      {l.code && (
        <p className="mt-1 text-xs text-secondary">
          {sent
            ? `If there is such an order, its buyer got a code at ${when(l.code.at, now)}. When it is told in this conversation, the order opens by itself.`
            : l.code.triesLeft > 0
              ? "The code that was sent is too old."
              : "The code was tried too often."}
        </p>
      )}
      {l.claimId !== "" && asking === "" && (
        <div className="mt-2 flex flex-wrap gap-1.5">
          {sent && (
            <Button look="outline" className="h-7!" onPress={() => setAsking("code")}>
              Enter the code
            </Button>
          )}
          <Button look={sent ? "plain" : "outline"} className="h-7!" isDisabled={busy} onPress={send}>
            {l.code ? "Send another code" : "Send a code"}
          </Button>
        </div>
      )}
      {asking !== "" && <Verify key={asking} conversation={c.id} claim={l.claimId} how={asking} onDone={() => setAsking("")} />}
      <Refusal words={refusal} />
    </article>
  );
}

/** What an agent said is no order of theirs, to be taken back. */
export function Dismissed({ conversation: c, link: l }: { conversation: Conversation; link: OrderLink }): ReactNode {
  const [refusal, setRefusal] = useState("");
  return (
    <div>
      <p className="flex items-center gap-1.5 ps-3 text-xs text-muted">
        <span className="min-w-0 flex-1 truncate">
          <span className="line-through">{l.mention}</span> is no order of theirs
        </span>
        <Button className="h-7!" onPress={() => void judgeClaim(c.id, { id: l.claimId, mention: l.mention }, "none").then(setRefusal)}>
          Undo
        </Button>
      </p>
      <Refusal words={refusal} />
    </div>
  );
}

function Verify({
  conversation,
  claim,
  how,
  onDone,
}: {
  conversation: string;
  claim: string;
  how: "code" | "details" | "override";
  onDone: () => void;
}): ReactNode {
  const [code, setCode] = useState("");
  const [postcode, setPostcode] = useState("");
  const [item, setItem] = useState("");
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState("");
  const fields = {
    code: [{ words: "The code, six digits", value: code, set: setCode }],
    details: [
      { words: "Post code of the order", value: postcode, set: setPostcode },
      { words: "One thing that they ordered", value: item, set: setItem },
    ],
    override: [{ words: "Why you are sure (it is kept with your name)", value: reason, set: setReason }],
  }[how];
  const says = {
    code: { code: code.trim() },
    details: { postcode: postcode.trim(), item: item.trim() },
    override: { override: reason.trim() },
  }[how];
  const ready = fields.every((f) => f.value.trim() !== "");
  return (
    <form
      className="mt-2 flex flex-col gap-1.5"
      onSubmit={(e) => {
        e.preventDefault();
        if (!ready) return;
        setBusy(true);
        void verifyClaim(conversation, claim, says).then((words) => {
          setBusy(false);
          setRefusal(words);
          if (words === "") onDone();
        });
      }}
    >
      {fields.map((f, i) => (
        <input
          key={f.words}
          aria-label={f.words}
          placeholder={f.words}
          inputMode={how === "code" ? "numeric" : "text"}
          autoComplete="off"
          value={f.value}
          // eslint-disable-next-line jsx-a11y/no-autofocus -- it takes the place of the button that was pressed
          autoFocus={i === 0}
          onChange={(e) => f.set(e.target.value)}
          onKeyDown={(e) => {
            if (e.key === "Escape") onDone();
          }}
          className="h-8 w-full rounded-md border border-line-strong bg-surface px-2 text-sm max-md:h-11"
        />
      ))}
      <div className="flex gap-1.5">
        <Button look="solid" type="submit" isDisabled={!ready || busy}>
          {how === "override" ? "Open it" : "Compare"}
        </Button>
        <Button onPress={onDone}>Cancel</Button>
      </div>
      <Refusal words={refusal} />
    </form>
  );
}
