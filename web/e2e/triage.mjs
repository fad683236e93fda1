// An admin says what is noted of conversations, and sorts them out by keyboard: contact
// reason, team, watching, spam and blocking, and where the page goes then, while a
// colleague looks on. Each step is told on its own line; axe looks at what it shows.
//
//   SKEIN_URL  the address; SKEIN_EMAIL, SKEIN_PASSWORD  who signs in
//   SKEIN_BESIDE  the mail address of a colleague with the same password
//   SKEIN_TOKEN  the token of the admin
//   CHROMIUM   the browser's path; SKEIN_SHOTS  a folder for pictures; absent: none
import { call, done as told, gone, keys, open as newPage, run, signIn, until } from "./kit.mjs";

const { SKEIN_URL, SKEIN_EMAIL, SKEIN_PASSWORD, SKEIN_BESIDE, SKEIN_TOKEN } = process.env;
async function enter(email, path) {
  const page = await newPage(SKEIN_URL + path);
  await signIn(page, email, SKEIN_PASSWORD);
  return page;
}
const listed = (await call(SKEIN_TOKEN, "GET", "/conversations?status=all&limit=100")).items;
const number = (letter) => listed.find((c) => c.subject === `Matter ${letter}`).number;
const now = (letter) => call(SKEIN_TOKEN, "GET", `/conversations/${number(letter)}`);
const is = (letter, status) => until(`${letter} is ${status}`, async () => (await now(letter)).status === status || (await now(letter)).status);

let page;
const press = (...names) => keys(page, ...names);
const dialog = () => page.getByRole("dialog");
const opened = (letter) => page.locator("[data-conversation] h1", { hasText: `Matter ${letter}` }).waitFor();
const header = () => page.locator("[data-conversation] header");
const toasted = (words) => page.getByRole("status", { name: "Done" }).getByText(words).first().waitFor();
async function open(letter) {
  await page.goto(`${SKEIN_URL}/c/${number(letter)}?list=all`);
  await opened(letter);
}
const done = (name) => told(page, name);

await run(async () => {
  // What is noted of conversations is said once, in two levels.
  page = await enter(SKEIN_EMAIL, "/settings/fields");
  await page.getByRole("button", { name: "Add a field" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Contact reason");
  await page.getByRole("button", { name: "Add an entry", exact: true }).click();
  await page.getByLabel("Entry", { exact: true }).fill("Delivery");
  await page.getByRole("button", { name: "Add an entry below Delivery" }).click();
  await page.getByRole("textbox", { name: "Below Delivery" }).fill("Late");
  await page.getByRole("button", { name: "Add an entry", exact: true }).click();
  await page.getByLabel("Entry", { exact: true }).nth(1).fill("Returns");
  await page.getByLabel("Required to close").check();
  await done("defining");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("3 entries").waitFor();
  await done("defined");

  // It is set from the conversation, and a colleague sees it at once.
  const beside = await enter(SKEIN_BESIDE, `/c/${number("A")}?list=all`);
  await beside.locator("[data-conversation] h1", { hasText: "Matter A" }).waitFor();
  await open("A");
  await press("y");
  await dialog().getByLabel(/Contact reason/).selectOption({ index: 2 }); // below the first
  await done("noting");
  await dialog().getByRole("button", { name: "Save" }).press("Enter");
  await header().getByText("Contact reason: Delivery / Late").waitFor();
  await beside.locator("[data-conversation] header").getByText("Contact reason: Delivery / Late").waitFor();
  await beside.close();
  await gone(dialog());
  await done("noted");

  // One that lacks it isn't closed: it is asked for, and the next one is opened then.
  await open("B");
  await header().getByRole("button", { name: "Close the conversation" }).waitFor();
  await press("e");
  await dialog().getByText(`Before #${number("B")} is closed`).waitFor();
  await dialog().getByRole("button", { name: "Close", exact: true }).last().press("Enter");
  await dialog().getByText("Is required").waitFor();
  await done("asked");
  await dialog().getByLabel(/Contact reason/).selectOption({ index: 3 });
  await dialog().getByRole("button", { name: "Close", exact: true }).last().press("Enter");
  await toasted(`Closed: #${number("B")}`);
  await opened("A");
  await is("B", "closed");
  await done("closed");

  // So is an answer that closes, and it leaves with it.
  await open("C");
  await press("r");
  await page.locator("[contenteditable=true]:focus").waitFor();
  await page.keyboard.type("Gladly.");
  await page.getByRole("button", { name: "More ways to send" }).press("Enter");
  await page.getByRole("menuitem", { name: "Send and close" }).press("Enter");
  await dialog().getByText(`Before #${number("C")} is closed`).waitFor();
  if ((await now("C")).messageSeq !== 1) throw new Error("the answer left before it was asked");
  await dialog().getByLabel(/Contact reason/).selectOption({ index: 1 });
  await dialog().getByRole("button", { name: "Close", exact: true }).last().press("Enter");
  await is("C", "closed");
  if ((await now("C")).messageSeq !== 2) throw new Error("the answer did not go with it");
  await done("sent");

  // Of several, each takes what it lacks.
  await page.goto(`${SKEIN_URL}/all`);
  await page.locator("[data-row]", { hasText: "Matter D" }).locator("a").focus();
  await press("x");
  await page.locator("[data-row]", { hasText: "Matter A" }).locator("a").focus();
  await press("x");
  await page.locator("section").getByText("2 selected").waitFor();
  await page.locator("[role=toolbar] button[aria-label=Close]:not([disabled])").waitFor();
  await press("e");
  await dialog().getByText("Before the conversation is closed").waitFor();
  await dialog().getByLabel(/Contact reason/).selectOption({ index: 3 });
  await done("several");
  await dialog().getByRole("button", { name: "Close", exact: true }).last().press("Enter");
  await toasted("Closed: 2 conversations");
  await is("A", "closed");
  await is("D", "closed");
  if (Object.values((await now("A")).fields)[0] === Object.values((await now("D")).fields)[0]) throw new Error("what had a reason got another");
  await page.goto(`${SKEIN_URL}/search?q=reason:delivery`);
  await page.getByText("it is about A").first().waitFor();
  if ((await page.getByText("it is about D").count()) > 0) throw new Error("found by another reason");
  await done("found");

  // A page that doesn't know what is required is told by the server: nothing is lost.
  await page.route("**/api/v1/fields", (route) => route.fulfill({ json: { items: [] } }));
  await open("E");
  await press("e");
  await toasted(/Contact reason must be filled in first/);
  await page.locator("[data-row]", { hasText: "Matter E" }).waitFor();
  await is("E", "open");
  await page.unroute("**/api/v1/fields");
  await done("refused");

  // To a team, and watched.
  await open("E");
  await press("W");
  await header().getByRole("button", { name: "Watching" }).waitFor();
  await done("watched");
  // On another device, no more and again.
  await until("it is watched", async () => (await call(SKEIN_TOKEN, "GET", `/conversations/${number("E")}/watch`)).watching);
  await call(SKEIN_TOKEN, "DELETE", `/conversations/${number("E")}/watch`);
  await gone(header().getByRole("button", { name: "Watching" }));
  await call(SKEIN_TOKEN, "PUT", `/conversations/${number("E")}/watch`);
  await header().getByRole("button", { name: "Watching" }).waitFor();
  await press("T");
  await dialog().getByRole("button", { name: "Warehouse" }).press("Enter");
  await toasted(`Handed to Warehouse: #${number("E")}`);
  await opened("F");
  await until("E has a team", async () => Boolean((await now("E")).teamId));
  await done("handed");

  // Spam, and taken back; then for good, with its sender.
  await press("!");
  await toasted(`Moved to Spam: #${number("F")}`);
  await is("F", "spam");
  await press("z");
  await is("F", "open");
  await open("F");
  await press("B");
  await toasted(/is blocked/);
  await is("F", "spam");
  await page.goto(`${SKEIN_URL}/settings/senders`);
  await page.getByText("kimF@x.example").waitFor();
  await done("blocked");
  await page.getByRole("button", { name: /^Unblock/ }).click();
  await page.getByText("Nobody is blocked.").waitFor();

  // Where the page goes is the agent's choice.
  await page.goto(`${SKEIN_URL}/settings/onward`);
  await page.getByLabel("Back to the list").check();
  await until("it is kept", async () => (await call(SKEIN_TOKEN, "GET", "/me")).agent.onward === "list");
  await done("chosen");
  await call(SKEIN_TOKEN, "PATCH", `/conversations/${number("F")}`, { status: "open" });
  await open("F"); // below which there is another
  await press("!");
  await page.waitForURL((u) => u.pathname === "/all");
  await is("F", "spam");
  await press("z");
  await is("F", "open");
  await done("gone");

  // What a key opens is there before it is wanted, so that it opens without a network.
  const parts = () => page.evaluate(() => performance.getEntriesByType("resource").filter((r) => /\/(Triage|Together)-/u.test(r.name)).length);
  await open("E");
  await until("what keys open is fetched ahead", async () => (await parts()) === 2 || (await parts()));
  await page.context().setOffline(true);
  await press("p");
  await dialog().waitFor();
  await press("Escape");
  await gone(dialog());
  await page.context().setOffline(false);
  // What can't be fetched breaks nothing, and opens when it can.
  const part = /\/assets\/Triage-/u;
  let asked = 0;
  await page.route(part, (route) => {
    asked++;
    return route.abort();
  });
  await open("E");
  await press("p");
  await until("it is asked for", () => asked > 0);
  await opened("E");
  if ((await dialog().count()) > 0) throw new Error("a part opened that can't have been fetched");
  await page.unroute(part);
  await dialog().waitFor();
  await press("Escape");
  await done("cut");
});
