// What an agent is told, on two devices: the bell is live, and what is read on one
// is read on the other. It tells of each step on its own line; the test that started
// it gives a conversation and says "go" in between.
//
//   SKEIN_URL  the address; SKEIN_EMAIL, SKEIN_PASSWORD  who signs in; NUMBER  of the conversation
//   CHROMIUM   the browser's path
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const { SKEIN_URL, SKEIN_EMAIL, SKEIN_PASSWORD, CHROMIUM, NUMBER, SHOTS } = process.env;
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
  const device = async (path) => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
    await context.grantPermissions(["notifications"], { origin: SKEIN_URL });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    page.on("pageerror", (e) => broken.push(String(e)));
    await page.goto(SKEIN_URL);
    await page.getByLabel(/email/i).fill(SKEIN_EMAIL);
    await page.getByLabel(/password/i).fill(SKEIN_PASSWORD);
    await page.keyboard.press("Enter");
    await page.getByPlaceholder(/search/i).waitFor();
    await page.goto(SKEIN_URL + path);
    return page;
  };
  const axe = async (page, what) => {
    await page.addScriptTag({ path: createRequire(import.meta.url).resolve("axe-core/axe.min.js") }).catch(() => undefined);
    await page.evaluate(await (await import("node:fs/promises")).readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"));
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa"] }));
    assert.deepEqual(violations.map((v) => `${what}: ${v.id} ${v.nodes[0]?.html}`), []);
  };
  const shot = (page, name) => (SHOTS ? page.screenshot({ path: `${SHOTS}/${name}.png` }) : undefined);

  const desk = await device("/settings/notifications");
  await desk.getByRole("button", { name: "Turn on" }).click();
  await desk.getByRole("button", { name: "Turn off" }).waitFor();
  await desk.getByLabel("New messages: Mail when away").check();
  await desk.getByRole("heading", { name: "This browser" }).waitFor();
  await axe(desk, "settings");
  await shot(desk, "settings");
  await desk.goto(`${SKEIN_URL}/mine`);
  const phone = await device("/all");
  for (const page of [desk, phone]) await page.getByRole("button", { name: "Notifications", exact: true }).waitFor();
  await step("ready"); // the conversation is given to the agent now

  for (const page of [desk, phone]) await page.getByRole("button", { name: "Notifications, 1 unread" }).waitFor();
  await phone.getByRole("button", { name: "Notifications, 1 unread" }).focus();
  await phone.keyboard.press("Enter");
  await phone.getByRole("dialog", { name: "Notifications" }).getByText(`#${NUMBER}`).waitFor();
  await axe(phone, "bell");
  await shot(phone, "bell");
  await phone.getByRole("dialog", { name: "Notifications" }).getByRole("link", { name: /gave it to you/ }).click();
  await phone.waitForURL(new RegExp(`/c/${NUMBER}`));
  for (const page of [desk, phone]) await page.getByRole("button", { name: "Notifications", exact: true }).waitFor();

  if (broken.length > 0) throw new Error(`the page threw ${broken.join("; ")}`);
  await step("seen");
} finally {
  await browser.close();
}
