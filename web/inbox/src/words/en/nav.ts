// The words of the navigation, and of the agent's own menu.

import type { View } from "../../place";

export const nav = {
  lists: "Lists",
  allLists: "All lists",
  allKeys: "All keys",
  queues: "Queues",
  view: {
    mine: "Mine",
    unassigned: "Unassigned",
    mentions: "Mentions",
    all: "All",
    saved: "Saved view",
    callbacks: "Callbacks",
    closed: "Closed",
    spam: "Spam",
    search: "Search",
  } as Record<View, string>,
  /** Where there is hardly room. */
  unassignedShort: "Unassigned",
  account: "Account",
  accountOf: (name: string, presence: string): string => `Account: ${name}, ${presence}`,
  back: "Back",
  shownAway: "Shown as away",
  goAway: "Go away",
  callsPass: "Calls to the inbox pass you by",
  asSystem: "As the system",
  light: "Light",
  dark: "Dark",
  settings: "Settings",
  signOut: "Sign out",
};
