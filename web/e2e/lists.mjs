// An agent finds things, sorts lists and sorts conversations out, by keyboard. Each
// step is told on its own line; axe looks at what each of them shows.
//
//   SKEIN_URL  the address; SKEIN_EMAIL, SKEIN_PASSWORD  who signs in
//   CHROMIUM   the browser's path; SKEIN_SHOTS  a folder for pictures; absent: none
import { done as told, gone, keys, open, run, signIn, there } from "./kit.mjs";

const { SKEIN_URL, SKEIN_EMAIL, SKEIN_PASSWORD } = process.env;
const page = await open(SKEIN_URL);
const type = (text) => page.keyboard.type(text);
const press = (...names) => keys(page, ...names);
const done = (name) => told(page, name);

await run(async () => {
  await signIn(page, SKEIN_EMAIL, SKEIN_PASSWORD);
  await page.getByPlaceholder(/search/i).waitFor();
  await there(page.getByText("The kettle leaks"));

  // Search: a name with a slip in it, then words with a filter that is completed.
  await press("/");
  await there(page.getByRole("listbox", { name: "Filters" }));
  await type("wintr");
  await there(page.getByRole("region", { name: "Customers" }).getByText("Cara Winter"));
  await there(page.getByText("similar"));
  await press("Control+a");
  await type("kettle st");
  await there(page.getByRole("option", { name: /status:/ }));
  await press("ArrowDown", "Enter");
  await type("op");
  await press("ArrowDown", "Enter");
  await page.waitForURL(/q=kettle/);
  await there(page.locator("mark", { hasText: "kettle" }));
  // Each by its subject, with what was found in it marked too.
  await there(page.locator("[data-row]").getByText("Whisks", { exact: true }));
  await there(page.locator("[data-row] span", { hasText: /^The kettle leaks$/ }).locator("mark"));
  await gone(page.getByRole("listbox", { name: "Filters" }));
  if ((await page.getByRole("combobox", { name: "Search" }).inputValue()) !== "kettle status:open ") throw new Error("the filter was not completed");
  await done("searched");
  await press("/", "Escape");
  await page.waitForURL((u) => !u.href.includes("search"));

  // Sorting out, each by its key, and taken back.
  await there(page.getByText("The kettle leaks"));
  await press("j", "Enter");
  await page.locator("[data-conversation] h1").waitFor();
  await press("p");
  await page.getByRole("dialog").getByRole("button", { name: "Urgent" }).press("Enter");
  await there(page.locator("[data-conversation] header").getByText("Urgent"));
  await press("t");
  const tags = page.getByRole("dialog").getByRole("combobox");
  await tags.waitFor();
  await type(`VIP, ${"x".repeat(51)}`);
  await press("Enter");
  await there(page.getByRole("alert").getByText("has 51 characters"));
  if ((await tags.inputValue()) !== `VIP, ${"x".repeat(51)}`) throw new Error("what was typed is lost");
  for (let i = 0; i < 51; i++) await press("Backspace");
  await type("late");
  await press("Enter");
  await there(page.locator("[data-conversation] header").getByText("vip"));
  await gone(page.getByRole("dialog"));
  await press("s");
  await page.getByRole("dialog").getByRole("textbox").waitFor();
  await type("tomorrow 9am");
  await done("sorted");
  await press("Enter");
  await there(page.getByRole("status", { name: "Done" }).getByText(/Snoozed until/));
  await gone(page.locator("[data-row]", { hasText: "Urgent" }));
  await press("z");
  await there(page.locator("[data-row]", { hasText: "Urgent" }));
});
