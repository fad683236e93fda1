// What stands in a conversation's place while none is open, and while one comes.

import { Inbox } from "lucide-react";
import type { ReactNode } from "react";
import { keyOf } from "../keys";
import { useWords } from "../words/language";

export function NothingOpen(): ReactNode {
  const w = useWords().list;
  return (
    <main className="flex min-w-0 flex-1 flex-col items-center justify-center bg-surface px-6 text-center">
      <Inbox size={28} strokeWidth={1.25} aria-hidden="true" className="mb-3 text-line-strong" />
      <p className="text-sm text-muted">{w.nothingOpen(keyOf("next"))}</p>
    </main>
  );
}

export function Opening(): ReactNode {
  return (
    <main className="flex min-w-0 flex-1 flex-col bg-surface">
      <div className="h-14 shrink-0" />
      <MessagesSkeleton />
    </main>
  );
}

export function MessagesSkeleton(): ReactNode {
  return (
    <div aria-hidden="true">
      {[72, 40, 88].map((w) => (
        <div key={w} className="flex gap-2.5 border-b border-line px-5 py-4">
          <div className="skeleton size-7 rounded-full!" />
          <div className="flex flex-1 flex-col gap-2.5 pt-1">
            <div className="skeleton h-3 w-40" />
            <div className="skeleton h-3" style={{ width: `${w}%` }} />
            <div className="skeleton h-3" style={{ width: `${w - 14}%` }} />
          </div>
        </div>
      ))}
    </div>
  );
}
