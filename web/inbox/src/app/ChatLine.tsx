import { memo, Suspense, type ReactNode } from "react";
import { useWords } from "../messagewords";
import type { Message } from "../types";
import { Avatar } from "../ui/controls";
import { channelIcon } from "../ui/icons";
import { useNow } from "../ui/hooks";
import { lazy } from "../ui/later";
import { channelWord, exactly, initials, when } from "../words";
import { TextBody } from "./MailBody";
import { DeliveryLine, Files, Marks, MessageTools } from "./MessageView";

const Beside = lazy(() => import("./Beside"));

/** One line of a talk: what the same person says in a row stands together, under one name and time. */
export const ChatLine = memo(function ChatLine({
  message: m,
  who,
  token,
  fresh,
  follows,
  last,
  onMove,
}: {
  message: Message;
  /** What the customer is called: a visitor's own name may be known only later. */
  who: string;
  token: string;
  /** It came while the agent was writing. */
  fresh: boolean;
  /** It goes on with the line before it. */
  follows: boolean;
  /** The next line is somebody else's, or of later. */
  last: boolean;
  onMove: (id: string) => void;
}): ReactNode {
  const now = useNow();
  const w = useWords();
  const name = m.author.name || (m.direction === "in" ? who : "") || m.author.address || w.unknown;
  const Glyph = channelIcon[m.channel];
  const trouble = m.state === "failed" || m.state === "uncertain";
  return (
    <article
      aria-label={w.by(m.direction === "out" ? w.reply : channelWord(m.channel), name, when(m.sentAt || m.createdAt, now))}
      data-message={m.id}
      className={`group/message relative flex gap-2.5 px-5 ${follows ? "pt-0.5" : "pt-3"} ${last ? "border-b border-line pb-3 last:border-b-0" : ""} ${
        fresh ? "shadow-[inset_3px_0_0_var(--amber)]" : ""
      }`}
    >
      <div className="w-7 shrink-0">{!follows && <Avatar name={initials(name)} ours={m.direction === "out"} />}</div>
      <div className="min-w-0 flex-1">
        {!follows && (
          <header className="mb-0.5 flex min-h-5 flex-wrap items-center gap-x-1.5">
            <span className="max-w-full truncate text-sm font-semibold">{name}</span>
            <Glyph size={13} strokeWidth={1.75} aria-label={channelWord(m.channel)} className="shrink-0 text-muted" />
            <Marks message={m} />
          </header>
        )}
        {!m.deletedAt && (m.text !== "" || m.attachments.length === 0) && <TextBody text={m.text} visible="" />}
        {m.attachments.length > 0 && <Files files={m.attachments} token={token} />}
        {m.direction === "out" && (last || trouble) && <DeliveryLine message={m} />}
        {(m.comment !== undefined || m.reactions !== undefined || m.editedAt || m.deletedAt || m.aboutId) && (
          <Suspense>
            <Beside message={m} />
          </Suspense>
        )}
      </div>
      <div className="flex h-5 shrink-0 items-center">
        <MessageTools message={m} onMove={onMove} />
        <time
          dateTime={m.sentAt}
          title={exactly(m.sentAt)}
          className={`figures ps-1.5 text-xs leading-5 text-muted ${follows ? "max-md:hidden opacity-0 group-focus-within/message:opacity-100 group-hover/message:opacity-100" : ""}`}
        >
          {when(m.sentAt || m.createdAt, now)}
        </time>
      </div>
    </article>
  );
});
