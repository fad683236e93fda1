import { Ban, Ellipsis, ListChecks, Lock, LockOpen } from "lucide-react";
import { useState, type ReactNode } from "react";
import { judgeClaim, sendCode, verifyClaim } from "../../relations";
import type { Conversation, OrderLink } from "../../types";
import { Button, MenuButton } from "../../ui/controls";
import { useNow } from "../../ui/hooks";
import { when } from "../../words";
import { useWords } from "./panelwords";
import { reason as reasonWords } from "./reasonwords";
import { Refusal } from "./Section";

type Asking = "" | "code" | "details" | "override";

/** A number that is not this customer's: nothing of the order is shown, nor whether there is one. */
export function Claimed({ conversation: c, link: l }: { conversation: Conversation; link: OrderLink }): ReactNode {
  const w = useWords();
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
    <article aria-label={w.notVerified(l.mention)} className="rounded-md bg-surface px-3 py-2.5">
      <div className="flex items-center gap-1.5">
        <Lock size={14} strokeWidth={1.75} aria-hidden="true" className="shrink-0 text-muted" />
        <span className="min-w-0 flex-1 truncate text-sm font-semibold select-text">{l.mention || w.anOrder}</span>
        {l.claimId !== "" && (
          <MenuButton
            label={w.order(l.mention)}
            choices={[
              { id: "details", words: w.askDetails, icon: ListChecks },
              { id: "override", words: w.onMyWord, icon: LockOpen },
              { id: "rejected", words: w.notTheirs, icon: Ban },
            ]}
            onChoose={(id) => {
              if (id === "rejected") void judgeClaim(c.id, { id: l.claimId, mention: l.mention }, "rejected").then(setRefusal);
              else setAsking(id as Asking);
            }}
          >
            <Button aria-label={w.more(l.mention)} className="-my-1 -me-2 w-8 justify-center px-0!">
              <Ellipsis size={16} aria-hidden="true" />
            </Button>
          </MenuButton>
        )}
      </div>
      <p className="mt-1 text-xs text-secondary">
        {recipient ? w.recipientOnly : w.tellNothing}
        {l.text !== "" && <span className="text-muted"> {reasonWords(l.text)}</span>}
      </p>
      {l.code && (
        <p className="mt-1 text-xs text-secondary">
          {sent
            ? w.codeSent(when(l.code.at, now))
            : l.code.triesLeft > 0
              ? w.codeOld
              : w.codeTried}
        </p>
      )}
      {l.claimId !== "" && asking === "" && (
        <div className="mt-2 flex flex-wrap gap-1.5">
          {sent && (
            <Button look="outline" className="h-7!" onPress={() => setAsking("code")}>
              {w.enterCode}
            </Button>
          )}
          <Button look={sent ? "plain" : "outline"} className="h-7!" isDisabled={busy} onPress={send}>
            {l.code ? w.sendAnother : w.sendCode}
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
  const w = useWords();
  const [refusal, setRefusal] = useState("");
  return (
    <div>
      <p className="flex items-center gap-1.5 ps-3 text-xs text-muted">
        <span className="min-w-0 flex-1 truncate">
          <span className="line-through">{l.mention}</span> {w.isNotTheirs}
        </span>
        <Button className="h-7!" onPress={() => void judgeClaim(c.id, { id: l.claimId, mention: l.mention }, "none").then(setRefusal)}>
          {w.undo}
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
  const w = useWords();
  const [code, setCode] = useState("");
  const [postcode, setPostcode] = useState("");
  const [item, setItem] = useState("");
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState("");
  const fields = {
    code: [{ words: w.code, value: code, set: setCode }],
    details: [
      { words: w.postcode, value: postcode, set: setPostcode },
      { words: w.item, value: item, set: setItem },
    ],
    override: [{ words: w.reason, value: reason, set: setReason }],
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
          {how === "override" ? w.openIt : w.compare}
        </Button>
        <Button onPress={onDone}>{w.cancel}</Button>
      </div>
      <Refusal words={refusal} />
    </form>
  );
}
