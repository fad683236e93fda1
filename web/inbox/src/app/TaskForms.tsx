// Small forms: a call that no exchange told of, and something to do later.

import { useId, useState, type ReactNode } from "react";
import { followUp, logCall, type CallEntry } from "../tasks";
import { useWords } from "../taskwords";
import type { Conversation, Me } from "../types";
import { Button } from "../ui/controls";
import { Refusal } from "./panel/Section";
import { Sheet } from "./Together";

const field = "h-8 w-full rounded-md border border-line-strong bg-surface px-2 text-sm max-md:h-11";
const area = "w-full rounded-md border border-line-strong bg-surface px-2 py-1.5 text-sm";

function Labelled({ words, children }: { words: string; children: (id: string) => ReactNode }): ReactNode {
  const id = useId();
  return (
    <div className="min-w-0 flex-1">
      <label htmlFor={id} className="mb-1 block text-xs text-muted">
        {words}
      </label>
      {children(id)}
    </div>
  );
}

/** An instant as a field for date and time has it, in the agent's own zone. */
function local(at: Date): string {
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

const outcomes = ["answered", "missed", "voicemail", "busy"] as const;

export function LogCall({ c, number, onClose }: { c: Conversation; number: string; onClose: () => void }): ReactNode {
  const w = useWords();
  const [key] = useState(() => crypto.randomUUID());
  const [direction, setDirection] = useState<"in" | "out">("out");
  const [who, setWho] = useState(number);
  const [when, setWhen] = useState(() => local(new Date()));
  const [minutes, setMinutes] = useState("");
  const [disposition, setDisposition] = useState<CallEntry["disposition"]>("answered");
  const [summary, setSummary] = useState("");
  const [refusal, setRefusal] = useState("");
  const [busy, setBusy] = useState(false);
  return (
    <Sheet title={w.logCall} onClose={onClose}>
      <form
        className="flex flex-col gap-3"
        onSubmit={(e) => {
          e.preventDefault();
          const at = new Date(when);
          if (Number.isNaN(at.getTime())) {
            setRefusal(w.sayWhen);
            return;
          }
          setBusy(true);
          const talked = disposition === "answered" ? Math.max(0, Math.round(Number(minutes.replace(",", ".")) * 60) || 0) : 0;
          void logCall(c.id, key, { direction, number: who.trim(), startedAt: at.toISOString(), talkSeconds: talked, disposition, summary: summary.trim() }).then((words) => {
            setBusy(false);
            setRefusal(words);
            if (words === "") onClose();
          });
        }}
      >
        <div className="flex gap-3 max-md:flex-col">
          <Labelled words={w.whoCalled}>
            {(id) => (
              <select id={id} value={direction} onChange={(e) => setDirection(e.target.value === "in" ? "in" : "out")} className={field}>
                <option value="out">{w.iCalled}</option>
                <option value="in">{w.theyCalled}</option>
              </select>
            )}
          </Labelled>
          <Labelled words={w.theirNumber}>{(id) => <input id={id} type="tel" value={who} onChange={(e) => setWho(e.target.value)} className={field} />}</Labelled>
        </div>
        <div className="flex gap-3 max-md:flex-col">
          <Labelled words={w.when}>
            {(id) => <input id={id} type="datetime-local" value={when} max={local(new Date())} onChange={(e) => setWhen(e.target.value)} className={field} />}
          </Labelled>
          <Labelled words={w.howItWent}>
            {(id) => (
              <select id={id} value={disposition} onChange={(e) => setDisposition(outcomes.find((o) => o === e.target.value) ?? "answered")} className={field}>
                {outcomes.map((o) => (
                  <option key={o} value={o}>
                    {direction === "in" ? w.outcomeIn[o] : w.outcomeOut[o]}
                  </option>
                ))}
              </select>
            )}
          </Labelled>
          {disposition === "answered" && (
            <Labelled words={w.minutes}>
              {(id) => <input id={id} inputMode="decimal" value={minutes} onChange={(e) => setMinutes(e.target.value)} className={field} />}
            </Labelled>
          )}
        </div>
        <Labelled words={w.whatItCameTo}>
          {(id) => <textarea id={id} rows={4} value={summary} onChange={(e) => setSummary(e.target.value)} className={area} />}
        </Labelled>
        <Refusal words={refusal} />
        <div className="flex justify-end gap-2">
          <Button onPress={onClose}>{w.cancel}</Button>
          <Button look="solid" type="submit" isDisabled={busy}>
            {w.logTheCall}
          </Button>
        </div>
      </form>
    </Sheet>
  );
}

/** Tomorrow at nine, which is when most things are done again. */
function tomorrow(): string {
  const at = new Date();
  at.setDate(at.getDate() + 1);
  at.setHours(9, 0, 0, 0);
  return local(at);
}

export function FollowUp({ c, me, onClose }: { c: Conversation; me: Me | undefined; onClose: () => void }): ReactNode {
  const w = useWords();
  const [text, setText] = useState("");
  const [due, setDue] = useState(tomorrow);
  const [who, setWho] = useState(me?.agent.id ?? "");
  const [refusal, setRefusal] = useState("");
  const [busy, setBusy] = useState(false);
  return (
    <Sheet title={w.followUp} onClose={onClose}>
      <form
        className="flex flex-col gap-3"
        onSubmit={(e) => {
          e.preventDefault();
          const at = new Date(due);
          if (text.trim() === "" || Number.isNaN(at.getTime())) {
            setRefusal(text.trim() === "" ? w.sayWhat : w.sayBy);
            return;
          }
          setBusy(true);
          void followUp(c.id, text.trim(), at.toISOString(), who).then((words) => {
            setBusy(false);
            setRefusal(words);
            if (words === "") onClose();
          });
        }}
      >
        <Labelled words={w.whatToDo}>
          {(id) => (
            // eslint-disable-next-line jsx-a11y/no-autofocus -- the first field of a sheet that was asked for
            <input id={id} autoFocus value={text} onChange={(e) => setText(e.target.value)} className={field} />
          )}
        </Labelled>
        <div className="flex gap-3 max-md:flex-col">
          <Labelled words={w.byWhen}>{(id) => <input id={id} type="datetime-local" value={due} onChange={(e) => setDue(e.target.value)} className={field} />}</Labelled>
          <Labelled words={w.who}>
            {(id) => (
              <select id={id} value={who} onChange={(e) => setWho(e.target.value)} className={field}>
                <option value="">{w.nobodyYet}</option>
                {(me?.agents ?? []).map((a) => (
                  <option key={a.id} value={a.id}>
                    {a.id === me?.agent.id ? w.me : a.name}
                  </option>
                ))}
              </select>
            )}
          </Labelled>
        </div>
        <Refusal words={refusal} />
        <div className="flex justify-end gap-2">
          <Button onPress={onClose}>{w.cancel}</Button>
          <Button look="solid" type="submit" isDisabled={busy}>
            {w.add}
          </Button>
        </div>
      </form>
    </Sheet>
  );
}
