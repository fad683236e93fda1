export const list = {
  conversations: "Conversations",
  width: "Width of the list",
  cannotLoad: "The list can't be loaded.",
  /** What came in while the list was held still. */
  fresh: (n: number) => `${n} new`,
  loadingMore: "Loading more",
  nothingOpen: (key: string) => `Open a conversation from the list, or press ${key} and Enter.`,
  /** A row for those who can't see its icons: after the name, before the words. */
  about: (channel: string, number: number) => `, ${channel}, number ${number}`,
  waiting: (span: string) => `, waiting ${span}`,
  search: "Search",
  clearSearch: "Clear the search",
};
