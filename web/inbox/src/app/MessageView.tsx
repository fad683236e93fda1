import {
  Bot,
  Check,
  CheckCheck,
  ChevronDown,
  Clock,
  Download,
  Lock,
  Paperclip,
  ShieldCheck,
  ShieldQuestion,
  TriangleAlert,
  type LucideIcon,
} from "lucide-react";
import { memo, Suspense, useState, type ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import { resend } from "../actions";
import { delivery, markWords, useWords } from "../messagewords";
import { waits } from "../state";
import type { Attachment, Message } from "../types";
import { useAfterPaint } from "../ui/afterpaint";
import { Avatar, Button, Chip, Tip } from "../ui/controls";
import { channelIcon } from "../ui/icons";
import { useNow } from "../ui/hooks";
import { lazy } from "../ui/later";
import { why } from "../whywords";
import { bytes, channelWord, exactly, initials, partyName, when } from "../words";
import { useWords as usePageWords } from "../words/language";
import { showParties } from "../recipients";
import { CallCard } from "./CallCard";
import { MailBody, TextBody } from "./MailBody";

const Tools = lazy(() => import("./MessageTools"));
const NoteText = lazy(() => import("./Mentioning").then((m) => ({ default: m.NoteText })));
const Unsent = lazy(() => import("./Unsent"));

export const MessageView = memo(function MessageView({
  message: m,
  token,
  fresh,
  onReply,
  onMove,
}: {
  message: Message;
  token: string;
  /** It came while the agent was writing. */
  fresh: boolean;
  onReply: () => void;
  onMove: (id: string) => void;
}): ReactNode {
  const now = useNow();
  const [details, setDetails] = useState(false);
  const note = m.kind === "note";
  const Glyph = channelIcon[m.channel];
  const w = useWords();
  const page = usePageWords().terms;
  const name = m.author.name || m.author.address || (m.author.kind === "system" ? w.elsewhere : page.unknownSender);
  const files = m.attachments.filter((a) => !a.inline || a.contentId === "");
  const said = note ? w.note : m.call ? w.call : m.direction === "out" ? w.reply : channelWord(m.channel).replace(/^./, (c) => c.toUpperCase());
  return (
    <article
      aria-label={w.by(said, name, when(m.sentAt || m.createdAt, now))}
      data-message={m.id}
      className={`group/message relative px-5 py-4 ${
        note ? "-mt-px border-y border-violet-line bg-violet-soft" : "border-b border-line last:border-b-0"
      } ${fresh ? "shadow-[inset_3px_0_0_var(--amber)]" : ""}`}
    >
      <header className="mb-2 flex items-start gap-2.5">
        <Avatar name={initials(name)} ours={m.direction === "out"} />
        <div className="min-w-0 flex-1">
          <div className={`flex min-w-0 flex-wrap items-center gap-x-1.5 ${note ? "min-h-7" : "min-h-5"}`}>
            <span className="max-w-full truncate text-sm font-semibold">{name}</span>
            {note ? (
              <span className="shrink-0 text-xs text-violet-text">{w.onlyTeam}</span>
            ) : (
              <Glyph size={13} strokeWidth={1.75} aria-label={channelWord(m.channel)} className="shrink-0 text-muted" />
            )}
            <Marks message={m} />
          </div>
          {!note && (
            <AriaButton
              aria-expanded={details}
              onPress={() => setDetails(!details)}
              className="-ms-1 flex max-w-full items-center gap-0.5 rounded px-1 text-xs text-muted data-[hovered]:text-text"
            >
              <span className="min-w-0 truncate">
                {m.to.length === 0 ? m.author.address : w.to(m.to.map(partyName).join(", "))}
                {m.cc.length > 0 && w.cc(m.cc.map(partyName).join(", "))}
              </span>
              <span className="sr-only">{w.allRecipients}</span>
              <ChevronDown size={12} aria-hidden="true" className={`shrink-0 ${details ? "rotate-180" : ""}`} />
            </AriaButton>
          )}
        </div>
        <div className="flex shrink-0 items-center">
          <MessageTools message={m} token={token} onReply={note ? undefined : onReply} onMove={onMove} />
          <time dateTime={m.sentAt} title={exactly(m.sentAt)} className={`figures ps-1.5 text-xs text-muted ${note ? "leading-7" : ""}`}>
            {when(m.sentAt || m.createdAt, now)}
          </time>
        </div>
      </header>
      <div className="md:ps-[38px]">
        {details && <Details message={m} />}
        {m.call ? <CallCard message={m} call={m.call} token={token} /> : note ? <NoteBody message={m} /> : <MailBody message={m} token={token} />}
        {m.bounces.length > 0 && <Bounces message={m} />}
        {m.problems.length > 0 && (
          <p className="mt-2 text-xs text-amber-text">
            {w.unread(m.problems.join("; "))}
          </p>
        )}
        {files.length > 0 && <Files files={files} token={token} />}
        {m.direction === "out" && !note && !m.call && <DeliveryLine message={m} />}
      </div>
    </article>
  );
});

/** What can be done with one message. It shows where the pointer or the focus is, and is drawn after what is read. */
export function MessageTools(props: {
  message: Message;
  /** Opens the raw source. Where that can't be asked for here, it is left out. */
  token?: string;
  onReply?: (() => void) | undefined;
  onMove: (id: string) => void;
}): ReactNode {
  const drawn = useAfterPaint(true, false);
  const { message: m, token, onReply } = props;
  const raw = token !== undefined && m.hasRaw;
  const said = m.kind !== "note" && !m.call;
  // As wide as what comes, of which little is shown where there is no room.
  const wide = 2 + Number(onReply !== undefined) + Number(said) + Number(said && m.direction === "in") + Number(raw);
  const room = Array.from({ length: wide }, (_, i) => <span key={i} className={`size-7 ${i > Number(raw) ? "max-md:hidden" : ""}`} />);
  return (
    <div className="flex opacity-0 transition-opacity duration-75 group-focus-within/message:opacity-100 group-hover/message:opacity-100 pointer-coarse:opacity-100">
      {drawn ? (
        <Suspense fallback={room}>
          <Tools {...props} />
        </Suspense>
      ) : (
        room
      )}
    </div>
  );
}

function NoteBody({ message: m }: { message: Message }): ReactNode {
  const plain = <TextBody text={m.text} visible="" />;
  return m.names.length === 0 ? plain : (
    <Suspense fallback={plain}>
      <NoteText text={m.text} names={m.names} />
    </Suspense>
  );
}

function Details({ message: m }: { message: Message }): ReactNode {
  const w = useWords().fields;
  const lines: [string, string][] = [
    [w.from, showParties([m.author])],
    [w.to, showParties(m.to)],
    [w.cc, showParties(m.cc)],
    [w.bcc, showParties(m.bcc)],
    [w.subject, m.subject],
    [w.date, exactly(m.sentAt)],
  ];
  return (
    <dl className="mb-3 grid grid-cols-[auto_1fr] gap-x-3 rounded-md bg-sunken px-3 py-2 text-xs">
      {lines
        .filter(([, v]) => v !== "")
        .map(([k, v]) => (
          <div key={k} className="contents">
            <dt className="text-muted">{k}</dt>
            <dd className="break-words select-text">{v}</dd>
          </div>
        ))}
    </dl>
  );
}

export function Marks({ message: m }: { message: Message }): ReactNode {
  const w = useWords();
  const unproven = m.reason.marks.length > 0;
  return (
    <>
      {m.automatic.is && <Mark icon={Bot} short={w.automatic} long={why(m.automatic.reason) || w.automaticLong} />}
      {m.spam && <Mark icon={TriangleAlert} tone="amber" short={w.spam} long={w.spamLong} />}
      {m.masked && <Mark icon={ShieldCheck} short={w.masked} long={w.maskedLong} />}
      {m.protection === "signed" && <Mark icon={ShieldCheck} short={w.signed} long={w.signedLong} />}
      {m.protection === "encrypted" && <Mark icon={Lock} short={w.encrypted} long={w.encryptedLong} />}
      {unproven &&
        m.reason.marks.map((k) => <Mark key={k} icon={ShieldQuestion} tone="amber" short={markWords(k).short} long={markWords(k).long} />)}
    </>
  );
}

function Mark({ icon: Icon, short, long, tone = "quiet" }: { icon: LucideIcon; short: string; long: string; tone?: "quiet" | "amber" }): ReactNode {
  return (
    <Tip words={long}>
      <AriaButton aria-label={`${short}: ${long}`} className="rounded">
        <Chip tone={tone}>
          <Icon size={12} strokeWidth={2} aria-hidden="true" />
          {short}
        </Chip>
      </AriaButton>
    </Tip>
  );
}

function Bounces({ message: m }: { message: Message }): ReactNode {
  const w = useWords();
  return (
    <ul className="mt-2 text-sm">
      {m.bounces.map((b) => (
        <li key={b.recipient} className="rounded-md bg-red-soft px-3 py-2 text-red-text">
          <strong className="font-semibold">{b.recipient}</strong> {w.bounced(b.status)} {b.hard ? w.bouncedHard : w.bouncedSoft}
          {b.detail !== "" && <span className="mt-1 block text-xs text-secondary">{b.detail}</span>}
        </li>
      ))}
    </ul>
  );
}

const pictures = /^image\/(png|jpe?g|gif|webp)$/i;

export function Files({ files, token }: { files: readonly Attachment[]; token: string }): ReactNode {
  const w = useWords();
  return (
    <ul aria-label={w.attachments} className="mt-3 flex flex-wrap gap-2">
      {files.map((a) => {
        const address = `/api/v1/attachments/${a.id}?t=${encodeURIComponent(token)}`;
        return (
          <li key={a.id} className="max-w-full">
            <a
              href={address}
              download={a.name || "file"}
              className="flex h-11 max-w-72 items-center gap-2.5 overflow-hidden rounded-md border border-line pe-3 hover:bg-hover"
            >
              {pictures.test(a.type) && token !== "" ? (
                <img src={`${address}&inline=1`} alt="" loading="lazy" className="size-11 shrink-0 object-cover" />
              ) : (
                <Paperclip size={16} strokeWidth={1.75} aria-hidden="true" className="ms-3 shrink-0 text-muted" />
              )}
              <span className="min-w-0 flex-1">
                <span className="block truncate text-xs font-medium">{a.name || w.unnamed}</span>
                <span className="figures block text-xs text-muted">{bytes(a.size)}</span>
              </span>
              <Download size={14} strokeWidth={1.75} aria-label={w.download} className="shrink-0 text-muted" />
            </a>
          </li>
        );
      })}
    </ul>
  );
}

const stateIcon: Partial<Record<Message["state"], LucideIcon>> = {
  queued: Clock,
  sending: Clock,
  sent: Check,
  delivered: CheckCheck,
  read: CheckCheck,
  failed: TriangleAlert,
  uncertain: TriangleAlert,
};

export function DeliveryLine({ message: m }: { message: Message }): ReactNode {
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState("");
  const w = useWords();
  const d = delivery(m);
  if (d.word === "") return null;
  if (waits(m)) {
    return (
      <Suspense fallback={null}>
        <Unsent message={m} />
      </Suspense>
    );
  }
  const Icon = stateIcon[m.state] ?? Clock;
  if (!d.resend) {
    return (
      <p className="mt-2 flex items-center gap-1 text-xs text-muted">
        <Icon size={14} strokeWidth={2} aria-hidden="true" className={m.state === "delivered" || m.state === "read" ? "text-green-text" : ""} />
        {d.word}
      </p>
    );
  }
  return (
    <div className={`mt-3 rounded-md px-3 py-2 text-sm ${d.tone === "bad" ? "bg-red-soft" : "bg-amber-soft"}`}>
      <p className={`flex items-center gap-1.5 font-medium ${d.tone === "bad" ? "text-red-text" : "text-amber-text"}`}>
        <Icon size={15} strokeWidth={2} aria-hidden="true" />
        {d.word}
      </p>
      <p className="mt-1">{d.explain}</p>
      {m.stateDetail !== "" && <p className="mt-1 text-xs text-secondary">{w.serverSaid(m.stateDetail)}</p>}
      <div className="mt-2 flex items-center gap-2">
        <Button
          look="outline"
          isDisabled={busy}
          onPress={() => {
            setBusy(true);
            void resend(m.id).then((words) => {
              setRefusal(words);
              setBusy(false);
            });
          }}
        >
          {w.sendAgain}
        </Button>
        {refusal !== "" && (
          <span role="alert" className="text-xs text-red-text">
            {refusal}
          </span>
        )}
      </div>
    </div>
  );
}
