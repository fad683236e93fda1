// The words of the navigation.

export const nav = {
  queues: "Queues",
};
