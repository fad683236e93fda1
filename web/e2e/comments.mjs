// A public comment in the page: it is marked as such with the way to its post, the
// composer says that everybody will read the answer, it is hidden and shown, and
// answered in private once; and what is said of direct messages besides. Each step is told on its own line.
//
//   SKEIN_URL  the address; SKEIN_EMAIL, SKEIN_PASSWORD  who signs in
//   CHROMIUM   the browser's path; SKEIN_SHOTS  a folder for pictures; absent: none
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const { SKEIN_URL, SKEIN_EMAIL, SKEIN_PASSWORD, CHROMIUM, SKEIN_SHOTS } = process.env;
const axe = readFileSync(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const broken = [];

async function clean(page, what) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }));
  const bad = violations.filter((v) => v.impact === "serious" || v.impact === "critical");
  if (bad.length > 0) throw new Error(`${what}: ${bad.map((v) => `${v.id} at ${v.nodes.map((n) => n.html).join(" ")}`).join("; ")}`);
  if (!SKEIN_SHOTS) return;
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const width of [1440, 1024, 390]) {
      await page.setViewportSize({ width, height: 900 });
      await page.screenshot({ path: `${SKEIN_SHOTS}/${what}-${width}-${colorScheme}.png` });
    }
  }
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await page.setViewportSize({ width: 1440, height: 900 });
}

function done(name) {
  if (broken.length > 0) throw new Error(`the page threw ${broken.join("; ")}`);
  console.log(name);
}

try {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce", locale: "en-US" });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.on("pageerror", (e) => broken.push(String(e)));
  await page.goto(SKEIN_URL);
  await page.getByLabel(/email/i).fill(SKEIN_EMAIL);
  await page.getByLabel("Password").fill(SKEIN_PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByText("How much is it?").first().click();
  const talk = page.locator("[data-conversation]");
  await talk.getByRole("button", { name: /^Public comment/u }).first().waitFor();
  const link = talk.getByRole("link", { name: "Open the post" }).first();
  if ((await link.getAttribute("href")) !== "https://www.facebook.com/shop/posts/200?comment_id=301") throw new Error(`it leads to ${await link.getAttribute("href")}`);
  await page.getByRole("region", { name: "Timeline" }).getByText("Public comment").first().waitFor();
  const way = page.getByRole("button", { name: "Leaves in public. Choose another way" });
  await way.waitFor();
  await clean(page, "comment");
  done("marked");

  await talk.getByRole("button", { name: "Hide", exact: true }).click();
  await talk.getByRole("button", { name: /^Hidden/u }).waitFor();
  await page.getByText("The comment is hidden: show it again").waitFor();
  await clean(page, "comment-hidden");
  await talk.getByRole("button", { name: "Show again" }).click();
  await talk.getByRole("button", { name: "Hide", exact: true }).waitFor();
  done("hidden");

  // By keyboard: another way, the words, and off.
  await way.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menuitemradio", { name: /In a private message/u }).or(page.getByRole("menuitem", { name: /In a private message/u })).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Leaves in private. Choose another way" }).waitFor();
  await page.keyboard.press("r");
  await page.locator(".ProseMirror").waitFor();
  await page.locator(".ProseMirror").focus();
  const draft = async (r) => (r.request().method() === "PUT" && r.url().endsWith("/draft") ? (await r.json()).draft.content : { text: "" });
  const kept = page.waitForResponse(async (r) => (await draft(r)).text.includes("yours are on the way."));
  await page.keyboard.type("Ten euros, and yours are on the way.");
  // On another device it is to leave the same way.
  if ((await draft(await kept)).private !== true) throw new Error("the draft isn't private");
  const second = await (await browser.newContext({ reducedMotion: "reduce", locale: "en-US" })).newPage();
  second.setDefaultTimeout(60_000);
  await second.goto(page.url());
  await second.getByLabel(/email/i).fill(SKEIN_EMAIL);
  await second.getByLabel("Password").fill(SKEIN_PASSWORD);
  await second.keyboard.press("Enter");
  await second.getByRole("button", { name: "Leaves in private. Choose another way" }).waitFor();
  await second.context().close();
  await clean(page, "comment-private");
  await page.keyboard.press("Control+Enter");
  await talk.getByRole("button", { name: /^Private message/u }).waitFor();
  await way.waitFor();
  await way.click();
  await page.getByText("takes no second").first().waitFor();
  await page.keyboard.press("Escape");
  await clean(page, "comment-answered");
  done("answered");

  // What is said of direct messages besides.
  await page.getByText("Second words").first().click();
  await talk.getByText("In answer to").waitFor();
  await talk.getByText("Edited", { exact: true }).waitFor();
  await talk.getByRole("img", { name: /^❤ from /u }).waitFor();
  await talk.getByText("Taken back by its sender").waitFor();
  await clean(page, "beside");
  done("beside");
} finally {
  await browser.close();
}
