// Below a line of a talk: what it answers, signs that were set beside it, that it was
// changed or taken back, and that it is public. Loaded with the first such line.

import { useCallback, type ReactNode } from "react";
import { reactionsOf } from "../beside";
import { useWords } from "../besidewords";
import { store } from "../runtime";
import { messagesOf } from "../state";
import { useSelect } from "../store";
import type { Message } from "../types";
import { exactly } from "../words";
import { CommentLine } from "./CommentLine";

export default function Beside({ message: m }: { message: Message }): ReactNode {
  const w = useWords();
  const quoted = useSelect(
    store,
    useCallback((s) => (m.aboutId === "" ? undefined : messagesOf(s, m.conversationId).find((x) => x.id === m.aboutId)), [m.aboutId, m.conversationId]),
  );
  const signs = reactionsOf(m);
  return (
    <>
      {quoted && (
        <p className="mt-1 line-clamp-2 border-s-2 border-line-strong ps-2 text-xs text-muted">
          {w.quotes}: <q>{quoted.text || quoted.attachments[0]?.name || w.quotesFile}</q>
        </p>
      )}
      {m.deletedAt ? (
        <p className="text-sm text-muted italic" title={exactly(m.deletedAt)}>
          {w.deleted}
        </p>
      ) : (
        m.editedAt && (
          <p className="text-xs text-muted" title={exactly(m.editedAt)}>
            {w.edited}
          </p>
        )
      )}
      {signs.length > 0 && (
        <ul className="mt-1 flex flex-wrap gap-1">
          {signs.map((r) => (
            <li key={r.emoji} title={r.by.join(", ")} className="figures rounded-full border border-line px-2 text-sm leading-6">
              <span role="img" aria-label={w.reacted(r.emoji, r.by.join(", "))}>
                {r.emoji}
              </span>
              {r.by.length > 1 && <span className="ps-1 text-xs text-muted">{r.by.length}</span>}
            </li>
          ))}
        </ul>
      )}
      {m.comment !== undefined && !m.deletedAt && <CommentLine message={m} />}
    </>
  );
}
