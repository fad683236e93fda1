// A mailbox that is signed in at its provider, in the page: what is asked for, the
// way there and back, by keyboard, and what is said when nobody consents. Each step
// is told on its own line.
//
//   SKEIN_URL  the address; SKEIN_EMAIL, SKEIN_PASSWORD  who signs in, an admin
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
  await page.goto(`${SKEIN_URL}/settings/channels/mail`);
  await page.getByLabel("Email").fill(SKEIN_EMAIL);
  await page.getByLabel("Password").fill(SKEIN_PASSWORD);
  await page.keyboard.press("Enter");

  const button = page.getByRole("button", { name: "Sign in with the provider" });
  await button.waitFor();
  await page.getByText("Sign in there as the mailbox").waitFor();
  await clean(page, "signin-wanted");
  done("wanted");

  await button.focus();
  await page.keyboard.press("Enter");
  await page.waitForURL("**/sign-in?code=*");
  await page.getByText("Signed in. Its mail comes within seconds.").waitFor();
  await page.getByRole("button", { name: "Sign in with the provider again" }).waitFor();
  await page.getByText(/^Signed in .*\d/u).waitFor();
  await clean(page, "signin-done");
  if (new URL(page.url()).pathname !== "/settings/channels/mail" || new URL(page.url()).search !== "") throw new Error(`the address keeps ${page.url()}`);
  done("returned");

  await page.goto(`${SKEIN_URL}/settings/channels/sign-in?error=access_denied&error_description=The+user+did+not+consent.&state=x`);
  await page.getByText("The mailbox is not signed in.").waitFor();
  await page.getByText("The user did not consent.").waitFor();
  await clean(page, "signin-declined");
  await page.getByRole("link", { name: "To the channels" }).click();
  await page.waitForURL("**/settings/channels");
  done("declined");

  // What comes back twice, or of another sign-in, is refused in words.
  await page.goto(`${SKEIN_URL}/settings/channels/sign-in?code=x&state=mail.AAAA`);
  await page.getByText("The mailbox is not signed in.").waitFor();
  await clean(page, "signin-refused");
  done("refused");
} catch (e) {
  for (const p of browser.contexts().flatMap((c) => c.pages())) console.error(p.url(), await p.evaluate(() => document.body.innerText).catch(String));
  throw e;
} finally {
  await browser.close();
}
