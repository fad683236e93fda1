// What is said from everywhere: what was done, what could not be, and the connection.

export const notices = {
  news: "News",
  done: "Done",
  undo: "Undo",
  dismiss: "Dismiss",
  offline: (since: string): string => `Offline since ${since}. What you write is kept and leaves when the connection is back.`,
  newMessage: (who: string): string => `New message from ${who}`,
  /** What was done, to which conversation. */
  did: (what: string, number: number): string => `${what}: #${number}`,
  opened: "Opened again",
  toSpam: "Moved to Spam",
  unassigned: "Unassigned",
  assignedTo: (name: string): string => `Assigned to ${name}`,
  assignedToYou: "Assigned to you",
  raced: "Somebody changed it just before you. Look again and decide.",
  notChanged: "It could not be changed.",
  notSent: "It could not be sent.",
  notSentAgain: "It could not be sent again.",
  notDone: "It could not be done.",
  away: "The server can't be reached.",
  signedOut: "You are signed out.",
  unable: "The server could not do it just now.",
  refused: "The server refused it.",
};
