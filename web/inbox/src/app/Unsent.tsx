// Below a reply that has not left: when it leaves, and what can be done until
// then. Loaded when there is one.

import { CalendarClock, Clock, TriangleAlert } from "lucide-react";
import { useCallback, useEffect, useState, type ReactNode } from "react";
import { useWords } from "../messagewords";
import { store } from "../runtime";
import { messagesOf } from "../state";
import { useSelect } from "../store";
import type { Message } from "../types";
import { Button } from "../ui/controls";
import { sendNow, unsend } from "../unsent";
import { exactly, when } from "../words";

export default function Unsent({ message: m }: { message: Message }): ReactNode {
  const w = useWords();
  const [now, setNow] = useState(() => Date.now());
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState("");
  const left = m.sendAt === "" ? 0 : Math.ceil((Date.parse(m.sendAt) - now) / 1000);
  useEffect(() => {
    if (m.scheduled || left <= 0) return undefined;
    const t = setTimeout(() => setNow(Date.now()), 500);
    return () => clearTimeout(t);
  }, [m.scheduled, left, now]);
  const wrote = useSelect(
    store,
    useCallback((s) => messagesOf(s, m.conversationId).some((x) => x.seq > m.seq && x.kind === "message" && x.direction === "in" && !x.automatic.is), [m.conversationId, m.seq]),
  );
  const act = (doing: Promise<string>): void => {
    setBusy(true);
    void doing.then((words) => {
      setBusy(false);
      setRefusal(words);
    });
  };
  if (!m.scheduled) {
    if (left <= 0) {
      return (
        <p className="mt-2 flex items-center gap-1 text-xs text-muted">
          <Clock size={14} strokeWidth={2} aria-hidden="true" /> {w.sending}
        </p>
      );
    }
    return (
      <p className="figures mt-2 flex items-center gap-1 text-xs text-muted">
        <Clock size={14} strokeWidth={2} aria-hidden="true" /> {w.sendingIn(left)}
        <Button className="font-medium text-accent-text" isDisabled={busy} onPress={() => act(unsend(m))}>
          {w.undo}
        </Button>
        <span role="alert" className="text-red-text">
          {refusal}
        </span>
      </p>
    );
  }
  const held = m.sendAt === "";
  const asks = held || wrote;
  return (
    <div className={`mt-3 rounded-md px-3 py-2 text-sm ${asks ? "bg-amber-soft" : "bg-sunken"}`}>
      <p className={`flex items-center gap-1.5 font-medium ${asks ? "text-amber-text" : ""}`}>
        {asks ? <TriangleAlert size={15} strokeWidth={2} aria-hidden="true" /> : <CalendarClock size={15} strokeWidth={2} aria-hidden="true" />}
        {held ? w.held : <span title={exactly(m.sendAt)}>{w.leaves(when(m.sendAt, now))}</span>}
      </p>
      {asks && !held && <p className="mt-1">{w.wroteSince}</p>}
      <div className="mt-2 flex flex-wrap items-center gap-2">
        <Button look="outline" isDisabled={busy} onPress={() => act(sendNow(m))}>
          {w.sendNow}
        </Button>
        <Button look="outline" isDisabled={busy} onPress={() => act(unsend(m))}>
          {w.edit}
        </Button>
        <span role="alert" className="text-xs text-red-text">
          {refusal}
        </span>
      </div>
    </div>
  );
}
