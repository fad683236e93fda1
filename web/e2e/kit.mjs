// What the scripts in a browser are made of.
//
//   CHROMIUM  the browser's path; SKEIN_SHOTS  a folder for pictures; absent: none
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const { CHROMIUM, SKEIN_SHOTS } = process.env;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const broken = [];

/** A browser that asks nobody for anything but what is tested. */
export const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

/** Runs a script, and closes the browser; of what fails, it says what every page showed. */
export async function run(script) {
  try {
    await script();
    whole();
  } catch (e) {
    for (const [i, page] of browser.contexts().flatMap((c) => c.pages()).entries()) {
      console.error(page.url(), await page.locator("body").innerText({ timeout: 5_000 }).catch(String));
      if (SKEIN_SHOTS) await page.screenshot({ path: `${SKEIN_SHOTS}/${basename(process.argv[1], ".mjs")}-failed-${i}.png`, timeout: 5_000 }).catch(String);
    }
    throw e;
  } finally {
    await browser.close();
  }
}

/** Waits as long as the slowest machine needs, and fails what is told next with what the page throws or its policies refuse. */
export function watch(page) {
  page.setDefaultTimeout(60_000);
  page.on("pageerror", (e) => broken.push(`${page.url()}: ${e}`));
  page.on("console", (m) => {
    if (/Content.Security.Policy|Trusted/i.test(m.text())) broken.push(m.text());
  });
  return page;
}

function whole() {
  if (broken.length > 0) throw new Error(`the page threw ${broken.join("; ")}`);
}

/** A page in a window of its own, which runs what prepares it before each document. */
export async function open(url, { prepare, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce", locale: "en-US", ...options });
  if (prepare) await context.addInitScript(prepare);
  const page = watch(await context.newPage());
  await page.goto(url);
  return page;
}

/** Signs in on the page, in whatever language; it goes on to where it was going. */
export async function signIn(page, email, password) {
  await page.locator("input[type='email']").fill(email);
  await page.locator("input[type='password']").fill(password);
  await page.keyboard.press("Enter");
}

/** Tells the test that something is done. */
export function tell(name) {
  whole();
  console.log(name);
}

let lines;

/** Tells the test that something is done, and waits until it says "go". */
export async function step(name) {
  lines ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  tell(name);
  const { value, done } = await lines.next();
  if (done || value !== "go") throw new Error(`after ${name} the test said ${value}`);
}

/** What axe finds that is serious, but for some parts. */
export async function violations(page, exclude = []) {
  await page.evaluate(axe);
  const found = await page.evaluate((without) => window.axe.run({ exclude: without }), exclude);
  return found.violations.filter((v) => v.impact === "serious" || v.impact === "critical").map((v) => `${v.id} at ${v.nodes.map((n) => n.html.slice(0, 160)).join(", ")}`);
}

/** Throws when axe finds something serious. */
export async function accessible(page, what, exclude) {
  const found = await violations(page, exclude);
  if (found.length > 0) throw new Error(`${what}: ${found.join("; ")}`);
}

/** Has axe look at the page, and takes its pictures. */
export async function look(page, name) {
  await accessible(page, name);
  if (!SKEIN_SHOTS) return;
  const was = page.viewportSize();
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    for (const width of [1440, 1024, 390]) {
      await page.setViewportSize({ ...was, width });
      await page.screenshot({ path: `${SKEIN_SHOTS}/${name}-${width}-${colorScheme}.png` });
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(was);
}

/** Has axe look at the page, takes its pictures, and tells the test. */
export async function done(page, name) {
  await look(page, name);
  tell(name);
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

/** Calls the API with a token, beside the page. */
export async function call(token, method, path, body) {
  const answer = await fetch(`${process.env.SKEIN_URL}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", "idempotency-key": crypto.randomUUID() },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.status === 204 ? null : answer.json();
}

/** Presses keys, one after another. */
export async function keys(page, ...names) {
  for (const k of names) await page.keyboard.press(k);
}

export const there = (what) => what.first().waitFor();
export const gone = (what) => what.first().waitFor({ state: "detached" });
