// The supervisor's queues, pushed: mail arrives and the figure rises without a
// reload, an agent answers and it falls; a conversation is given to somebody, joined
// by a note, an agent is told something, thresholds are set, the wallboard is shown.
// It tells of each step on its own line; the test says "go" in between.
//
//   SKEIN_URL, SKEIN_PASSWORD, NUMBER of the conversation to come; CHROMIUM
import assert from "node:assert/strict";
import { look, open, run, signIn, step, tell } from "./kit.mjs";

const { SKEIN_URL, SKEIN_PASSWORD } = process.env;

async function enter(who) {
  const page = await open(SKEIN_URL);
  await signIn(page, `${who}@skein.example`, SKEIN_PASSWORD);
  await page.getByPlaceholder(/search/i).waitFor();
  return page;
}

await run(async () => {
  const ana = await enter("ana");
  assert.equal(await ana.getByRole("link", { name: "Queues" }).count(), 0);
  await ana.goto(`${SKEIN_URL}/queues`);
  await ana.getByText("The queues are for supervisors and admins.").waitFor();
  await ana.goto(`${SKEIN_URL}/mine`);
  await ana.getByRole("button", { name: "Notifications", exact: true }).waitFor();

  const su = await enter("su");
  await su.getByRole("link", { name: "Queues" }).waitFor();
  await su.keyboard.press("g");
  await su.keyboard.press("q");
  const waiting = su.locator("[data-figure='waiting all ']");
  await su.locator("[data-figure='waiting all ']", { hasText: /^0$/ }).waitFor();
  await su.evaluate(() => (globalThis.notReloaded = true));
  await step("watching"); // mail arrives now

  await su.locator("[data-figure='waiting all ']", { hasText: /^1$/ }).waitFor();
  await look(su, "queues");

  await step("risen");

  // Thresholds, told by word.
  await su.getByRole("button", { name: "Thresholds" }).click();
  const levels = su.getByRole("dialog", { name: "Thresholds" });
  await levels.getByLabel("Waiting: Raised").fill("3");
  await levels.getByRole("button", { name: "Save" }).click();
  await levels.getByRole("alert").waitFor(); // three of them
  for (const [word, n] of [["Raised", "1"], ["High", "2"], ["Critical", "3"]]) await levels.getByLabel(`Waiting: ${word}`, { exact: true }).fill(n);
  await look(su, "thresholds");
  await levels.getByRole("button", { name: "Save" }).click();
  await su.locator("tfoot").getByText("Raised").waitFor();

  await step("marked");

  // What waits longest is joined by a note and given to somebody.
  await su.locator("tfoot").getByRole("button", { name: /Waiting longest/ }).click();
  const list = su.getByRole("dialog", { name: /Waiting longest/ });
  await list.getByRole("button", { name: "Join by a note" }).click();
  await list.getByRole("textbox").fill("The carrier has lost it: send another.");
  await look(su, "list");
  await list.getByRole("button", { name: "Add note" }).click();
  await su.getByText("The note is there.").waitFor();
  await step("joined");
  await list.getByRole("combobox").selectOption({ label: "ana" });
  await ana.getByRole("button", { name: "Notifications, 1 unread" }).waitFor();
  await su.keyboard.press("Escape");
  await list.waitFor({ state: "detached" });

  await step("given");

  // An agent is told something, and has it at once.
  const row = su.getByRole("row", { name: /^ana/ });
  await row.getByText("1 waiting").waitFor();
  await su.getByRole("button", { name: "Act on ana" }).click();
  await su.getByRole("menuitem", { name: "Message…" }).click();
  const message = su.getByRole("dialog", { name: "Message ana" });
  await message.getByRole("textbox").fill("Take the chats first, there is a rush.");
  await message.getByRole("button", { name: "Send" }).click();
  await ana.getByRole("button", { name: "Notifications, 2 unread" }).click();
  await ana.getByRole("dialog", { name: "Notifications" }).getByText("Take the chats first, there is a rush.").waitFor();
  await look(ana, "told");
  await step("told"); // it is answered now

  await su.locator("[data-figure='waiting all ']", { hasText: /^0$/ }).waitFor();
  assert.equal(await su.evaluate(() => globalThis.notReloaded), true);

  await su.getByRole("button", { name: "Wallboard" }).click();
  const wall = su.getByRole("region", { name: "Wallboard" });
  await wall.getByRole("heading", { name: "Waiting" }).waitFor();
  await wall.getByRole("img", { name: /Waiting in the last hour: from 0 to/ }).waitFor();
  await look(su, "wallboard");
  await wall.getByRole("button", { name: "Leave the wallboard" }).click();
  await wall.waitFor({ state: "detached" });
  await step("answered"); // she is no supervisor any more

  await su.getByText("The queues are for supervisors and admins.").waitFor();
  assert.equal(await waiting.count(), 0);
  tell("refused");
});
