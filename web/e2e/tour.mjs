// Goes by the keys, which are the same in every language, through the list, a
// conversation and the composer, and returns all that is read there.

/** All that is read on a page: texts, and what is said to those who hear it. Runs in the page. */
export const shown = () => {
  const outside = "aside, script, noscript, style, kbd, iframe";
  const all = new Set();
  const keep = (s) => {
    const words = (s ?? "").replace(/\s+/gu, " ").trim();
    if (/\p{L}{2,}/u.test(words)) all.add(words);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) if (walker.currentNode.parentElement?.closest(outside) === null) keep(walker.currentNode.data);
  for (const e of document.body.querySelectorAll("*")) {
    if (e.closest(outside) !== null) continue;
    for (const a of ["aria-label", "aria-description", "aria-roledescription", "aria-valuetext", "alt", "title", "placeholder", "data-placeholder"]) keep(e.getAttribute(a));
  }
  return [...all];
};

/** What is read on the way, of the conversation whose subject is given. */
export async function tour(page, url, subject) {
  const all = new Set();
  const read = async () => {
    for (const s of await page.evaluate(shown)) all.add(s);
  };
  const over = "[role='menu'], [role='dialog']";
  const away = () => page.waitForFunction((o) => document.querySelector(o) === null, over);
  /** Opens something over the page, reads it, and closes it. */
  const look = async (open) => {
    await open();
    await page.locator(over).first().waitFor();
    await read();
    await page.keyboard.press("Escape");
    await away();
  };
  const press = (key) => () => page.keyboard.press(key);
  const last = (buttons) => () => page.locator(`${buttons} button[aria-haspopup='true']`).last().click();

  await page.goto(`${url}/unassigned`);
  await page.getByText(subject).first().waitFor();
  await page.locator("header:has(nav) button").nth(3).waitFor(); // the bell comes later
  await read();
  await look(last("header:has(nav)"));
  await look(press("?"));
  await page.setViewportSize({ width: 390, height: 844 });
  await page.locator("nav button").waitFor();
  await read();
  await page.setViewportSize({ width: 1440, height: 900 });

  await page.getByText(subject).first().click();
  await page.locator("[data-conversation] [data-message]").first().waitFor();
  await page.keyboard.press("r");
  await page.locator("[data-answer] .ProseMirror").waitFor();
  await page.keyboard.press("Escape");
  await read();
  await look(() => page.locator("[data-message] header button[aria-expanded]").nth(1).click()); // why it is here, beside to whom it went
  await look(press("a"));
  await look(last("[data-conversation] > header"));
  for (const key of ["s", "t", "p"]) await look(press(key));
  await look(last("[data-answer]"));

  await page.keyboard.press("r");
  await page.waitForFunction(() => document.activeElement?.closest(".ProseMirror"));
  await look(press("/"));
  await page.waitForFunction(() => document.activeElement?.closest(".ProseMirror")?.textContent === "/");
  await page.keyboard.press("Backspace");
  await page.keyboard.press("Escape");
  await page.keyboard.press("n");
  await page.waitForFunction(() => document.activeElement?.tagName === "TEXTAREA");
  await read();
  await page.keyboard.press("Escape");

  // Assigned and given back: what is said of that stands at the foot of the page.
  await page.keyboard.press("m");
  await page.locator("[role='status'] button").first().waitFor();
  await read();
  await page.keyboard.press("z");
  await page.waitForFunction(() => document.querySelector("[role='status'] button") === null);
  return all;
}
