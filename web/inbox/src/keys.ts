// The one table of keys: it makes the bindings, the hints in menus and the help; what each
// does is said in commandwords.ts.

export type Command =
  | "next"
  | "previous"
  | "open"
  | "reply"
  | "note"
  | "begin"
  | "sides"
  | "forward"
  | "close"
  | "assign-me"
  | "assign"
  | "snooze"
  | "tags"
  | "priority"
  | "team"
  | "fields"
  | "watch"
  | "spam"
  | "block"
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
  readonly group: "Move" | "Select" | "Answer" | "Sort out" | "Show";
}

export const bindings: readonly Binding[] = [
  { keys: ["j"], command: "next", group: "Move" },
  { keys: ["k"], command: "previous", group: "Move" },
  { keys: ["o", "Enter"], command: "open", group: "Move" },
  { keys: ["g m"], command: "go-mine", group: "Move" },
  { keys: ["g u"], command: "go-unassigned", group: "Move" },
  { keys: ["g n"], command: "go-mentions", group: "Move" },
  { keys: ["g a"], command: "go-all", group: "Move" },
  { keys: ["g c"], command: "go-callbacks", group: "Move" },
  { keys: ["g q"], command: "go-queues", group: "Move" },
  { keys: ["g l"], command: "lists", group: "Move" },
  { keys: ["x"], command: "select", group: "Select" },
  { keys: ["J"], command: "extend-next", group: "Select" },
  { keys: ["K"], command: "extend-previous", group: "Select" },
  { keys: ["X"], command: "select-all", group: "Select" },
  { keys: ["Escape"], command: "clear-selection", group: "Select" },
  { keys: ["r"], command: "reply", group: "Answer" },
  { keys: ["n"], command: "note", group: "Answer" },
  { keys: ["w"], command: "begin", group: "Answer" },
  { keys: ["d"], command: "sides", group: "Answer" },
  { keys: ["f"], command: "forward", group: "Answer" },
  { keys: ["e"], command: "close", group: "Sort out" },
  { keys: ["m"], command: "assign-me", group: "Sort out" },
  { keys: ["a"], command: "assign", group: "Sort out" },
  { keys: ["s"], command: "snooze", group: "Sort out" },
  { keys: ["t"], command: "tags", group: "Sort out" },
  { keys: ["p"], command: "priority", group: "Sort out" },
  { keys: ["T"], command: "team", group: "Sort out" },
  { keys: ["y"], command: "fields", group: "Sort out" },
  { keys: ["W"], command: "watch", group: "Sort out" },
  { keys: ["!"], command: "spam", group: "Sort out" },
  { keys: ["B"], command: "block", group: "Sort out" },
  { keys: ["z"], command: "undo", group: "Sort out" },
  { keys: ["c"], command: "call", group: "Show" },
  { keys: ["i"], command: "panel", group: "Show" },
  { keys: ["Mod k"], command: "commands", group: "Show" },
  { keys: ["/"], command: "search", group: "Show" },
  { keys: ["?"], command: "help", group: "Show" },
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
