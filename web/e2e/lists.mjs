// An agent finds things, sorts lists and sorts conversations out, by keyboard. Each
// step is told on its own line; axe looks at what each of them shows.
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
const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, bypassCSP: true });
const broken = [];
const there = (what) => what.first().waitFor();
const gone = (what) => what.first().waitFor({ state: "detached" });
const type = (text) => page.keyboard.type(text);
const press = async (...keys) => {
  for (const k of keys) await page.keyboard.press(k);
};

async function done(name) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa"] }));
  const serious = violations.filter((v) => v.impact === "serious" || v.impact === "critical");
  if (serious.length > 0) throw new Error(`${name}: ${serious.map((v) => `${v.id} at ${v.nodes.map((n) => n.html.slice(0, 120)).join(", ")}`).join("; ")}`);
  if (SKEIN_SHOTS) {
    for (const [width, scheme] of [[1440, "light"], [1024, "dark"], [390, "light"]]) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme: scheme });
      await page.waitForTimeout(300);
      await page.screenshot({ path: `${SKEIN_SHOTS}/${name}-${width}.png` });
    }
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.emulateMedia({ colorScheme: "light" });
  }
  if (broken.length > 0) throw new Error(`the page threw ${broken.join("; ")}`);
  console.log(name);
}

try {
  page.setDefaultTimeout(60_000);
  page.on("pageerror", (e) => broken.push(String(e)));
  await page.goto(SKEIN_URL);
  await page.getByLabel(/email/i).waitFor();
  await type(SKEIN_EMAIL);
  await press("Tab");
  await type(SKEIN_PASSWORD);
  await press("Enter");
  await page.getByPlaceholder(/search/i).waitFor();
  await there(page.getByText("The kettle leaks"));

  // Search: a name with a slip in it, then words with a filter that is completed.
  await press("/");
  await there(page.getByRole("listbox", { name: "Filters" }));
  await type("wintr");
  await there(page.getByRole("region", { name: "Customers" }).getByText("Cara Winter"));
  await there(page.getByText("similar"));
  await press("Control+a");
  await type("kettle st");
  await there(page.getByRole("option", { name: /status:/ }));
  await press("ArrowDown", "Enter");
  await type("op");
  await press("ArrowDown", "Enter");
  await page.waitForURL(/q=kettle/);
  await there(page.locator("mark", { hasText: "kettle" }));
  // Each by its subject, with what was found in it marked too.
  await there(page.locator("[data-row]").getByText("Whisks", { exact: true }));
  await there(page.locator("[data-row] span", { hasText: /^The kettle leaks$/ }).locator("mark"));
  await gone(page.getByRole("listbox", { name: "Filters" }));
  if ((await page.getByRole("combobox", { name: "Search" }).inputValue()) !== "kettle status:open ") throw new Error("the filter was not completed");
  await done("searched");
  await press("/", "Escape");
  await page.waitForURL((u) => !u.href.includes("search"));

  // Sorting out, each by its key, and taken back.
  await there(page.getByText("The kettle leaks"));
  await press("j", "Enter");
  await page.locator("[data-conversation] h1").waitFor();
  await press("p");
  await page.getByRole("dialog").getByRole("button", { name: "Urgent" }).press("Enter");
  await there(page.locator("[data-conversation] header").getByText("Urgent"));
  await press("t");
  const tags = page.getByRole("dialog").getByRole("combobox");
  await tags.waitFor();
  await type(`VIP, ${"x".repeat(51)}`);
  await press("Enter");
  await there(page.getByRole("alert").getByText("has 51 characters"));
  if ((await tags.inputValue()) !== `VIP, ${"x".repeat(51)}`) throw new Error("what was typed is lost");
  for (let i = 0; i < 51; i++) await press("Backspace");
  await type("late");
  await press("Enter");
  await there(page.locator("[data-conversation] header").getByText("vip"));
  await gone(page.getByRole("dialog"));
  await press("s");
  await page.getByRole("dialog").getByRole("textbox").waitFor();
  await type("tomorrow 9am");
  await done("sorted");
  await press("Enter");
  await there(page.getByRole("status", { name: "Done" }).getByText(/Snoozed until/));
  await gone(page.locator("[data-row]", { hasText: "Urgent" }));
  await press("z");
  await there(page.locator("[data-row]", { hasText: "Urgent" }));
} catch (e) {
  if (SKEIN_SHOTS) await page.screenshot({ path: `${SKEIN_SHOTS}/failed.png` });
  throw e;
} finally {
  await browser.close();
}
