// All of a list is selected, of which a part is loaded, and changed but for one and
// taken back; and on a telephone a touch that lasts selects, further ones add.
//
//   SKEIN_URL  the address; SKEIN_EMAIL, SKEIN_PASSWORD  who signs in
//   ROWS  how many the list holds; SKEIN_BESIDE  the token of who looks at it
//   CHROMIUM   the browser's path; SKEIN_SHOTS  a folder for pictures; absent: none
import { call, done, keys, open as newPage, run, signIn, until } from "./kit.mjs";

const { SKEIN_URL, SKEIN_EMAIL, SKEIN_PASSWORD, SKEIN_BESIDE } = process.env;
const rows = Number(process.env.ROWS);

async function open(options) {
  const page = await newPage(`${SKEIN_URL}/all`, options);
  await signIn(page, SKEIN_EMAIL, SKEIN_PASSWORD);
  await page.locator("[data-row]").first().waitFor();
  return page;
}

/** How many the server holds in a status, of what the agent sees. */
async function held(status) {
  let n = 0;
  for (let cursor = ""; ; ) {
    const { items, next } = await call(SKEIN_BESIDE, "GET", `/conversations?status=${status}&limit=100${cursor}`);
    n += items.length;
    if (!next) return n;
    cursor = `&cursor=${encodeURIComponent(next)}`;
  }
}

const selected = (page, n) => page.locator("section").getByText(`${n} selected`, { exact: true }).waitFor();
const toasted = (page, words) => page.getByRole("status", { name: "Done" }).getByText(words).waitFor();
const all = (page) => page.getByRole("navigation", { name: "Lists" }).getByRole("link", { name: new RegExp(`^All ?${rows}$`) }).waitFor();

await run(async () => {
  const page = await open();
  const press = (...names) => keys(page, ...names);
  await all(page);
  if ((await page.locator("[data-row]").first().getAttribute("aria-setsize")) !== "-1") throw new Error("the whole list is loaded: that is no test");
  await press("j", "X");
  await selected(page, rows);
  await done(page, "all");

  // But for the one that has the focus. Those that leave the list while it is gone
  // through make it no shorter for the others.
  await press("x");
  await selected(page, rows - 1);
  const spared = await page.locator("[data-row]").first().getAttribute("data-row");
  await press("e");
  await toasted(page, `Closed: ${rows - 1} conversations`);
  await until("the spared one is there alone", async () => {
    const left = await page.locator("[data-row]").evaluateAll((r) => r.map((x) => x.dataset.row));
    return (left.length === 1 && left[0] === spared) || left.join();
  });
  const counted = `${await held("open")} open, ${await held("closed")} closed`;
  if (counted !== `1 open, ${rows - 1} closed`) throw new Error(`the server holds ${counted}`);
  await done(page, "closed");
  await press("z");
  await toasted(page, `Taken back: ${rows - 1} conversations`);
  await all(page);
  if ((await held("open")) !== rows) throw new Error(`after it was taken back ${await held("open")} are open`);
  await done(page, "back");
  await page.context().close();

  const phone = await open({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  const cdp = await phone.context().newCDPSession(phone);
  const at = async (n) => {
    const box = await phone.locator("[data-row]").nth(n).boundingBox();
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  };
  const tap = async (n) => {
    const { x, y } = await at(n);
    await phone.touchscreen.tap(x, y);
  };
  const nothingOpened = () => {
    if (!phone.url().endsWith("/all")) throw new Error(`a touch that selects opened ${phone.url()}`);
  };
  await cdp.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [await at(1)] });
  await selected(phone, 1);
  await cdp.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  nothingOpened();
  await tap(2);
  await selected(phone, 2);
  nothingOpened();
  await tap(1);
  await selected(phone, 1);
  nothingOpened();
  const second = await phone.locator("[data-row]").nth(2).getByRole("checkbox").getAttribute("aria-checked");
  if (second !== "true") throw new Error("another one is selected than the one that was touched");
  await done(phone, "touched");

  // All of it is one more touch, and the bar lies whole above what is below.
  await phone.getByRole("button", { name: `Select all ${rows}` }).tap();
  await selected(phone, rows);
  const bar = await phone.getByRole("toolbar", { name: "With what is selected" }).boundingBox();
  const nav = await phone.getByRole("navigation").last().boundingBox();
  if (bar.x < 0 || bar.x + bar.width > 390 || bar.y + bar.height > nav.y) throw new Error(`the bar is at ${JSON.stringify(bar)}, the lists at ${JSON.stringify(nav)}`);
  await phone.getByRole("button", { name: "Select nothing" }).tap();
  await phone.getByRole("toolbar", { name: "With what is selected" }).waitFor({ state: "detached" });
  await tap(1);
  await phone.locator("[data-conversation] h1").waitFor();
  await done(phone, "opened");
});
