// Every screen of the inbox over the demo shop, at three widths, light and dark, in
// English and German where the words are another's; axe looks at each. It also counts
// what a person would feel: layouts that shift, and tasks that hold the page up.
//
//   SKEIN_URL  the address; SKEIN_EMAIL, SKEIN_PASSWORD  who signs in
//   CHROMIUM   the browser's path; SKEIN_SHOTS  the folder
import { mkdirSync } from "node:fs";
import { felt, watchFelt } from "./felt.mjs";
import { browser, run, signIn, violations, watch } from "./kit.mjs";

const { SKEIN_URL, SKEIN_EMAIL, SKEIN_PASSWORD, SKEIN_SHOTS } = process.env;
const widths = [1440, 1024, 390];
const schemes = ["light", "dark"];
// Generous: a busy machine holds pages up too.
const most = { shift: 0.1, longTasks: 40 };

mkdirSync(SKEIN_SHOTS, { recursive: true });
const findings = [];
let pictures = 0;

await run(async () => {
  for (const locale of ["en-GB", "de-DE"]) {
    const language = locale.slice(0, 2);
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale, reducedMotion: "reduce" });
    await watchFelt(context);
    const page = watch(await context.newPage());

    async function shoot(name) {
      for (const width of widths) {
        for (const scheme of schemes) {
          await page.setViewportSize({ width, height: 900 });
          await page.emulateMedia({ colorScheme: scheme });
          await page.waitForFunction(() => document.querySelector(".skeleton") === null);
          await page.evaluate(() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r))));
          await page.screenshot({ path: `${SKEIN_SHOTS}/${name}-${width}-${scheme}-${language}.png` });
          pictures++;
          // What axe says of one language it says of the other.
          if (language === "en") findings.push(...(await violations(page)).map((v) => `${name} at ${width}, ${scheme}: ${v}`));
        }
      }
      await page.setViewportSize({ width: 1440, height: 900 });
      await page.emulateMedia({ colorScheme: "light" });
    }
    async function visit(name, path, until) {
      await page.goto(SKEIN_URL + path);
      await page.locator(until).first().waitFor();
      const f = await felt(page);
      if (f.shift > most.shift) findings.push(`${name}: the layout shifts by ${f.shift.toFixed(3)}: ${f.by.join("; ")}`);
      if (f.longTasks > most.longTasks) findings.push(`${name}: ${f.longTasks} long tasks`);
      console.log(`${language} ${name}: layout shift ${f.shift.toFixed(3)}, ${f.longTasks} long tasks`);
      await shoot(name);
    }
    const open = async (name, keys, what) => {
      for (const k of keys) await page.keyboard.press(k);
      await page.locator(what).first().waitFor();
      await shoot(name);
      await page.keyboard.press("Escape");
      await page.locator("[role='dialog']").first().waitFor({ state: "detached" });
    };

    await visit("sign-in", "/login", "input[type='password']");
    await signIn(page, SKEIN_EMAIL, SKEIN_PASSWORD);
    await page.locator("[data-row]").first().waitFor();
    for (const list of ["mine", "unassigned", "mentions", "all", "callbacks", "closed", "spam"]) await visit(list, `/${list}`, "main, nav");
    await visit("search", "/search?q=order", "mark");
    await page.goto(`${SKEIN_URL}/unassigned`);
    await page.locator("[data-row] a").first().waitFor();
    const first = await page.locator("[data-row] a").first().getAttribute("href");
    await visit("conversation", first, "[data-conversation] h1");
    await open("keys", ["?"], "[role='dialog']");
    await open("commands", ["Control+k"], "[role='dialog'] [role='option']");
    await open("priority", ["p"], "[role='dialog']");
    await open("snooze", ["s"], "[role='dialog']");
    await open("tags", ["t"], "[role='dialog']");
    await page.goto(`${SKEIN_URL}/settings/me`);
    await page.locator("nav a[href^='/settings/']").first().waitFor();
    const pages = await page.locator("nav a[href^='/settings/']").evaluateAll((all) => [...new Set(all.map((a) => a.getAttribute("href")))]);
    for (const p of pages) await visit(p.slice(1).replace("/", "-"), p, "main h1, main h2");
    await context.close();
  }
});
console.log(`${pictures} pictures in ${SKEIN_SHOTS}`);
if (findings.length > 0) {
  console.error(findings.join("\n"));
  process.exit(1);
}
