// Which messages are lines of a talk, and which of them go together. Pure.

import type { Message } from "./types";

const together = 5 * 60_000;

/** Whether m is a line of a talk and no letter. */
export const isLine = (m: Message): boolean => (m.channel === "chat" || m.channel === "social") && m.kind === "message" && m.call === null;

/** Whether next goes on with what prev's author said, so that who and when need not be said again. */
export function goesOn(prev: Message | undefined, next: Message | undefined): boolean {
  if (!prev || !next || !isLine(prev) || !isLine(next)) return false;
  const [a, b] = [prev.author, next.author];
  const same = prev.direction === next.direction && prev.channel === next.channel && a.kind === b.kind && a.agentId === b.agentId && a.address === b.address;
  // What has to be said of a message stands beside its name.
  if (next.masked || next.spam || next.reason.marks.length > 0) return false;
  const apart = Date.parse(next.createdAt) - Date.parse(prev.createdAt);
  return same && prev.automatic.is === next.automatic.is && apart >= 0 && apart < together;
}
