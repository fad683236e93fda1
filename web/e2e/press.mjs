// What agents feel, measured in a browser: from a key press to the next frame that
// shows what it was for, and how even frames are while a long list is scrolled;
// beside a page that does nothing else. Each measure is a line of JSON, times in ms.
//
//   SKEIN_URL  the address; SKEIN_EMAIL, SKEIN_PASSWORD  who signs in
//   CHROMIUM   the browser's path
import { browser, run, signIn, watch } from "./kit.mjs";

const { SKEIN_URL, SKEIN_EMAIL, SKEIN_PASSWORD } = process.env;
const presses = 120;
const frames = 600;

function tell(name, took, extra = {}) {
  const sorted = [...took].sort((a, b) => a - b);
  const of = (q) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];
  console.log(JSON.stringify({ name, n: took.length, p50: of(0.5), p99: of(0.99), ...extra }));
}

/** Puts into the page what measures there. */
const measure = (context) =>
  context.addInitScript(() => {
    // From the event's own time to a task after the frame that is drawn once done() is
    // true: what runs in a frame's callback is before its painting, what it posts is after.
    window.toPaint = (done) =>
      new Promise((resolve) => {
        let began = 0;
        const onKey = (e) => (began = e.key === "Control" ? 0 : e.timeStamp);
        const look = () => {
          if (began === 0 || !done()) return;
          seen.disconnect();
          removeEventListener("keydown", onKey, true);
          requestAnimationFrame(() => {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = () => resolve(performance.now() - began);
            port2.postMessage(0);
          });
        };
        const seen = new MutationObserver(look);
        seen.observe(document, { childList: true, subtree: true, attributes: true, characterData: true });
        addEventListener("keydown", onKey, true);
      });
    // Frame times while something is scrolled by so many pixels a frame.
    window.scrolled = (box, by, n) =>
      new Promise((resolve) => {
        const took = [];
        let last = 0;
        const frame = (now) => {
          if (last > 0) took.push(now - last);
          last = now;
          box.scrollBy(0, by);
          if (took.length < n) requestAnimationFrame(frame);
          else resolve(took);
        };
        requestAnimationFrame(frame);
      });
  });

/** Presses a key and tells how long it took until done, an expression, was painted. */
async function press(page, key, done) {
  await page.evaluate(`void (window.measured = toPaint(() => ${done}))`);
  await page.keyboard.press(key);
  return page.evaluate(() => window.measured);
}

await run(async () => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
  await context.addInitScript(() => localStorage.setItem("skein.hold", "0"));
  await measure(context);

  // The least that a page can do: a word is another one, a list of boxes scrolls.
  const bare = await context.newPage();
  await bare.goto(`${SKEIN_URL}/healthz`);
  await bare.setContent(`<p>0</p><div style="height:800px;overflow-y:auto">${"<p style='height:63px;margin:0'>A row</p>".repeat(2000)}</div>`);
  await bare.evaluate(() => addEventListener("keydown", () => (document.querySelector("p").textContent = Number(document.querySelector("p").textContent) + 1)));
  const least = [];
  for (let i = 1; i <= presses; i++) least.push(await press(bare, "j", `document.querySelector("p").textContent === "${i}"`));
  tell("a bare page, a key", least);
  tell("a bare page, scrolled", await bare.evaluate((n) => window.scrolled(document.querySelector("div"), 160, n), frames));
  await bare.close();

  const page = watch(await context.newPage());
  page.setDefaultTimeout(120_000);
  const fetched = new Set();
  page.on("requestfinished", (r) => {
    const [, id, what] = /\/conversations\/([^/?]+)\/(messages|activity)/.exec(r.url()) ?? [];
    if (id) fetched.add(`${id} ${what}`);
  });
  // Nothing is fetched ahead while the page isn't live.
  const ahead = async (id) => {
    for (const end = Date.now() + 2_000; Date.now() < end && !(fetched.has(`${id} messages`) && fetched.has(`${id} activity`)); ) await new Promise((r) => setTimeout(r, 20));
    return fetched.has(`${id} messages`) && fetched.has(`${id} activity`);
  };

  await page.goto(`${SKEIN_URL}/all?status=all`);
  await signIn(page, SKEIN_EMAIL, SKEIN_PASSWORD);
  await page.locator("[data-row]").first().waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.locator("[data-conversation] article").first().waitFor();

  // To the next conversation, whose messages are there already.
  const next = [];
  let late = 0;
  while (next.length < presses) {
    const open = page.locator("[data-row]:has([aria-current=true]) + [data-row]");
    const id = await open.getAttribute("data-row");
    const number = /\/c\/(\d+)/.exec(await open.locator("a").getAttribute("href"))[1];
    const there = await ahead(id);
    if (!there && ++late > presses / 4) throw new Error("what comes next is not fetched ahead");
    await page.evaluate(() => new Promise((r) => requestIdleCallback(r)));
    const took = await press(page, "j", `document.querySelector("[data-conversation]")?.getAttribute("aria-label")?.endsWith(" ${number}") && document.querySelector("[data-conversation] article") && !document.querySelector("[data-conversation] .skeleton")`);
    if (there) next.push(took);
  }
  if (late > 0) console.error(`${late} were not fetched ahead, and don't count`);
  tell("the next conversation", next, { than: "a bare page, a key", bar: 50 });

  // The composer, open and shut.
  const composing = [];
  for (let i = 0; i < presses; i++) {
    composing.push(await press(page, "r", `document.activeElement?.closest(".ProseMirror")`));
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => !document.activeElement?.closest(".ProseMirror"));
  }
  tell("the composer", composing, { than: "a bare page, a key", bar: 50 });

  // A reply, until it stands among the messages; each in a conversation of its own.
  const sent = [];
  const taken = [];
  for (let i = 0; i < presses / 4; i++) {
    const was = await page.locator("[data-conversation]").getAttribute("aria-label");
    await page.keyboard.press("j");
    await page.waitForFunction((w) => document.querySelector("[data-conversation]")?.getAttribute("aria-label") !== w, was);
    await page.locator("[data-conversation] article").first().waitFor();
    await page.keyboard.press("r");
    await page.locator(".ProseMirror-focused").waitFor();
    const text = `Measured reply ${i} is on its way.`;
    await page.keyboard.insertText(text);
    await page.locator(".ProseMirror").getByText(text).waitFor();
    const answer = page.waitForResponse((r) => r.url().endsWith("/replies"));
    const began = performance.now();
    sent.push(await press(page, "Control+Enter", `[...document.querySelectorAll("[data-conversation] article")].some((a) => a.textContent.includes(${JSON.stringify(text)}))`));
    const status = (await answer).status();
    taken.push(performance.now() - began);
    if (status !== 202) throw new Error(`a reply is answered with ${status}`);
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => !document.activeElement?.closest(".ProseMirror"));
  }
  tell("a reply on the page", sent, { than: "a bare page, a key", bar: 50 });
  tell("a reply taken by the server", taken);

  await page.goto(`${SKEIN_URL}/all?status=all`);
  await page.locator("[data-row]").first().waitFor();
  const took = await page.evaluate((n) => window.scrolled(document.querySelector("[data-row]").closest("ul").parentElement, 160, n), frames);
  const reached = await page.locator("[data-row]").last().getAttribute("aria-posinset");
  tell("a long list, scrolled", took, { than: "a bare page, scrolled", note: `${reached} rows down` });
});
