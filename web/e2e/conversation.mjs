// One conversation and what stands around it, by two agents in their own browsers.
// Each thing is told on its own line.
//
//   SKEIN_URL  the address; SKEIN_PASSWORD  of ana and ben
//   SKEIN_CONVERSATION  its number
//   CHROMIUM   the browser's path; SKEIN_SHOTS  a folder for pictures; absent: none
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const { SKEIN_URL, SKEIN_PASSWORD, SKEIN_CONVERSATION, CHROMIUM, SKEIN_SHOTS } = process.env;
const axe = readFileSync(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const broken = [];

async function open(email, path) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, bypassCSP: true, reducedMotion: "reduce", locale: "en-US" });
  await context.addInitScript(() => localStorage.setItem("skein.hold", "0"));
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.on("pageerror", (e) => broken.push(`${email}: ${String(e)}`));
  await page.goto(SKEIN_URL);
  await page.getByLabel(/email/i).waitFor();
  await page.keyboard.type(email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(SKEIN_PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByPlaceholder(/search/i).waitFor();
  await page.goto(SKEIN_URL + path);
  return page;
}

async function look(page, name) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }));
  const serious = violations.filter((v) => v.impact === "serious" || v.impact === "critical");
  if (serious.length > 0) throw new Error(`${name}: ${serious.map((v) => `${v.id} at ${v.nodes.map((n) => n.html.slice(0, 160)).join(", ")}`).join("; ")}`);
  for (const colorScheme of SKEIN_SHOTS ? ["light", "dark"] : []) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const width of [1440, 1024, 390]) {
      await page.setViewportSize({ width, height: 900 });
      await page.screenshot({ path: `${SKEIN_SHOTS}/${name}-${width}-${colorScheme}.png` });
    }
  }
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await page.setViewportSize({ width: 1440, height: 900 });
  if (broken.length > 0) throw new Error(`the page threw ${broken.join("; ")}`);
  console.log(name);
}

const gone = (what) => what.first().waitFor({ state: "detached" });

try {
  const a = await open("ana@skein.example", `/c/${SKEIN_CONVERSATION}`);
  const b = await open("ben@skein.example", `/c/${SKEIN_CONVERSATION}`);

  // What the customer gave stands above; an agent pins more of it, and takes it off.
  const pins = (page) => page.getByRole("region", { name: "What the customer gave" });
  await pins(a).getByRole("button", { name: /^Order: .*10021/ }).waitFor();
  await pins(a).getByRole("button", { name: /^Address: Hauptstraße 12, 1010 Wien/ }).waitFor();
  const said = a.getByRole("article").filter({ hasText: "no invoice" });
  await said.getByRole("button", { name: "Pin words of this message" }).focus();
  await a.keyboard.press("Enter");
  await a.getByRole("menuitem", { name: "It is a gift: no invoice in the parcel." }).click();
  for (const page of [a, b]) await pins(page).getByRole("button", { name: "Pinned: It is a gift: no invoice in the parcel." }).waitFor();
  await look(a, "pinned");
  await pins(b).getByRole("button", { name: /^Pinned:/ }).click();
  await b.getByRole("menuitem", { name: "Take off" }).click();
  for (const page of [a, b]) await gone(pins(page).getByRole("button", { name: /^Pinned:/ }));
  await b.getByRole("button", { name: "Undo" }).click();
  await pins(a).getByRole("button", { name: /^Pinned:/ }).click();
  await a.getByRole("menuitem", { name: "Show where it is said" }).click();
  await a.locator("[data-message]:focus").getByText("no invoice").waitFor();
  console.log("taken off");
  if (broken.length > 0) throw new Error(`the page threw ${broken.join("; ")}`);
} catch (e) {
  for (const [i, c] of (SKEIN_SHOTS ? browser.contexts() : []).entries()) await c.pages()[0]?.screenshot({ path: `${SKEIN_SHOTS}/failed-${i}.png` });
  throw e;
} finally {
  await browser.close();
}
