// An agent looks at a customer with an order and a cart, while a supervisor works
// beside and the shop tells of its stock: what is done stands in the open page
// with no reload. Each step is told on its own line; axe looks at what it shows.
//
//   SKEIN_URL  the address; SKEIN_EMAIL, SKEIN_PASSWORD  who signs in
//   SKEIN_CONVERSATION  its number; SKEIN_ORDER  the order's id
//   SKEIN_BESIDE  the token of a supervisor who works beside; SKEIN_SECRET  the shop's
//   CHROMIUM   the browser's path; SKEIN_SHOTS  a folder for pictures; absent: none
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const { SKEIN_URL, SKEIN_EMAIL, SKEIN_PASSWORD, SKEIN_CONVERSATION, SKEIN_ORDER, SKEIN_BESIDE, SKEIN_SECRET, CHROMIUM, SKEIN_SHOTS } = process.env;
const axe = readFileSync(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const context = await browser.newContext({ viewport: { width: 1440, height: 1200 }, bypassCSP: true });
const page = await context.newPage();
page.setDefaultTimeout(60_000);
const broken = [];
page.on("pageerror", (e) => broken.push(String(e)));
const there = (what) => what.first().waitFor();
const gone = (what) => what.first().waitFor({ state: "detached" });

async function answered(answer) {
  if (!answer.ok) throw new Error(`${answer.url}: ${answer.status} ${await answer.text()}`);
  return answer;
}
const beside = (path, body) =>
  fetch(`${SKEIN_URL}/api/v1${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${SKEIN_BESIDE}`, "content-type": "application/json", "idempotency-key": `${path} ${Math.random()}`.replace(/\s/g, "") },
    body: JSON.stringify(body),
  }).then(answered);
const hook = (topic, body) =>
  fetch(`${SKEIN_URL}/in/shop/lamps`, {
    method: "POST",
    headers: { "X-Shopify-Topic": topic, "X-Shopify-Hmac-Sha256": createHmac("sha256", SKEIN_SECRET).update(body).digest("base64") },
    body,
  }).then(answered);

async function done(name) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa"] }));
  const serious = violations.filter((v) => v.impact === "serious" || v.impact === "critical");
  if (serious.length > 0) throw new Error(`${name}: ${serious.map((v) => `${v.id} at ${v.nodes.map((n) => n.html.slice(0, 160)).join(", ")}`).join("; ")}`);
  if (SKEIN_SHOTS) await page.screenshot({ path: `${SKEIN_SHOTS}/${name}.png` });
  if (broken.length > 0) throw new Error(`the page threw ${broken.join("; ")}`);
  console.log(name);
}

try {
  // The shop is told to have been silent, until the page is opened again.
  await page.route("**/api/v1/connectors", async (route) => {
    const answer = await route.fetch();
    const told = await answer.json();
    for (const c of told.items ?? []) if (c.account === "lamps") c.silentAt = new Date(Date.now() - 3 * 3_600_000).toISOString();
    await route.fulfill({ response: answer, json: told });
  });
  await page.goto(`${SKEIN_URL}/c/${SKEIN_CONVERSATION}`);
  await page.getByLabel(/email/i).waitFor();
  await page.keyboard.type(SKEIN_EMAIL);
  await page.keyboard.press("Tab");
  await page.keyboard.type(SKEIN_PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByPlaceholder(/search/i).waitFor();
  const panel = page.getByRole("complementary", { name: "Customer" });
  const order = panel.getByRole("article", { name: /^Order #1042/ });
  const cart = panel.getByRole("article", { name: "Cart" });
  const timeline = panel.getByRole("region", { name: "Timeline" });
  await there(order);
  await there(cart.getByRole("link", { name: /recover/ }));
  await there(order.getByRole("button", { name: "Refund…" }));
  const stale = panel.getByText(/^Orders as of 3 hr\. ago: .+ has sent nothing since/);
  await there(stale);
  await done("opened");
  await page.unroute("**/api/v1/connectors");

  // A colleague refunds; the shop does it, and both stand in the open page.
  await beside(`/orders/${SKEIN_ORDER}/actions`, { kind: "refund", amount: 1000, reason: "broken" });
  const refunded = timeline.getByRole("listitem").filter({ hasText: "Refund asked for" });
  await there(refunded.filter({ hasText: "Done" }));
  await there(order.getByRole("list", { name: "Done in the shop" }).getByText("done"));
  await done("refunded");

  await gone(order.getByText("in stock"));
  await hook("inventory_levels/update", JSON.stringify({ inventory_item_id: 808, location_id: 5, available: 12, updated_at: new Date().toISOString() }));
  await there(order.getByText("12 in stock"));
  await done("stocked");

  await cart.getByRole("button", { name: "Put the link in the reply" }).click();
  await there(page.locator("[contenteditable=true]").getByText("/recover?key=k"));
  await done("link");

  await cart.getByRole("button", { name: "Mail the link…" }).click();
  const sheet = page.getByRole("dialog");
  await sheet.getByLabel("Your words").fill("Here it is, Ada");
  await sheet.getByRole("button", { name: "Have it mailed" }).click();
  await gone(sheet);
  await there(cart.getByRole("list", { name: "Done with the cart in the shop" }).getByText("done"));
  await there(timeline.getByRole("listitem").filter({ hasText: "Mail with the cart’s link" }).filter({ hasText: "Done" }));
  await done("mailed");

  await cart.getByRole("button", { name: "Bought in the store…" }).click();
  await sheet.getByRole("button", { name: "It was bought" }).click();
  await gone(cart);
  await there(timeline.getByRole("listitem").filter({ hasText: "Bought in the store" }).filter({ hasText: "Done" }));
  await done("bought");

  // What is switched off on the account's page is offered nobody.
  await page.goto(`${SKEIN_URL}/settings/channels/lamps`);
  const refunds = page.getByRole("checkbox", { name: "Refund an order" });
  await there(refunds);
  if (!(await refunds.isChecked())) throw new Error("refunds are off before anybody said so");
  await refunds.uncheck();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await there(page.getByRole("status", { name: "Done" }).getByText(/saved/i));
  await there(page.getByRole("checkbox", { name: "Refund an order", checked: false }));
  await done("withheld");
  await page.goto(`${SKEIN_URL}/c/${SKEIN_CONVERSATION}`);
  await there(order.getByRole("button", { name: "Cancel…" }));
  await gone(stale);
  if ((await order.getByRole("button", { name: "Refund…" }).count()) > 0) throw new Error("what is switched off is offered");
  await done("not-offered");
} catch (e) {
  if (SKEIN_SHOTS) await page.screenshot({ path: `${SKEIN_SHOTS}/failed.png` });
  throw e;
} finally {
  await browser.close();
}
