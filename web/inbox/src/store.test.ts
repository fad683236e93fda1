import { describe, expect, it } from "vitest";
import { aConversation } from "./fixtures";
import { putConversations } from "./state";
import { Store } from "./store";

describe("renewing", () => {
  it("keeps what is shown until the later of two is fetched", async () => {
    const store = new Store();
    store.update((s) => putConversations(s, [aConversation("a"), aConversation("b")]));
    let given = (): void => undefined;
    const gaveUp = store.renew(() => new Promise<void>((done) => (given = done)));
    let fetched = (): void => undefined;
    const later = store.renew(() => new Promise<void>((done) => (fetched = done)));
    given();
    await gaveUp;
    store.update((s) => putConversations(s, [aConversation("b")]));
    expect([...store.get().conversations.keys()]).toEqual(["a", "b"]);
    fetched();
    await later;
    expect([...store.get().conversations.keys()]).toEqual(["b"]);
  });
});
