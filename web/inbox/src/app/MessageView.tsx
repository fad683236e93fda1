import {
  Bot,
  Check,
  CheckCheck,
  ChevronDown,
  Clock,
  Download,
  FileCode,
  Info,
  Lock,
  Paperclip,
  Reply,
  ShieldCheck,
  ShieldQuestion,
  Split,
  TriangleAlert,
  type LucideIcon,
} from "lucide-react";
import { lazy, memo, Suspense, useState, type ReactNode } from "react";
import { Button as AriaButton, Dialog, DialogTrigger, Link, Popover } from "react-aria-components";
import { resend } from "../actions";
import { waits } from "../state";
import type { Attachment, Message } from "../types";
import { Avatar, Button, Chip, IconButton, Tip } from "../ui/controls";
import { channelIcon } from "../ui/icons";
import { useNow } from "../ui/hooks";
import { bytes, channelWord, delivery, exactly, initials, markWords, partyName, when } from "../words";
import { showParties } from "../recipients";
import { CallCard } from "./CallCard";
import { MailBody, TextBody } from "./MailBody";

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
  const name = m.author.name || m.author.address || (m.author.kind === "system" ? "Sent elsewhere" : "Unknown sender");
  const files = m.attachments.filter((a) => !a.inline || a.contentId === "");
  const said = note ? "Note" : m.call ? "Call" : m.direction === "out" ? "Reply" : channelWord[m.channel].replace(/^./, (c) => c.toUpperCase());
  return (
    <article
      aria-label={`${said} from ${name}, ${when(m.sentAt || m.createdAt, now)}`}
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
              <span className="shrink-0 text-xs text-violet-text">Note · only your team sees this</span>
            ) : (
              <Glyph size={13} strokeWidth={1.75} aria-label={channelWord[m.channel]} className="shrink-0 text-muted" />
            )}
            <Marks message={m} />
          </div>
          {!note && (
            <AriaButton
              aria-expanded={details}
              onPress={() => setDetails(!details)}
              className="-ml-1 flex max-w-full items-center gap-0.5 rounded px-1 text-xs text-muted data-[hovered]:text-text"
            >
              <span className="min-w-0 truncate">
                {m.to.length === 0 ? m.author.address : `to ${m.to.map(partyName).join(", ")}`}
                {m.cc.length > 0 && `, cc ${m.cc.map(partyName).join(", ")}`}
              </span>
              <span className="sr-only">, all recipients</span>
              <ChevronDown size={12} aria-hidden="true" className={`shrink-0 ${details ? "rotate-180" : ""}`} />
            </AriaButton>
          )}
        </div>
        <div className="flex shrink-0 items-center">
          <div className="flex opacity-0 transition-opacity duration-75 group-focus-within/message:opacity-100 group-hover/message:opacity-100 pointer-coarse:opacity-100">
            {!note && <IconButton icon={Reply} label="Reply" keys="r" onPress={onReply} className="size-7! max-md:hidden" />}
            <Why message={m} />
            <IconButton icon={Split} label="Move elsewhere" onPress={() => onMove(m.id)} className="size-7! max-md:hidden" />
            {m.hasRaw && (
              <Tip words="Raw source">
                <Link
                  href={`/api/v1/messages/${m.id}/raw?t=${encodeURIComponent(token)}`}
                  target="_blank"
                  aria-label="Raw source"
                  className="inline-flex size-7 items-center justify-center rounded-md text-muted data-[hovered]:bg-hover data-[hovered]:text-text"
                >
                  <FileCode size={16} strokeWidth={1.75} aria-hidden="true" />
                </Link>
              </Tip>
            )}
          </div>
          <time dateTime={m.sentAt} title={exactly(m.sentAt)} className={`figures pl-1.5 text-xs text-muted ${note ? "leading-7" : ""}`}>
            {when(m.sentAt || m.createdAt, now)}
          </time>
        </div>
      </header>
      <div className="md:pl-[38px]">
        {details && <Details message={m} />}
        {m.call ? <CallCard message={m} call={m.call} token={token} /> : note ? <TextBody text={m.text} visible="" /> : <MailBody message={m} token={token} />}
        {m.bounces.length > 0 && <Bounces message={m} />}
        {m.problems.length > 0 && (
          <p className="mt-2 text-xs text-amber-text">
            Not all of it could be read: {m.problems.join("; ")}. The raw source has everything.
          </p>
        )}
        {files.length > 0 && <Files files={files} token={token} />}
        {m.direction === "out" && !note && !m.call && <DeliveryLine message={m} />}
      </div>
    </article>
  );
});

function Details({ message: m }: { message: Message }): ReactNode {
  const lines: [string, string][] = [
    ["From", showParties([m.author])],
    ["To", showParties(m.to)],
    ["Cc", showParties(m.cc)],
    ["Bcc", showParties(m.bcc)],
    ["Subject", m.subject],
    ["Date", exactly(m.sentAt)],
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
  const unproven = m.reason.marks.length > 0;
  return (
    <>
      {m.automatic.is && <Mark icon={Bot} short="Automatic" long={m.automatic.reason || "A machine wrote this. It never opens a conversation again."} />}
      {m.spam && <Mark icon={TriangleAlert} tone="amber" short="Spam" long="The mail provider takes this for spam." />}
      {m.masked && <Mark icon={ShieldCheck} short="Card number hidden" long="It held the number of a payment card, which is not kept readable. Only an admin can open the raw source." />}
      {m.protection === "signed" && <Mark icon={ShieldCheck} short="Signed" long="Its sender signed this mail. Skein shows that, and does not check the signature." />}
      {m.protection === "encrypted" && <Mark icon={Lock} short="Encrypted" long="This mail is encrypted: its text can't be shown here." />}
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

/** Why the message is in this conversation: in words on hover, focus and press. */
export function Why({ message: m }: { message: Message }): ReactNode {
  const words = m.reason.text || "It began this conversation.";
  return (
    <DialogTrigger>
      <IconButton icon={Info} label={`Why it is here: ${words}`} className="size-7!" />
      <Popover placement="bottom end" offset={4} className="floats z-40 max-w-80 rounded-md bg-raised p-3 text-sm shadow-float">
        <Dialog aria-label="Why it is here">
          <p className="mb-1 font-medium">Why it is here</p>
          <p>{words}</p>
          {m.reason.marks.map((k) => (
            <p key={k} className="mt-2 text-amber-text">
              {markWords(k).long}
            </p>
          ))}
          {m.reason.linked !== "" && (
            <a href={`/c/${m.reason.linked}`} className="mt-2 inline-block font-medium text-accent-text underline underline-offset-2">
              The conversation that it names
            </a>
          )}
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}

function Bounces({ message: m }: { message: Message }): ReactNode {
  return (
    <ul className="mt-2 text-sm">
      {m.bounces.map((b) => (
        <li key={b.recipient} className="rounded-md bg-red-soft px-3 py-2 text-red-text">
          <strong className="font-semibold">{b.recipient}</strong> did not get the mail{b.status === "" ? "" : ` (${b.status})`}.{" "}
          {b.hard ? "Trying again is of no use: check the address." : "The server may take it later."}
          {b.detail !== "" && <span className="mt-1 block text-xs text-secondary">{b.detail}</span>}
        </li>
      ))}
    </ul>
  );
}

const pictures = /^image\/(png|jpe?g|gif|webp)$/i;

export function Files({ files, token }: { files: readonly Attachment[]; token: string }): ReactNode {
  return (
    <ul aria-label="Attachments" className="mt-3 flex flex-wrap gap-2">
      {files.map((a) => {
        const address = `/api/v1/attachments/${a.id}?t=${encodeURIComponent(token)}`;
        return (
          <li key={a.id} className="max-w-full">
            <a
              href={address}
              download={a.name || "file"}
              className="flex h-11 max-w-72 items-center gap-2.5 overflow-hidden rounded-md border border-line pr-3 hover:bg-hover"
            >
              {pictures.test(a.type) && token !== "" ? (
                <img src={`${address}&inline=1`} alt="" loading="lazy" className="size-11 shrink-0 object-cover" />
              ) : (
                <Paperclip size={16} strokeWidth={1.75} aria-hidden="true" className="ml-3 shrink-0 text-muted" />
              )}
              <span className="min-w-0 flex-1">
                <span className="block truncate text-xs font-medium">{a.name || "Unnamed file"}</span>
                <span className="figures block text-xs text-muted">{bytes(a.size)}</span>
              </span>
              <Download size={14} strokeWidth={1.75} aria-label="Download" className="shrink-0 text-muted" />
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
      {m.stateDetail !== "" && <p className="mt-1 text-xs text-secondary">The mail server said: {m.stateDetail}</p>}
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
          Send again
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
