// An agent looks at a customer with an order and a cart, while a supervisor works
// beside and the shop tells of its stock: what is done stands in the open page
// with no reload. Each step is told on its own line; axe looks at what it shows.
//
//   SKEIN_URL  the address; SKEIN_EMAIL, SKEIN_PASSWORD  who signs in
//   SKEIN_CONVERSATION  its number; SKEIN_ORDER  the order's id
//   SKEIN_BESIDE  the token of a supervisor who works beside; SKEIN_SECRET  the shop's
//   CHROMIUM   the browser's path; SKEIN_SHOTS  a folder for pictures; absent: none
import { createHmac } from "node:crypto";
import { call, done as told, gone, open, run, signIn, there } from "./kit.mjs";

const { SKEIN_URL, SKEIN_EMAIL, SKEIN_PASSWORD, SKEIN_CONVERSATION, SKEIN_ORDER, SKEIN_BESIDE, SKEIN_SECRET } = process.env;
const page = await open(`${SKEIN_URL}/c/${SKEIN_CONVERSATION}`, { viewport: { width: 1440, height: 1200 } });
const beside = (path, body) => call(SKEIN_BESIDE, "POST", path, body);
async function hook(topic, body) {
  const answer = await fetch(`${SKEIN_URL}/in/shop/lamps`, {
    method: "POST",
    headers: { "X-Shopify-Topic": topic, "X-Shopify-Hmac-Sha256": createHmac("sha256", SKEIN_SECRET).update(body).digest("base64") },
    body,
  });
  if (!answer.ok) throw new Error(`${topic}: ${answer.status} ${await answer.text()}`);
}
const done = (name) => told(page, name);

await run(async () => {
  // The shop is told to have been silent, until the page is opened again.
  await page.route("**/api/v1/connectors", async (route) => {
    const answer = await route.fetch();
    const list = await answer.json();
    for (const c of list.items ?? []) if (c.account === "lamps") c.silentAt = new Date(Date.now() - 3 * 3_600_000).toISOString();
    await route.fulfill({ response: answer, json: list });
  });
  await signIn(page, SKEIN_EMAIL, SKEIN_PASSWORD);
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
  // Where nothing is left that can be done, the order says why.
  await page.goto(`${SKEIN_URL}/settings/channels/lamps`);
  for (const name of ["Cancel an order", "Change an order’s address", "Send an order’s confirmation again"]) await page.getByRole("checkbox", { name, checked: true }).uncheck();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await there(page.getByRole("status", { name: "Done" }).getByText(/saved/i));
  await there(page.getByRole("checkbox", { name: "Cancel an order", checked: false }));
  await page.goto(`${SKEIN_URL}/c/${SKEIN_CONVERSATION}`);
  await there(order.getByText(/^No refunds or changes from here: /));
  if ((await order.getByRole("button", { name: "Cancel…" }).count()) > 0) throw new Error("what is switched off is offered");
  await done("not-offered");
});
