// An agent goes to lists, sorts them, saves them as views, and changes what is
// selected at once, while a colleague works beside. Each step is told on its own
// line; axe looks at what each of them shows.
//
//   SKEIN_URL  the address; SKEIN_EMAIL, SKEIN_PASSWORD  who signs in
//   SKEIN_BESIDE  the token of a supervisor who works beside
//   CHROMIUM   the browser's path; SKEIN_SHOTS  a folder for pictures; absent: none
import { call, done as told, keys, open, run, signIn, there, until } from "./kit.mjs";

const { SKEIN_URL, SKEIN_EMAIL, SKEIN_PASSWORD, SKEIN_BESIDE } = process.env;
const page = await open(`${SKEIN_URL}/all`);
const press = (...names) => keys(page, ...names);
const type = (text) => page.keyboard.type(text);
const subjects = () => page.locator("[data-row] a").evaluateAll((all) => all.map((a) => /Matter ([A-Z])/.exec(a.textContent)?.[1] ?? "?").join(""));
const shows = (want) => until(`rows ${want}`, async () => (await subjects()) === want || (await subjects()));
const nav = (name) => page.getByRole("navigation", { name: "Lists" }).getByRole("link", { name });
const counts = (name, want) => nav(new RegExp(`^${name}${want === "" ? "" : ` ?${want}`}$`)).first().waitFor();
const toasted = (words) => there(page.getByRole("status", { name: "Done" }).getByText(words));
const selected = (n) => there(page.locator("section").getByText(`${n} selected`));
const beside = (method, path, body) => call(SKEIN_BESIDE, method, path, body);
const listed = (await beside("GET", "/conversations?status=open&limit=100")).items;
const id = (letter) => listed.find((c) => c.subject === `Matter ${letter}`).id;
const now = (letter) => beside("GET", `/conversations/${id(letter)}`);
const change = (letter, how) => beside("PATCH", `/conversations/${id(letter)}`, how);
const done = (name) => told(page, name);

await run(async () => {
  await signIn(page, SKEIN_EMAIL, SKEIN_PASSWORD);

  // Neither a row nor a count of an inbox that isn't the agent's.
  await shows("FEDCBA");
  await counts("All", 6);
  await done("listed");

  // The order is remembered for the list, through a reload and from another list.
  await page.getByRole("button", { name: /^Sort/ }).press("Enter");
  await page.getByRole("menuitem", { name: "Oldest" }).press("Enter");
  await shows("ABCDEF");
  await page.reload();
  await shows("ABCDEF");
  await press("g", "u");
  await shows("FEDCBA");
  await press("g", "a");
  await shows("ABCDEF");
  await page.getByRole("button", { name: /^Sort/ }).press("Enter");
  await page.getByRole("menuitem", { name: "Newest" }).press("Enter");
  await shows("FEDCBA");
  await done("sorted");

  // A key that follows at once on the one that opens the next is the next one's: its
  // field isn't drawn yet, and no frame comes between.
  const field = page.locator("[data-answer] textarea:focus");
  const opened = (letter) => there(page.locator("[data-conversation] h1").getByText(`Matter ${letter}`));
  await press("j", "Enter");
  await opened("F");
  await there(page.locator("[data-answer] .ProseMirror"));
  await page.evaluate(async () => {
    const label = () => document.querySelector("[data-conversation]").getAttribute("aria-label");
    const key = (k) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: k, bubbles: true, cancelable: true }));
    const was = label();
    key("j");
    for (let i = 0; i < 10_000 && label() === was; i++) await null;
    key("n");
  });
  await there(field);
  await type("Quickly");
  await opened("E");
  await press("Escape", "k");
  await opened("F");
  await press("n");
  await there(field);
  if ((await field.inputValue()) !== "") throw new Error(`the note of one stands in another: ${await field.inputValue()}`);
  await press("Escape", "j");
  await opened("E");
  await press("n");
  await there(field);
  if ((await field.inputValue()) !== "Quickly") throw new Error(`the note has become ${await field.inputValue()}`);
  await press("Control+a", "Delete", "Escape");
  await done("quick");
  await page.goto(`${SKEIN_URL}/all`);
  await shows("FEDCBA");

  // Selected by keys, changed at once, taken back as a whole.
  await press("j", "x", "J", "J");
  await selected(3);
  await done("selected");
  await press("t");
  await page.getByRole("dialog").getByRole("combobox").waitFor();
  await type("VIP, late");
  await press("Enter");
  await toasted("Tagged: 3 conversations");
  await press("z"); // at once: what undoes goes away after a while
  await toasted("Taken back: 3 conversations");
  await until("the tags", async () => (await now("F")).tags === undefined || JSON.stringify((await now("F")).tags));
  await page.locator("[data-row] a").nth(0).focus();
  await press("x", "J", "J");
  await selected(3);
  await press("t");
  await page.getByRole("dialog").getByRole("combobox").waitFor();
  await type("vip");
  await press("Enter");
  await counts("vip", 3);
  // The tag in use is offered as it is typed.
  await page.locator("[data-row] a").nth(3).focus();
  await press("x", "t");
  await page.getByRole("dialog").getByRole("combobox").waitFor();
  await type("late, vi");
  await page.getByRole("option", { name: "vip" }).waitFor();
  await press("ArrowDown", "Enter");
  if ((await page.getByRole("dialog").getByRole("combobox").inputValue()) !== "late, vip, ") throw new Error("the tag was not put in");
  await done("offered");
  await press("Escape");
  await done("tagged");

  // A list found by its name becomes a view that others see, each with their rights.
  await press("g", "l");
  await page.getByRole("dialog").getByRole("searchbox").waitFor();
  await type("vip");
  await press("Enter");
  await page.waitForURL(/tag=vip/);
  await shows("FED");
  await page.getByRole("button", { name: "Save as a view" }).press("Enter");
  await page.getByRole("dialog").getByLabel("Name").waitFor();
  await press("Enter");
  await page.getByRole("dialog").getByText("Give it a name.").waitFor();
  await type("Important");
  await page.getByRole("dialog").getByText("Give it a name.").waitFor({ state: "detached" });
  await page.getByRole("dialog").getByLabel("Share with everybody").check();
  await there(page.getByRole("dialog").getByText("3 conversations"));
  await done("form");
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).press("Enter");
  await page.waitForURL(/saved/);
  await counts("Important", 3);
  await change("X", { addTags: ["vip"] });
  const view = (await beside("GET", "/views")).items[0];
  // Named anew by a colleague, it is called so at once.
  await beside("PUT", `/views/${view.id}`, { ...view, name: "Weighty", id: undefined, version: undefined, agentId: undefined });
  await counts("Weighty", 3);
  await beside("PUT", `/views/${view.id}`, { ...view, id: undefined, version: undefined, agentId: undefined });
  await counts("Important", 3);
  if (view.query !== "status:open tag:vip") throw new Error(`the view holds ${view.query}`);
  if ((await beside("GET", "/views/counts")).items[0].count !== 4) throw new Error("the supervisor doesn't count the other inbox");
  await page.reload();
  await shows("FED");
  await counts("Important", 3);

  // What a colleague does comes in and is counted.
  await change("D", { status: "closed" });
  await shows("FE");
  await counts("Important", 2);
  await change("C", { addTags: ["vip"] });
  await shows("FEC");
  await counts("Important", 3);
  await done("live");

  // The answer to a bulk change is lost: it is asked for again, and nothing happens twice.
  const before = await now("F");
  let requests = 0;
  await page.route("**/conversations/changes", async (route) => {
    requests++;
    if (requests > 1) return route.continue();
    await route.fetch();
    return route.abort();
  });
  await press("x", "X");
  await selected(3);
  await press("e");
  await shows("");
  await toasted("Closed: 3 conversations");
  if (requests !== 2 || (await now("F")).version !== before.version + 1) throw new Error(`after ${requests} requests: ${(await now("F")).version}, before ${before.version}`);
  await page.unroute("**/conversations/changes");
  await press("z");
  await shows("FEC");
  for (const c of "FEC") await until(`${c} is open`, async () => (await now(c)).status === "open" || (await now(c)).status);

  // What a colleague puts away in that instant is left alone and named.
  await page.route("**/conversations/changes", async (route) => {
    await change("E", { snoozedUntil: new Date(Date.now() + 86_400_000).toISOString() });
    await route.continue();
  }, { times: 1 });
  await press("X");
  await selected(3);
  await page.locator("[role=toolbar] button[aria-label=Close]:not([disabled])").waitFor();
  await press("e");
  await there(page.getByText("1 not changed"));
  await there(page.locator("li", { hasText: `#${(await now("E")).number}` }).getByText("somebody changed it meanwhile"));
  if ((await now("E")).status !== "snoozed" || (await now("F")).status !== "closed") throw new Error("the wrong ones were closed");
  await done("kept");
  await page.getByRole("button", { name: "Dismiss" }).last().press("Enter");
  await change("F", { status: "open" });
  await change("C", { status: "open" });
  await shows("FC");

  // Renamed, deleted, and had back.
  await page.getByRole("button", { name: "Change the view" }).press("Enter");
  await page.getByRole("dialog").getByLabel("Name").fill("Very important");
  await press("Enter");
  await counts("Very important", 2);
  await page.getByRole("button", { name: "Change the view" }).press("Enter");
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).press("Enter");
  await toasted("Deleted: Very important");
  await press("z");
  await counts("Very important", 2);
  await done("viewed");
});
