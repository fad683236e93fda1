// The one table of keys: it makes the bindings, the hints in menus and the help.

export type Command =
  | "next"
  | "previous"
  | "open"
  | "reply"
  | "note"
  | "begin"
  | "sides"
  | "close"
  | "assign-me"
  | "assign"
  | "snooze"
  | "tags"
  | "priority"
  | "undo"
  | "panel"
  | "search"
  | "go-mine"
  | "go-unassigned"
  | "go-mentions"
  | "go-all"
  | "go-callbacks"
  | "lists"
  | "select"
  | "select-all"
  | "extend-next"
  | "extend-previous"
  | "clear-selection"
  | "go-queues"
  | "call"
  | "commands"
  | "help";

export interface Binding {
  /** Alternatives; a space separates the keys of a sequence. */
  readonly keys: readonly string[];
  readonly command: Command;
  readonly help: string;
  readonly group: "Move" | "Select" | "Answer" | "Sort out" | "Show";
}

export const bindings: readonly Binding[] = [
  { keys: ["j"], command: "next", help: "Next conversation", group: "Move" },
  { keys: ["k"], command: "previous", help: "Previous conversation", group: "Move" },
  { keys: ["o", "Enter"], command: "open", help: "Open", group: "Move" },
  { keys: ["g m"], command: "go-mine", help: "Go to Mine", group: "Move" },
  { keys: ["g u"], command: "go-unassigned", help: "Go to Unassigned", group: "Move" },
  { keys: ["g n"], command: "go-mentions", help: "Go to Mentions", group: "Move" },
  { keys: ["g a"], command: "go-all", help: "Go to All", group: "Move" },
  { keys: ["g c"], command: "go-callbacks", help: "Go to Callbacks", group: "Move" },
  { keys: ["g q"], command: "go-queues", help: "Go to the queues, as a supervisor", group: "Move" },
  { keys: ["g l"], command: "lists", help: "Go to any list", group: "Move" },
  { keys: ["x"], command: "select", help: "Select", group: "Select" },
  { keys: ["J"], command: "extend-next", help: "Select down to the next", group: "Select" },
  { keys: ["K"], command: "extend-previous", help: "Select up to the previous", group: "Select" },
  { keys: ["X"], command: "select-all", help: "Select all in the list", group: "Select" },
  { keys: ["Escape"], command: "clear-selection", help: "Select nothing", group: "Select" },
  { keys: ["r"], command: "reply", help: "Reply", group: "Answer" },
  { keys: ["n"], command: "note", help: "Note for the team", group: "Answer" },
  { keys: ["w"], command: "begin", help: "Write to a customer: a new conversation", group: "Answer" },
  { keys: ["d"], command: "sides", help: "Side conversations, with a warehouse or a carrier", group: "Answer" },
  { keys: ["e"], command: "close", help: "Close and go to the next", group: "Sort out" },
  { keys: ["m"], command: "assign-me", help: "Assign to me", group: "Sort out" },
  { keys: ["a"], command: "assign", help: "Assign to somebody", group: "Sort out" },
  { keys: ["s"], command: "snooze", help: "Snooze until a time", group: "Sort out" },
  { keys: ["t"], command: "tags", help: "Tags", group: "Sort out" },
  { keys: ["p"], command: "priority", help: "Priority", group: "Sort out" },
  { keys: ["z"], command: "undo", help: "Undo the last change", group: "Sort out" },
  { keys: ["c"], command: "call", help: "Open the call that rings", group: "Show" },
  { keys: ["i"], command: "panel", help: "Customer panel", group: "Show" },
  { keys: ["Mod k"], command: "commands", help: "Find anything and do it", group: "Show" },
  { keys: ["/"], command: "search", help: "Search", group: "Show" },
  { keys: ["?"], command: "help", help: "All keys", group: "Show" },
];

export function keyOf(command: Command): string {
  return bindings.find((b) => b.command === command)?.keys[0] ?? "";
}

export interface Press {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

/** How long the first key of a sequence waits for the second, in milliseconds. */
export const sequenceLimit = 1200;

/** What was pressed before, and when. */
export interface Pending {
  readonly key: string;
  readonly at: number;
}

/** Takes one key press at the instant `now`; returns the command that it completes and what waits for more. */
export function press(pending: Pending | null, p: Press, now: number): { command: Command | null; pending: Pending | null } {
  if (p.ctrlKey || p.metaKey || p.altKey) {
    const combined = p.altKey ? undefined : bindings.find((b) => b.keys.includes(`Mod ${p.key.toLowerCase()}`));
    return { command: combined?.command ?? null, pending: null };
  }
  const prefix = pending && now - pending.at <= sequenceLimit ? `${pending.key} ` : "";
  const find = (keys: string): Command | null => bindings.find((b) => b.keys.includes(keys))?.command ?? null;
  const command = (prefix === "" ? null : find(prefix + p.key)) ?? (prefix === "" ? find(p.key) : null);
  if (command) return { command, pending: null };
  const starts = bindings.some((b) => b.keys.some((k) => k.startsWith(`${p.key} `)));
  return { command: null, pending: starts ? { key: p.key, at: now } : null };
}
