// What the steps of the first run are made of.

import { Check, Copy, X } from "lucide-react";
import { useRef, useState, type ReactNode } from "react";
import type { Trial } from "../../setup";
import { Button } from "../../ui/controls";
import { words } from "./words";

/** What was found of an account's servers, step by step. */
export function Trials({ of, smtp }: { of: readonly Trial[]; smtp: boolean }): ReactNode {
  const w = words().trial;
  return (
    <div role="status" className="flex flex-col gap-3 rounded-md bg-surface px-4 py-3 text-sm">
      {(["imap", "smtp"] as const).map((server) => {
        const list = of.filter((t) => t.server === server);
        if (list.length === 0 && (server === "imap" || smtp)) return null;
        return (
          <section key={server} aria-label={w.servers[server]}>
            <h3 className="font-medium">{w.servers[server]}</h3>
            {list.length === 0 && <p className="mt-1 text-amber-text">{w.noSmtp}</p>}
            <ul className="mt-1 flex flex-col gap-1">
              {list.map((t) => (
                <li key={t.step} className="flex items-start gap-2">
                  {t.ok ? (
                    <Check size={15} className="mt-0.5 shrink-0 text-green-text" aria-hidden="true" />
                  ) : (
                    <X size={15} className="mt-0.5 shrink-0 text-red-text" aria-hidden="true" />
                  )}
                  {t.ok ? (
                    <span className="text-secondary">{w.well[t.step]}</span>
                  ) : (
                    <span className="min-w-0">
                      <span className="font-medium text-red-text">{w.wrong[t.step]}</span>
                      <span className="block text-xs break-words text-muted">{t.detail}</span>
                    </span>
                  )}
                </li>
              ))}
            </ul>
          </section>
        );
      })}
      {of.every((t) => t.ok) && <p className="font-medium text-green-text">{w.allWell}</p>}
    </div>
  );
}

/** A line of text to take along. */
export function CopyText({ value, label }: { value: string; label: string }): ReactNode {
  const w = words().widget;
  const [copied, setCopied] = useState(false);
  const text = useRef<HTMLInputElement>(null);
  return (
    <div className="flex items-start gap-2">
      <input
        ref={text}
        readOnly
        value={value}
        aria-label={label}
        onFocus={(e) => e.target.select()}
        className="h-8 min-w-0 flex-1 rounded-md border border-line bg-sunken px-2 font-mono text-xs max-md:h-11"
      />
      <Button
        look="outline"
        onPress={() => {
          void navigator.clipboard.writeText(value).then(
            () => {
              setCopied(true);
              setTimeout(() => setCopied(false), 2000);
            },
            // Not every page may: then what is to be copied is selected.
            () => text.current?.select(),
          );
        }}
      >
        {copied ? <Check size={15} aria-hidden="true" /> : <Copy size={15} aria-hidden="true" />}
        {copied ? w.copied : w.copy}
      </Button>
    </div>
  );
}

export function Done({ words: said }: { words: string }): ReactNode {
  return (
    <p className="flex items-center gap-2 text-sm font-medium text-green-text">
      <Check size={16} aria-hidden="true" />
      {said}
    </p>
  );
}

export function Refusal({ words: said }: { words: string }): ReactNode {
  return (
    <p role="alert" className="text-sm text-red-text empty:hidden">
      {said}
    </p>
  );
}
