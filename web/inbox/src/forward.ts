// A message as it is forwarded: below who wrote it, when, and to whom.

import { api, body } from "./api/client";
import { attachment, record, str } from "./parse";
import { showParties } from "./recipients";
import { words } from "./sendwords";
import type { Attachment, Message } from "./types";
import { exactly } from "./words";

/** A subject with one mark of forwarding. */
export function forwardSubject(subject: string): string {
  const bare = subject.replace(/^(?:(?:fwd?|wg|tr|rv)\s*:\s*)+/iu, "").trim();
  return `Fwd: ${bare}`.trim();
}

/** The text that a forward begins with: room to write, and then the message. */
export function forwardText(m: Message): string {
  const w = words();
  const head: [string, string][] = [
    [w.sendFrom, showParties([m.author])],
    [w.date, exactly(m.sentAt || m.createdAt)],
    [w.subject, m.subject],
    [w.to, showParties(m.to)],
    [w.cc, showParties(m.cc)],
  ];
  const lines = head.filter(([, said]) => said !== "").map(([name, said]) => `${name}: ${said}`);
  return ["", "", `---------- ${w.forwarded} ----------`, ...lines, "", m.text].join("\n");
}

// A file that goes with one mail is that mail's: a forward takes a copy. Tried again,
// it takes the same.
const copies = new Map<string, Promise<string>>();

async function copy(a: Attachment): Promise<string> {
  const token = str(record(await body(api.POST("/api/v1/files/token")), "file token"), "token");
  const got = await fetch(`/api/v1/attachments/${a.id}?t=${encodeURIComponent(token)}`);
  if (!got.ok) throw new Error(words().noFile(a.name));
  const data = new FormData();
  data.append("file", new File([await got.blob()], a.name || "file", { type: a.type }));
  const kept = await body(api.POST("/api/v1/attachments", { body: data as never, bodySerializer: (b: unknown) => b as FormData }));
  return attachment(kept).id;
}

/** The id of a copy of a file, to be sent. */
export function copied(a: Attachment): Promise<string> {
  const before = copies.get(a.id);
  if (before) return before;
  const made = copy(a);
  copies.set(a.id, made);
  made.catch(() => copies.delete(a.id));
  return made;
}

/** A copy goes once. */
export function spent(files: readonly Attachment[]): void {
  for (const a of files) copies.delete(a.id);
}
