export const compose = {
  begin: "New conversation",
  write: "Write",
  sides: "Side conversations",
  colleague: (who: string, number: number): string => `${who} is answering the same customer in #${number}.`,
  go: "Go there",
};
