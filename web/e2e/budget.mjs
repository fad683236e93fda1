// What a list, a conversation and going to the next one may cost: nothing that is
// read moves, and so many requests and layouts. What depends on how fast the machine
// is, such as long tasks, is told and not judged.
//
//   SKEIN_URL  the address; SKEIN_EMAIL, SKEIN_PASSWORD  who signs in
//   CHROMIUM   the browser's path
import { felt, watchFelt } from "./felt.mjs";
import { browser, run, signIn, until, watch } from "./kit.mjs";

const { SKEIN_URL, SKEIN_EMAIL, SKEIN_PASSWORD } = process.env;
// Of one visit or one key press each. Layout shift has no unit (Layout Instability):
// under 0.1 is held to be good; a pane that comes late makes as much as here. What
// moves right after input isn't spared: how soon it comes is the machine's doing.
const most = {
  list: { shift: 0.003, requests: 20, elements: 1_000 },
  open: { shift: 0.003, requests: 20, layouts: 50, elements: 1_500 },
  next: { shift: 0.003, requests: 20, layouts: 50, elements: 1_500 },
  cold: { shift: 0.003, requests: 36, elements: 1_500 },
};
const over = [];
const total = { shift: 0, longTasks: 0, blocked: 0 };

await run(async () => {
  for (const width of [1440, 1024, 390]) {
    const context = await browser.newContext({ viewport: { width, height: 900 } });
    await watchFelt(context);
    const page = watch(await context.newPage());
    let asked = 0;
    const under = new Set();
    page.on("request", (r) => {
      if (r.isNavigationRequest()) under.clear(); // what the page before had asked for is nobody's
      if (!r.url().includes("/api/v1/")) return;
      asked++;
      under.add(r);
    });
    for (const end of ["requestfinished", "requestfailed"]) page.on(end, (r) => under.delete(r));
    const cdp = await context.newCDPSession(page);
    await cdp.send("Performance.enable");
    const layouts = async () => (await cdp.send("Performance.getMetrics")).metrics.find((m) => m.name === "LayoutCount").value;

    /** Does something, waits until it is all there, and holds it against what it may cost. */
    async function costs(kind, what, act) {
      await felt(page);
      const before = { asked, layouts: await layouts() };
      await act();
      await page.waitForFunction(() => document.querySelector(".skeleton") === null);
      await until(`${what}: the requests end`, () => under.size === 0 || [...under].map((r) => r.url()).join());
      const f = await felt(page);
      const got = { shift: f.moved, requests: asked - before.asked, layouts: (await layouts()) - before.layouts, elements: await page.locator("*").count() };
      total.shift += f.moved;
      total.longTasks += f.longTasks;
      total.blocked += f.blocked;
      console.error(`${width} ${what}: shift ${f.moved.toFixed(4)}, of it not right after input ${f.shift.toFixed(4)}, ${got.requests} requests, ${got.layouts} layouts, ${got.elements} elements, ${f.longTasks} long tasks\n    ${f.by.join("\n    ")}`);
      for (const [name, n] of Object.entries(got)) if (n > (most[kind][name] ?? n)) over.push(`${what} at ${width}: ${name} ${n}, at most ${most[kind][name]}: ${f.by.join("; ")}`);
    }
    const conversation = () => page.locator("[data-conversation] article").first().waitFor();

    await page.goto(`${SKEIN_URL}/all`);
    await signIn(page, SKEIN_EMAIL, SKEIN_PASSWORD);
    await page.locator("[data-row]").first().waitFor();
    // Each answer comes when what was there without it has been painted.
    await page.route("**/api/v1/**", async (route) => {
      await page.evaluate(() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))).catch(() => undefined);
      await route.continue().catch(() => undefined);
    });
    await costs("list", "the list", async () => {
      await page.goto(`${SKEIN_URL}/all`);
      await page.locator("[data-row]").first().waitFor();
    });
    await costs("open", "a conversation", async () => {
      await page.keyboard.press("j");
      await page.keyboard.press("Enter");
      await conversation();
    });
    for (let i = 1; width > 400 && i <= 3; i++) {
      const was = await page.locator("[data-conversation]").getAttribute("aria-label");
      await costs("next", `the ${i}. next one`, async () => {
        await page.keyboard.press("j");
        await page.waitForFunction((w) => document.querySelector("[data-conversation]")?.getAttribute("aria-label") !== w, was);
        await conversation();
      });
    }
    const at = page.url();
    await costs("cold", "a conversation by its address", async () => {
      await page.goto(at);
      await conversation();
    });
    await context.close();
  }
});
console.error(`in all: layout shift ${total.shift.toFixed(4)}, ${total.longTasks} long tasks that held up ${Math.round(total.blocked)} ms`);
if (over.length > 0) throw new Error(over.join("\n"));
console.log("kept");
