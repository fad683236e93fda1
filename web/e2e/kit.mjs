// What the scripts in a browser begin with.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** A browser that asks nobody for anything but what is tested. */
export const launch = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });

/** Signs in on the page, in whatever language; it goes on to where it was going. */
export async function signIn(page, email, password) {
  await page.locator("input[type='email']").fill(email);
  await page.locator("input[type='password']").fill(password);
  await page.keyboard.press("Enter");
}

/** Throws when axe finds something serious. */
export async function accessible(page, what) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }));
  const serious = violations.filter((v) => v.impact === "serious" || v.impact === "critical");
  if (serious.length > 0) throw new Error(`${what}: ${serious.map((v) => `${v.id} at ${v.nodes.map((n) => n.html.slice(0, 160)).join(", ")}`).join("; ")}`);
}

/** Waits until ok() gives true; what it gives else is told at last. */
export async function until(what, ok) {
  for (const end = Date.now() + 60_000; ; ) {
    const got = await ok();
    if (got === true) return;
    if (Date.now() > end) throw new Error(`${what}: ${got}`);
    await new Promise((r) => setTimeout(r, 50));
  }
}
