// A public comment in the page: it is marked as such with the way to its post, the
// composer says that everybody will read the answer, it is hidden and shown, and
// answered in private once; and what is said of direct messages besides. Each step is told on its own line.
//
//   SKEIN_URL  the address; SKEIN_EMAIL, SKEIN_PASSWORD  who signs in
//   CHROMIUM   the browser's path; SKEIN_SHOTS  a folder for pictures; absent: none
import { look, open, run, signIn, tell } from "./kit.mjs";

const { SKEIN_URL, SKEIN_EMAIL, SKEIN_PASSWORD } = process.env;

await run(async () => {
  const page = await open(SKEIN_URL);
  await signIn(page, SKEIN_EMAIL, SKEIN_PASSWORD);
  await page.getByText("How much is it?").first().click();
  const talk = page.locator("[data-conversation]");
  await talk.getByRole("button", { name: /^Public comment/u }).first().waitFor();
  const link = talk.getByRole("link", { name: "Open the post" }).first();
  if ((await link.getAttribute("href")) !== "https://www.facebook.com/shop/posts/200?comment_id=301") throw new Error(`it leads to ${await link.getAttribute("href")}`);
  await page.getByRole("region", { name: "Timeline" }).getByText("Public comment").first().waitFor();
  const way = page.getByRole("button", { name: "Leaves in public. Choose another way" });
  await way.waitFor();
  await look(page, "comment");
  tell("marked");

  await talk.getByRole("button", { name: "Hide", exact: true }).click();
  await talk.getByRole("button", { name: /^Hidden/u }).waitFor();
  await page.getByText("The comment is hidden: show it again").waitFor();
  await look(page, "comment-hidden");
  await talk.getByRole("button", { name: "Show again" }).click();
  await talk.getByRole("button", { name: "Hide", exact: true }).waitFor();
  tell("hidden");

  // By keyboard: another way, the words, and off.
  await way.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menuitemradio", { name: /In a private message/u }).or(page.getByRole("menuitem", { name: /In a private message/u })).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Leaves in private. Choose another way" }).waitFor();
  await page.keyboard.press("r");
  await page.locator(".ProseMirror").waitFor();
  await page.locator(".ProseMirror").focus();
  const draft = async (r) => (r.request().method() === "PUT" && r.url().endsWith("/draft") ? (await r.json()).draft.content : { text: "" });
  const kept = page.waitForResponse(async (r) => (await draft(r)).text.includes("yours are on the way."));
  await page.keyboard.type("Ten euros, and yours are on the way.");
  // On another device it is to leave the same way.
  if ((await draft(await kept)).private !== true) throw new Error("the draft isn't private");
  const second = await open(page.url());
  await signIn(second, SKEIN_EMAIL, SKEIN_PASSWORD);
  await second.getByRole("button", { name: "Leaves in private. Choose another way" }).waitFor();
  await second.context().close();
  await look(page, "comment-private");
  await page.keyboard.press("Control+Enter");
  await talk.getByRole("button", { name: /^Private message/u }).waitFor();
  await way.waitFor();
  await way.click();
  await page.getByText("takes no second").first().waitFor();
  await page.keyboard.press("Escape");
  await look(page, "comment-answered");
  tell("answered");

  // What is said of direct messages besides.
  await page.getByText("Second words").first().click();
  await talk.getByText("In answer to").waitFor();
  await talk.getByText("Edited", { exact: true }).waitFor();
  await talk.getByRole("img", { name: /^❤ from /u }).waitFor();
  await talk.getByText("Taken back by its sender").waitFor();
  await look(page, "beside");
  tell("beside");
});
