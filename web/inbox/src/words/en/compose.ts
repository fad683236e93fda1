export const compose = {
  begin: "New conversation",
  write: "Write",
  sides: "Side conversations",
};
