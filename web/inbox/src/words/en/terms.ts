// What stands in many places: states, channels, people without a name.

import type { Channel, Status } from "../../types";

export const terms = {
  now: "now",
  underMinute: "under a minute",
  unknownSender: "Unknown sender",
  noSubject: "(no subject)",
  you: "You",
  me: "Me",
  somebody: "Somebody",
  nobody: "Nobody",
  status: { open: "Open", pending: "Pending", snoozed: "Snoozed", closed: "Closed", spam: "Spam" } as Record<Status, string>,
  channel: { email: "mail", chat: "chat", phone: "phone", social: "direct message", shop: "shop" } as Record<Channel, string>,
  low: "Low",
  normal: "Normal",
  high: "High",
  urgent: "Urgent",
  presence: { online: "Online", idle: "Idle", away: "Away", offline: "Offline" },
  /** Keys, as they are written on them. */
  ctrl: "Ctrl",
  escape: "Esc",
  enter: "Enter",
  tryAgain: "Try again",
  current: ", current",
};
