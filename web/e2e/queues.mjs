// The supervisor's queues, pushed: mail arrives and the figure rises without a
// reload, an agent answers and it falls; a conversation is given to somebody, joined
// by a note, an agent is told something, thresholds are set, the wallboard is shown.
// It tells of each step on its own line; the test says "go" in between.
//
//   SKEIN_URL, SKEIN_PASSWORD, NUMBER of the conversation to come; CHROMIUM
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const { SKEIN_URL, SKEIN_PASSWORD, CHROMIUM, SHOTS } = process.env;
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function step(name) {
  console.log(name);
  const { value, done } = await lines.next();
  if (done || value !== "go") throw new Error(`after ${name} the test said ${value}`);
}

const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
try {
  const broken = [];
  const signIn = async (who) => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    page.on("pageerror", (e) => broken.push(String(e)));
    await page.goto(SKEIN_URL);
    await page.getByLabel(/email/i).fill(`${who}@skein.example`);
    await page.getByLabel(/password/i).fill(SKEIN_PASSWORD);
    await page.keyboard.press("Enter");
    await page.getByPlaceholder(/search/i).waitFor();
    return page;
  };
  const axe = async (page, what) => {
    await page.evaluate(readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"));
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa"] }));
    assert.deepEqual(violations.map((v) => `${what}: ${v.id} ${v.nodes[0]?.html}`), []);
  };
  const shot = (page, name) => (SHOTS ? page.screenshot({ path: `${SHOTS}/${name}.png` }) : undefined);

  const ana = await signIn("ana");
  assert.equal(await ana.getByRole("link", { name: "Queues" }).count(), 0);
  await ana.goto(`${SKEIN_URL}/queues`);
  await ana.getByText("The queues are for supervisors and admins.").waitFor();
  await ana.goto(`${SKEIN_URL}/mine`);
  await ana.getByRole("button", { name: "Notifications", exact: true }).waitFor();

  const su = await signIn("su");
  await su.getByRole("link", { name: "Queues" }).waitFor();
  await su.keyboard.press("g");
  await su.keyboard.press("q");
  const waiting = su.locator("[data-figure='waiting all ']");
  await su.locator("[data-figure='waiting all ']", { hasText: /^0$/ }).waitFor();
  await su.evaluate(() => (globalThis.notReloaded = true));
  await step("watching"); // mail arrives now

  await su.locator("[data-figure='waiting all ']", { hasText: /^1$/ }).waitFor();
  await axe(su, "queues");
  await shot(su, "queues");

  await step("risen");

  // Thresholds, told by word.
  await su.getByRole("button", { name: "Thresholds" }).click();
  const levels = su.getByRole("dialog", { name: "Thresholds" });
  await levels.getByLabel("Waiting: Raised").fill("3");
  await levels.getByRole("button", { name: "Save" }).click();
  await levels.getByRole("alert").waitFor(); // three of them
  for (const [word, n] of [["Raised", "1"], ["High", "2"], ["Critical", "3"]]) await levels.getByLabel(`Waiting: ${word}`, { exact: true }).fill(n);
  await axe(su, "thresholds");
  await levels.getByRole("button", { name: "Save" }).click();
  await su.locator("tfoot").getByText("Raised").waitFor();

  await step("marked");

  // What waits longest is joined by a note and given to somebody.
  await su.locator("tfoot").getByRole("button", { name: /Waiting longest/ }).click();
  const list = su.getByRole("dialog", { name: /Waiting longest/ });
  await list.getByRole("button", { name: "Join by a note" }).click();
  await list.getByRole("textbox").fill("The carrier has lost it: send another.");
  await axe(su, "list");
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
  await axe(ana, "told");
  await step("told"); // it is answered now

  await su.locator("[data-figure='waiting all ']", { hasText: /^0$/ }).waitFor();
  assert.equal(await su.evaluate(() => globalThis.notReloaded), true);

  await su.getByRole("button", { name: "Wallboard" }).click();
  const wall = su.getByRole("region", { name: "Wallboard" });
  await wall.getByRole("heading", { name: "Waiting" }).waitFor();
  await wall.getByRole("img", { name: /Waiting in the last hour: from 0 to/ }).waitFor();
  await axe(su, "wallboard");
  await shot(su, "wallboard");
  await wall.getByRole("button", { name: "Leave the wallboard" }).click();
  await wall.waitFor({ state: "detached" });
  await step("answered"); // she is no supervisor any more

  await su.getByText("The queues are for supervisors and admins.").waitFor();
  assert.equal(await waiting.count(), 0);
  assert.deepEqual(broken, []);
  console.log("refused");
} finally {
  await browser.close();
}
