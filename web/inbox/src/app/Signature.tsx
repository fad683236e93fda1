// What a mail ends with, below the field where it is written: it is put under
// it when it is sent.

import { useMemo, type ReactNode } from "react";
import { worthShowing } from "../mailhtml";
import type { Signature } from "../sending";
import { useWords } from "../sendwords";
import { HtmlBody, Plain } from "./MailBody";

const parse = (html: string): Document => new DOMParser().parseFromString(html, "text/html");

export function SignatureView({ of, className = "" }: { of: Signature | null | undefined; className?: string }): ReactNode {
  const w = useWords();
  const html = of?.html ?? "";
  const rich = useMemo(() => worthShowing(html, parse), [html]);
  const message = useMemo(
    () => ({ id: `signature ${html}`, html, attachments: [], remoteImages: false, author: { kind: "agent" as const, agentId: "", name: w.signature, address: "" } }),
    [html, w],
  );
  if (!of) return null;
  return (
    <div role="group" aria-label={w.signature} title={w.signatureLong} data-signature="" className={`text-secondary ${className}`}>
      {rich ? <HtmlBody message={message} token="" /> : <Plain text={of.text} />}
    </div>
  );
}
