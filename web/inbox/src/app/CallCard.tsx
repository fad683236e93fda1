// A call: in a line how it went, then what was written down of it, its recording,
// what a machine heard, and which telephones took part.

import { ChevronRight, Pencil, PhoneIncoming, PhoneMissed, PhoneOutgoing } from "lucide-react";
import { useRef, useState, type ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import { sumUp } from "../tasks";
import type { Call, CallAudio, Message } from "../types";
import { Button } from "../ui/controls";
import { callWords, outcomeWord, useWords } from "./callwords";
import { Refusal } from "./panel/Section";

export function CallCard({ message: m, call: c, token }: { message: Message; call: Call; token: string }): ReactNode {
  const w = useWords();
  const words = callWords(c);
  const Icon = words.missed ? PhoneMissed : c.direction === "in" ? PhoneIncoming : PhoneOutgoing;
  const who = c.agent || c.extension;
  return (
    <div className="rounded-md border border-line">
      <div className="flex min-h-11 items-center gap-2.5 px-3 py-1.5">
        <Icon size={16} strokeWidth={1.75} aria-hidden="true" className={`shrink-0 ${words.missed ? "text-red-text" : "text-muted"}`} />
        <span className="min-w-0 flex-1">
          <span className={`block text-sm font-medium ${words.missed ? "text-red-text" : ""}`}>{words.word}</span>
          <span className="figures block truncate text-xs text-muted">
            {[c.direction === "in" ? c.from : c.to, words.detail, who === "" ? "" : w.with(who)].filter((x) => x !== "").join(" · ")}
          </span>
        </span>
        {c.summary === "" && <Summary m={m} summary="" />}
      </div>
      {c.summary !== "" && <Summary m={m} summary={c.summary} />}
      {c.audio.map((a) => (
        <Audio key={a.id} m={m} audio={a} token={token} />
      ))}
      {c.transcript !== "" && (
        <Fold words={c.audio.some((a) => a.kind === "voicemail") ? w.theySaid : w.transcript}>
          <p className="text-sm whitespace-pre-wrap select-text">{c.transcript}</p>
          <p className="mt-1 text-xs text-muted">{w.byMachine}</p>
        </Fold>
      )}
      {c.legs.length > 1 && (
        <Fold words={w.telephones(c.legs.length)}>
          <ul>
            {c.legs.map((l) => (
              <li key={l.id} className="flex gap-2 text-sm">
                <span className="min-w-0 flex-1 truncate">{l.main ? w.theCustomer : l.agent || l.extension || w.unknown}</span>
                {!l.main && l.agent !== "" && l.extension !== "" && <span className="figures text-muted">{l.extension}</span>}
                <span className="figures text-muted">{l.disposition === "answered" && l.talkSeconds > 0 ? w.legTalked(outcomeWord(l.disposition), l.talkSeconds) : outcomeWord(l.disposition)}</span>
              </li>
            ))}
          </ul>
        </Fold>
      )}
    </div>
  );
}

function Fold({ words, children }: { words: string; children: ReactNode }): ReactNode {
  const [open, setOpen] = useState(false);
  return (
    <div className="border-t border-line px-3 py-1">
      <AriaButton
        aria-expanded={open}
        onPress={() => setOpen(!open)}
        className="-ms-1 flex h-7 items-center gap-1 rounded px-1 text-xs text-muted data-[hovered]:text-text max-md:h-11"
      >
        <ChevronRight size={13} aria-hidden="true" className={open ? "rotate-90" : ""} />
        {words}
      </AriaButton>
      {open && <div className="pb-2 ps-4">{children}</div>}
    </div>
  );
}

function Summary({ m, summary }: { m: Message; summary: string }): ReactNode {
  const w = useWords();
  const [editing, setEditing] = useState(false);
  const [text, setText] = useState(summary);
  const [refusal, setRefusal] = useState("");
  const begin = (): void => {
    setText(summary);
    setEditing(true);
  };
  if (!editing && summary === "") {
    return (
      <Button className="h-7! px-1.5! text-xs text-muted max-md:h-11!" onPress={begin}>
        <Pencil size={13} strokeWidth={1.75} aria-hidden="true" />
        {w.sumUp}
      </Button>
    );
  }
  if (!editing) {
    return (
      <div className="flex items-start gap-2 border-t border-line px-3 py-2">
        <p className="min-w-0 flex-1 text-base whitespace-pre-wrap select-text">{summary}</p>
        <Button aria-label={w.changeSummary} className="h-6! px-1.5! text-xs text-muted max-md:h-11!" onPress={begin}>
          {w.change}
        </Button>
      </div>
    );
  }
  return (
    <form
      className="w-full border-t border-line px-3 py-2"
      onSubmit={(e) => {
        e.preventDefault();
        void sumUp(m.id, text.trim()).then((words) => {
          setRefusal(words);
          if (words === "") setEditing(false);
        });
      }}
    >
      <textarea
        aria-label={w.summary}
        rows={3}
        value={text}
        // eslint-disable-next-line jsx-a11y/no-autofocus -- it takes the place of the button that was pressed
        autoFocus
        onChange={(e) => setText(e.target.value)}
        onKeyDown={(e) => {
          if (e.key === "Escape") setEditing(false);
        }}
        className="w-full rounded-md border border-line-strong bg-surface px-2 py-1.5 text-sm"
      />
      <div className="mt-1 flex items-center gap-2">
        <Refusal words={refusal} />
        <Button className="ms-auto" onPress={() => setEditing(false)}>
          {w.cancel}
        </Button>
        <Button look="solid" type="submit">
          {w.save}
        </Button>
      </div>
    </form>
  );
}

function Audio({ m, audio: a, token }: { m: Message; audio: CallAudio; token: string }): ReactNode {
  const w = useWords();
  const file = m.attachments.find((f) => f.sha256 === a.sha256 && a.sha256 !== "");
  const word = a.kind === "voicemail" ? w.voicemail : w.recording;
  return (
    <div className="border-t border-line px-3 py-2">
      {file && token !== "" ? (
        <Player id={file.id} label={word} token={token} />
      ) : (
        <p className="text-sm text-muted">
          {a.state === "wanted" || a.state === "kept" ? w.fetched(word) : w.notHad(word)}
        </p>
      )}
      {a.note !== "" && <p className="mt-1 text-xs text-amber-text">{a.note}</p>}
    </div>
  );
}

/**
 * Plays a file in parts. The address holds a token that ends: the one that it
 * began with is kept while it plays, and when the server no longer takes it, it
 * goes on at the same place with a fresh one.
 */
function Player({ id, label, token }: { id: string; label: string; token: string }): ReactNode {
  const w = useWords();
  const [used, setUsed] = useState(token);
  const [failed, setFailed] = useState(false);
  const at = useRef(0);
  const player = useRef<HTMLAudioElement>(null);
  return (
    <>
      {/* What is said in it is written below as far as the exchange tells; captions there are none. */}
      {/* eslint-disable-next-line jsx-a11y/media-has-caption */}
      <audio
        ref={player}
        controls
        preload="none"
        aria-label={label}
        src={`/api/v1/attachments/${id}?inline=1&t=${encodeURIComponent(used)}`}
        className="h-9 w-full max-w-md"
        onTimeUpdate={(e) => {
          at.current = e.currentTarget.currentTime;
        }}
        onLoadedMetadata={(e) => {
          setFailed(false);
          if (at.current > 0) e.currentTarget.currentTime = at.current;
        }}
        onError={() => {
          if (used !== token) {
            const going = at.current > 0;
            setUsed(token);
            if (going) requestAnimationFrame(() => void player.current?.play().catch(() => setFailed(true)));
          } else setFailed(true);
        }}
      />
      {failed && (
        <p role="alert" className="text-xs text-red-text">
          {w.cantPlay}
        </p>
      )}
    </>
  );
}
