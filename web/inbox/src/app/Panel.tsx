// The customer: who it is and how well that is known, which order is meant,
// what they have in the shop, the other conversations, and what happened.

import { PenLine, X } from "lucide-react";
import { memo, type ReactNode } from "react";
import { Dialog, Modal, ModalOverlay } from "react-aria-components";
import { useCustomer } from "../panel";
import { beginning } from "../draft";
import type { Place } from "../place";
import type { Conversation } from "../types";
import { Button, IconButton, Trouble } from "../ui/controls";
import { catalogue, useWords as usePageWords } from "../words/language";
import { date, personName } from "../words";
import { Identities } from "./panel/Identities";
import { Matches } from "./panel/Matches";
import { NowViewing } from "./panel/Now";
import { Orders } from "./panel/Orders";
import { Others } from "./panel/Others";
import { Profile } from "./panel/Profile";
import { Shop } from "./panel/Shop";
import { Timeline } from "./panel/Timeline";
import { Todo } from "./panel/Todo";
import { Resizer } from "./Resizer";

const { useWords } = catalogue({
  en: {
    customer: "Customer",
    width: "Width of the customer panel",
    close: "Close the panel",
    who: "Who it is",
    since: (day: string): string => `Customer since ${day}`,
    cannotLoad: "The customer can't be loaded.",
  },
  de: {
    customer: "Kunde",
    width: "Breite der Kundenleiste",
    close: "Kundenleiste schließen",
    who: "Wer es ist",
    since: (day) => `Kunde seit ${day}`,
    cannotLoad: "Die Kundendaten können nicht geladen werden.",
  },
});

export function DockedPanel({
  conversation,
  place,
  stale,
  width,
  onWidth,
}: {
  conversation: Conversation;
  place: Place;
  /** Another conversation is open by now: nothing can be done here until that one's customer is drawn. */
  stale: boolean;
  width: number;
  onWidth: (n: number) => void;
}): ReactNode {
  const w = useWords();
  return (
    <aside aria-label={w.customer} aria-busy={stale} className="relative shrink-0 bg-canvas" style={{ width }}>
      {stale && <div className="absolute inset-0 z-10" />}
      <Resizer label={w.width} value={width} min={264} max={480} onChange={onWidth} side="right" />
      <div className="h-full overflow-y-auto" tabIndex={-1}>
        <Panel conversation={conversation} place={place} />
      </div>
    </aside>
  );
}

export function PanelDrawer({
  conversation,
  place,
  isOpen,
  onOpenChange,
  full,
}: {
  conversation: Conversation;
  place: Place;
  isOpen: boolean;
  onOpenChange: (open: boolean) => void;
  full: boolean;
}): ReactNode {
  const w = useWords();
  return (
    <ModalOverlay isOpen={isOpen} onOpenChange={onOpenChange} isDismissable className="fixed inset-0 z-40 bg-backdrop">
      <Modal className={`slides fixed inset-y-0 end-0 bg-canvas shadow-float ${full ? "w-full" : "w-[360px]"}`}>
        <Dialog aria-label={w.customer} data-panel="" className="h-full overflow-y-auto outline-none!">
          {({ close }) => (
            <>
              <div className="absolute top-2 end-2 z-10">
                <IconButton icon={X} label={w.close} keys="Esc" onPress={close} placement="start" />
              </div>
              <Panel conversation={conversation} place={place} onNavigate={close} />
            </>
          )}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

const Panel = memo(function Panel({ conversation: c, place, onNavigate }: { conversation: Conversation; place: Place; onNavigate?: () => void }): ReactNode {
  const id = c.customer.customerId;
  const w = useWords();
  const { compose } = usePageWords();
  const { customer, error, retry } = useCustomer(id);
  const name = customer?.name || personName(c.customer);
  const leave = onNavigate ? { onNavigate } : {};
  return (
    <div className="settles flex flex-col gap-6 p-4">
      <section aria-label={w.who}>
        <h2 className="pe-8 text-lg font-semibold break-words">{name}</h2>
        {customer && <p className="text-xs text-muted">{w.since(date(customer.createdAt))}</p>}
        {error ? (
          <Trouble words={w.cannotLoad} kept={error.message} retry={retry} />
        ) : customer ? (
          <>
            {customer.identities.some((i) => i.kind === "email" || i.kind === "phone") && (
              <Button
                look="outline"
                className="mt-2"
                onPress={() => {
                  const to = customer.identities.find((i) => i.kind === "email") ?? customer.identities.find((i) => i.kind === "phone");
                  onNavigate?.();
                  if (to) beginning.set({ address: to.value, name: customer.name === to.value ? "" : customer.name });
                }}
              >
                <PenLine size={15} strokeWidth={1.75} aria-hidden="true" />
                {compose.write}
              </Button>
            )}
            <Identities customer={customer} />
            <Profile customer={customer} />
          </>
        ) : (
          // As high as what most customers turn out to be: what is below stays where it is.
          <div aria-hidden="true" className="flex h-31 flex-col gap-2 pt-3">
            <div className="skeleton h-3 w-48" />
            <div className="skeleton h-3 w-36" />
          </div>
        )}
      </section>
      <NowViewing customer={id} />
      {customer && <Matches customer={customer} />}
      <Todo c={c} place={place} {...leave} />
      <Orders conversation={c} customer={id} />
      <Shop customer={id} conversation={c.id} />
      <Others c={c} customer={id} place={place} {...leave} />
      <Timeline c={c} customer={id} place={place} {...leave} />
    </div>
  );
});
