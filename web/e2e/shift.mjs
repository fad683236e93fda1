// A shift without a mouse, from signing in to signing out. Each place is told on its
// own line; axe looks at each. A pointer event that a person would have made fails it.
//
//   SKEIN_URL  the address; SKEIN_EMAIL, SKEIN_PASSWORD  who signs in
//   CHROMIUM   the browser's path; SKEIN_SHOTS  a folder for pictures; absent: none
import { done as told, gone, keys, open, run, there } from "./kit.mjs";

const { SKEIN_URL, SKEIN_EMAIL, SKEIN_PASSWORD } = process.env;
// Motion that isn't wanted is none, and contrast that is wanted is more: see below.
const page = await open(SKEIN_URL, {
  prepare: () => {
    window.pointed = 0;
    for (const kind of ["pointerdown", "mousedown", "touchstart", "wheel"]) addEventListener(kind, (e) => (window.pointed += e.isTrusted ? 1 : 0), true);
  },
});
const type = (text) => page.keyboard.type(text);
const press = (...names) => keys(page, ...names);
const look = (name) => told(page, name);

/** Presses Tab until what is wanted has the focus. */
async function tabTo(what) {
  await what.first().waitFor();
  for (let i = 0; i < 80; i++) {
    if (await what.first().evaluate((e) => e === document.activeElement)) return;
    await press("Tab");
  }
  throw new Error(`the keyboard doesn't come to ${what}`);
}

/** Has the command bar do what is typed. */
async function command(text, option) {
  await press("Control+k");
  await there(page.getByRole("dialog", { name: "Commands" }).getByRole("combobox"));
  await type(text);
  const found = page.getByRole("listbox").getByRole("option", { name: option });
  await there(found);
  // The first is meant by Enter; others are gone to.
  const meant = page.locator("[role='option'][data-focused]");
  for (let i = 0; i < 20; i++) {
    await there(meant);
    const key = await meant.getAttribute("data-key");
    if (key === (await found.first().getAttribute("data-key"))) break;
    await press("ArrowDown");
    await page.waitForFunction((was) => document.querySelector("[role='option'][data-focused]")?.getAttribute("data-key") !== was, key);
  }
  await press("Enter");
  await gone(page.getByRole("dialog", { name: "Commands" }));
}

await run(async () => {
  await there(page.getByLabel("Email"));
  await look("sign-in");
  const cdp = await page.context().newCDPSession(page);
  const manifest = await cdp.send("Page.getAppManifest");
  if (manifest.errors.length > 0 || !manifest.url.endsWith("/manifest.webmanifest")) throw new Error(`the manifest: ${JSON.stringify(manifest.errors)}`);
  // Only that it is a private window stands against installing it here.
  const { installabilityErrors } = await cdp.send("Page.getInstallabilityErrors");
  const against = installabilityErrors.map((e) => e.errorId).filter((e) => e !== "in-incognito");
  if (against.length > 0) throw new Error(`the page can't be installed: ${against.join()}`);
  await type(SKEIN_EMAIL);
  await press("Tab");
  await type(SKEIN_PASSWORD);
  await press("Enter");
  await there(page.getByText("The kettle leaks"));
  await look("list");

  await press("j", "Enter");
  await there(page.locator("[data-conversation] h1"));
  const first = await page.locator("[data-conversation] h1").innerText();
  await look("conversation");

  await press("?");
  await there(page.getByRole("dialog", { name: "Keys" }));
  await there(page.getByText("Find anything and do it"));
  await look("keys");
  await press("Escape");
  await gone(page.getByRole("dialog"));

  await press("r");
  await there(page.locator(".ProseMirror-focused, textarea:focus"));
  await type("A new lid is on its way.");
  await press("Control+Enter");
  await there(page.locator("[data-conversation]").getByText("A new lid is on its way."));
  await look("reply");
  await press("Escape");
  await page.waitForFunction(() => document.activeElement?.closest("textarea, [contenteditable='true']") === null);
  await press("n");
  await there(page.locator("textarea:focus"));
  await type("Lids are short this week.");
  await press("Control+Enter");
  await there(page.locator("[data-conversation] article, [data-conversation] li").getByText("Lids are short this week."));
  await look("note");
  await press("Escape");
  await page.waitForFunction(() => document.activeElement?.closest("textarea, [contenteditable='true']") === null);

  await press("p");
  await tabTo(page.getByRole("dialog").getByRole("button", { name: "High" }));
  await look("priority");
  await press("Enter");
  await there(page.locator("[data-conversation] header").getByText("High"));
  await gone(page.getByRole("dialog"));
  await command("tag", /^Tags/);
  await page.getByRole("dialog").getByRole("combobox").waitFor();
  await look("tags");
  await type("lid");
  await press("Enter");
  await gone(page.getByRole("dialog"));
  await there(page.locator("[data-conversation] header").getByText("lid"));
  await command("assign to me", /^Assign to me/);
  await there(page.getByRole("status", { name: "Done" }).getByText(/you/i));
  await press("e");
  await page.waitForFunction((was) => document.querySelector("[data-conversation] h1")?.textContent !== was, first);
  await look("closed");

  await press("Escape");
  await press("/");
  await there(page.getByRole("combobox", { name: "Search" }));
  await type("parcel");
  await there(page.locator("mark", { hasText: "parcel" }));
  await press("Enter", "ArrowDown");
  await look("search");
  await press("Enter");
  await there(page.locator("[data-conversation] h1", { hasText: "Where is my parcel" }));

  await press("Control+k");
  await there(page.getByRole("dialog", { name: "Commands" }));
  await there(page.getByRole("option", { name: /Reply/ }));
  await look("commands");
  await type("winter");
  await there(page.getByRole("group", { name: "Customers" }).getByRole("option"));
  await look("found");
  await press("Escape");
  await gone(page.getByRole("dialog", { name: "Commands" }));
  await there(page.locator("[data-conversation] h1", { hasText: "Where is my parcel" }));

  await command("telephone", /Your telephone/);
  await page.waitForURL(/settings\/me/);
  await tabTo(page.getByRole("combobox", { name: "Language" }));
  await look("settings");
  await command("notifications", /Settings: Notifications/);
  await page.waitForURL(/settings\/notifications/);
  await there(page.getByRole("heading", { name: "Notifications" }));
  await look("notifications");
  await command("unassigned", /^Unassigned/);
  await page.waitForURL(/unassigned/);

  // Colours that the system imposes, and more contrast where it is asked for.
  await there(page.locator("[data-row]"));
  const line = () => page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue("--line-strong"));
  const usual = await line();
  await page.emulateMedia({ contrast: "more" });
  if ((await line()) === usual) throw new Error("more contrast was asked for, and lines are as faint as before");
  await look("contrast");
  await page.emulateMedia({ contrast: null, forcedColors: "active" });
  await press("j");
  const seen = await page.evaluate(() => {
    const s = getComputedStyle(document.activeElement);
    return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 1;
  });
  if (!seen) throw new Error("with forced colours the focus can't be seen");
  await look("forced-colours");
  await page.emulateMedia({ forcedColors: null });
  const moving = await page.evaluate(() => document.getAnimations().filter((a) => a.playState === "running").length);
  if (moving > 0) throw new Error(`${moving} things move although no motion is wanted`);

  await command("sign out", /^Sign out/);
  await page.waitForURL(/login/);
  await there(page.getByLabel("Email"));
  const pointed = await page.evaluate(() => window.pointed);
  if (pointed !== 0) throw new Error(`${pointed} pointer events`);
  await look("signed-out");
});
