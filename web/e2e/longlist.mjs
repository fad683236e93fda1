// A list of 100,000: scrolled by pages and walked by keys far down. However far, few
// rows are drawn, each in its place.
//
//   SKEIN_URL  the address; SKEIN_EMAIL, SKEIN_PASSWORD  who signs in
//   CHROMIUM   the browser's path
import { open, run, signIn, tell } from "./kit.mjs";

const { SKEIN_URL, SKEIN_EMAIL, SKEIN_PASSWORD } = process.env;

await run(async () => {
  const page = await open(`${SKEIN_URL}/all`);
  await signIn(page, SKEIN_EMAIL, SKEIN_PASSWORD);
  await page.locator("[data-row]").first().waitFor();

  // Looked at in the page after every drawing: the n-th row is the n-th matter.
  await page.evaluate(() => {
    const seen = { wrong: [], most: 0, elements: 0, drawn: 0, tasks: 0, last: 0 };
    window.seen = seen;
    const look = () => {
      const rows = document.querySelectorAll("[data-row]");
      seen.most = Math.max(seen.most, rows.length);
      seen.elements = Math.max(seen.elements, document.querySelectorAll("*").length);
      for (const r of rows) {
        const at = Number(r.getAttribute("aria-posinset"));
        const matter = Number(/Matter (\d+)/.exec(r.textContent)?.[1]);
        if (at !== matter && seen.wrong.length < 5) seen.wrong.push(`${matter} at ${at}`);
        seen.last = Math.max(seen.last, at);
      }
      if (new Set([...rows].map((r) => r.dataset.row)).size !== rows.length) seen.wrong.push("one row twice");
    };
    new MutationObserver((all) => {
      for (const m of all) seen.drawn += [...m.addedNodes].filter((n) => n instanceof Element && n.matches("[data-row]")).length;
      look();
    }).observe(document.querySelector("[data-row]").parentElement, { childList: true, subtree: true, characterData: true, attributes: true });
    new PerformanceObserver((l) => (seen.tasks += l.getEntries().length)).observe({ type: "longtask" });
    look();
  });
  const seen = () => page.evaluate(() => window.seen);
  const reach = async (row, step) => {
    for (const end = Date.now() + 120_000; (await seen()).last < row; ) {
      if (Date.now() > end) throw new Error(`only ${(await seen()).last} of ${row} rows were reached`);
      await step();
    }
  };
  const scroll = (pages) =>
    page.evaluate(
      (by) =>
        new Promise((resolve) => {
          const box = document.querySelector("[data-row]")?.closest("ul").parentElement;
          box?.scrollBy(0, by * box.clientHeight); // it may be drawing anew just now
          requestAnimationFrame(() => requestAnimationFrame(resolve));
        }),
      pages,
    );

  await reach(1_500, () => scroll(1));
  const paged = await seen();
  // Every row of the way was drawn, and hardly one more than once or twice.
  if (paged.drawn > 3 * paged.last) throw new Error(`${paged.drawn} rows were drawn to reach ${paged.last}`);
  await reach(6_000, () => scroll(1_000));

  // By keys, from where it stands: each press goes one further.
  const rows = page.locator("[data-row]");
  await rows.nth(Math.floor((await rows.count()) / 2)).locator("a").focus();
  await page.keyboard.press("x"); // the row of the focus is where the keys begin
  const place = () => page.evaluate(() => Number(document.activeElement?.closest("[data-row]")?.getAttribute("aria-posinset") ?? 0));
  const from = await place();
  for (let i = 1; i <= 150; i++) {
    await page.keyboard.press("j");
    await page.waitForFunction((want) => Number(document.activeElement?.closest("[data-row]")?.getAttribute("aria-posinset") ?? 0) === want, from + i);
  }
  const end = await seen();
  if (end.wrong.length > 0) throw new Error(`rows in the wrong place: ${end.wrong.join(", ")}`);
  if (end.most > 60 || end.elements > 3_000) throw new Error(`${end.most} rows and ${end.elements} elements were drawn at once`);
  // Far fewer than the pages that came in and the keys that were pressed.
  if (end.tasks > 400) throw new Error(`${end.tasks} long tasks`);
  console.error(JSON.stringify(end));
  tell("far");
});
