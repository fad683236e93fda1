import { Lock } from "lucide-react";
import { useState, type ReactNode } from "react";
import { verifyClaim } from "../../relations";
import type { Conversation, OrderLink } from "../../types";
import { Button } from "../../ui/controls";
import { Refusal } from "./Section";

/** A number that is not this customer's: nothing of the order is shown, nor whether there is one. */
export function Claimed({ conversation: c, link: l }: { conversation: Conversation; link: OrderLink }): ReactNode {
  const [asking, setAsking] = useState<"" | "details" | "override">("");
  const recipient = l.state === "recipient";
  return (
    <article aria-label={`Order ${l.mention}, not verified`} className="rounded-md bg-surface px-3 py-2.5">
      <p className="flex items-center gap-1.5 text-sm">
        <Lock size={14} strokeWidth={1.75} aria-hidden="true" className="shrink-0 text-muted" />
        <span className="min-w-0 truncate font-semibold select-text">{l.mention || "An order"}</span>
      </p>
      <p className="mt-1 text-xs text-secondary">
        {recipient ? "They receive this order. Only where the parcel is may be told." : "Named, but not an order of theirs as far as is proven. Tell nothing of it."}
        {l.text !== "" && <span className="text-muted"> {l.text}</span>}
      </p>
      {l.claimId !== "" && asking === "" && (
        <div className="mt-2 flex flex-wrap gap-1.5">
          <Button look="outline" className="h-7!" onPress={() => setAsking("details")}>
            Verify
          </Button>
          <Button className="h-7!" onPress={() => setAsking("override")}>
            Open on my word
          </Button>
        </div>
      )}
      {asking !== "" && <Verify key={asking} conversation={c.id} claim={l.claimId} how={asking} onDone={() => setAsking("")} />}
    </article>
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
  how: "details" | "override";
  onDone: () => void;
}): ReactNode {
  const [postcode, setPostcode] = useState("");
  const [item, setItem] = useState("");
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState("");
  const fields =
    how === "details"
      ? [
          { words: "Post code of the order", value: postcode, set: setPostcode },
          { words: "One thing that they ordered", value: item, set: setItem },
        ]
      : [{ words: "Why you are sure (it is kept with your name)", value: reason, set: setReason }];
  const ready = fields.every((f) => f.value.trim() !== "");
  return (
    <form
      className="mt-2 flex flex-col gap-1.5"
      onSubmit={(e) => {
        e.preventDefault();
        if (!ready) return;
        setBusy(true);
        void verifyClaim(conversation, claim, how === "details" ? { postcode: postcode.trim(), item: item.trim() } : { override: reason.trim() }).then(
          (words) => {
            setBusy(false);
            setRefusal(words);
            if (words === "") onDone();
          },
        );
      }}
    >
      {fields.map((f, i) => (
        <input
          key={f.words}
          aria-label={f.words}
          placeholder={f.words}
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
          {how === "details" ? "Compare" : "Open it"}
        </Button>
        <Button onPress={onDone}>Cancel</Button>
      </div>
      <Refusal words={refusal} />
    </form>
  );
}
