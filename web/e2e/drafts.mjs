// What a colleague began and left is offered, taken over, and there on the next
// device; its author finds it again, with word of who has it.
//
//   SKEIN_URL  the address of the conversation; SKEIN_EMAILS  who left, and who goes on
//   SKEIN_PASSWORD  of both; CHROMIUM  the browser's path
//   SKEIN_SHOTS  a folder for pictures; absent: none
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const { SKEIN_URL, SKEIN_EMAILS, SKEIN_PASSWORD, CHROMIUM, SKEIN_SHOTS } = process.env;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const [ana, ben] = SKEIN_EMAILS.split(" ");

async function open(email, width = 1440) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, bypassCSP: true });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(SKEIN_URL);
  await page.getByLabel(/email/i).fill(email);
  await page.getByLabel(/password/i).fill(SKEIN_PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByText("The first one.").last().waitFor();
  return page;
}
const reply = (page) => page.locator(".ProseMirror");
const written = (page, text) => reply(page).getByText(text).first().waitFor();
const shot = async (page, name) => {
  if (!SKEIN_SHOTS) return;
  for (const [scheme, width] of [["light", 1440], ["dark", 1024], ["light", 390]]) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height: 900 });
    await page.waitForTimeout(300);
    await page.screenshot({ path: `${SKEIN_SHOTS}/${name}-${width}-${scheme}.png` });
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1440, height: 900 });
};

try {
  const desk = await open(ben);
  await desk.getByText("began a reply and left").waitFor();
  await shot(desk, "offer");
  await desk.evaluate(axe);
  const bad = await desk.evaluate(async () => (await window.axe.run(document.querySelector("[aria-label='Answer']"))).violations.map((v) => v.id));
  if (bad.length > 0) throw new Error(`axe: ${bad.join(", ")}`);
  await desk.getByRole("button", { name: "Take it over" }).focus();
  await desk.keyboard.press("Enter");
  await written(desk, "Your parcel left");
  await desk.getByText("Begun by ana").waitFor();
  await desk.keyboard.press("Control+End");
  await desk.keyboard.type(" It comes tomorrow.");
  console.log("taken");

  const second = await open(ben);
  await second.locator(".ProseMirror").waitFor();
  for (let i = 0; !(await reply(second).innerText()).includes("It comes tomorrow."); i++) {
    if (i > 20) throw new Error("the draft doesn't come to the other device");
    await second.waitForTimeout(500);
    await second.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  }
  if (await second.getByText("began a reply and left").count()) throw new Error("what was taken is offered again");
  console.log("on the other device");

  const author = await open(ana);
  await written(author, "Your parcel left");
  await author.getByText("ben took this draft over").waitFor();
  await shot(author, "taken");
  console.log("still its author's");
} catch (e) {
  if (SKEIN_SHOTS) {
    for (const [i, context] of browser.contexts().entries()) await context.pages()[0].screenshot({ path: `${SKEIN_SHOTS}/failed-${i}.png` });
  }
  throw e;
} finally {
  await browser.close();
}
