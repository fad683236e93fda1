// The visitor's half of the widget's test: a page of another origin under the
// strictest policy, first by keyboard alone. It tells of each step on its own
// line; the test that started it is the server, and says "go" in between.
//
//   PAGE      the shop's page
//   CHROMIUM  the browser's path
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { accessible as clean, open, run, step, watch } from "./kit.mjs";

const { PAGE } = process.env;
const accessible = (page, what) => clean(page, what, [["#shop"]]);

const parts = (page) => {
  const at = page.locator("skein-chat");
  return {
    launcher: at.locator(".launcher"),
    badge: at.locator(".badge"),
    teaser: at.locator(".teaser"),
    dialog: at.locator("dialog"),
    field: at.locator(".composer textarea"),
    bubbles: at.locator(".list .bubble, .row .bubble"),
    own: (text) => at.locator(".me", { hasText: text }),
    theirs: (text) => at.locator(".them", { hasText: text }),
    bar: at.locator(".bar"),
    heard: at.locator("section > .sr"),
    at,
  };
};
// What has the focus, through the shadow root.
const focused = (page) =>
  page.evaluate(() => {
    let el = document.activeElement;
    while (el?.shadowRoot?.activeElement) el = el.shadowRoot.activeElement;
    return el ? `${el.tagName.toLowerCase()}.${el.className}` : "";
  });

await run(async () => {
  const page = await open(PAGE);
  let w = parts(page);
  await w.launcher.waitFor();
  assert.equal(await w.launcher.getAttribute("aria-label"), "Open chat");
  await step("loaded"); // without consent, nothing has been told, and there is no socket

  for (let i = 0; i < 9 && (await focused(page)) !== "button.launcher"; i++) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await w.dialog.waitFor();
  assert.equal(await focused(page), "textarea.");
  await page.keyboard.type("Where is my parcel?");
  await page.keyboard.press("Enter");
  await w.own("Where is my parcel?").getByText("Delivered").waitFor();
  assert.equal(await w.field.inputValue(), "");
  await step("asked"); // the agent types

  await w.at.getByText("Ana is writing").waitFor({ state: "attached" });
  await accessible(page, "typing");
  await step("typing seen"); // the agent answers, with markup in it

  await w.theirs("<img src=x onerror=alert(1)>").waitFor();
  assert.equal(await w.at.locator("img, script, iframe").count(), 0);
  const link = w.at.getByRole("link", { name: "https://track.example/1" });
  assert.equal(await link.getAttribute("target"), "_blank");
  assert.match((await w.heard.textContent()) ?? "", /^Ana: Look at/);
  assert.equal(await w.at.getByText("is writing").isVisible(), false);
  await accessible(page, "chat");
  await page.keyboard.press("Escape");
  await w.dialog.waitFor({ state: "hidden" });
  assert.equal(await focused(page), "button.launcher");
  const other = watch(await page.context().newPage()); // a second tab
  await other.goto(PAGE);
  const o = parts(other);
  await o.launcher.waitFor();
  await step("two tabs"); // another answer comes while the chat is closed

  for (const p of [w, o]) {
    await p.badge.getByText("1", { exact: true }).waitFor();
    await p.teaser.getByText("One more thing").waitFor();
    assert.equal(await p.launcher.getAttribute("aria-label"), "Open chat, new messages: 1");
  }
  await accessible(page, "closed");
  await other.bringToFront();
  await o.teaser.locator(".words").click();
  await o.theirs("One more thing").waitFor();
  await page.bringToFront();
  await w.badge.waitFor({ state: "hidden" }); // seen in one tab is seen
  assert.equal(await w.teaser.isVisible(), false);
  await other.close();

  await page.reload();
  await w.launcher.click();
  await w.theirs("One more thing").waitFor();
  await page.reload(); // it stands open, and the page keeps its focus
  await w.theirs("One more thing").waitFor();
  assert.equal(await focused(page), "body.");
  await step("reloaded"); // the server goes away

  await w.bar.getByText("No connection").waitFor();
  await w.field.fill("written without a server");
  await page.keyboard.press("Enter");
  await w.own("written without a server").getByText("Waiting for the connection").waitFor();
  await accessible(page, "lost");
  await page.reload(); // the shop's page is still there
  await page.locator("h1").waitFor();
  await step("queued"); // the server comes back

  await w.own("written without a server").getByText("Delivered").waitFor({ timeout: 60_000 });
  assert.equal(await w.own("written without a server").count(), 1);
  await page.context().setOffline(true);
  await step("off line"); // the sockets are cut; something is said that nobody hears

  await w.field.fill("written off line");
  await page.keyboard.press("Enter");
  await w.own("written off line").getByText("Waiting for the connection").waitFor();
  await page.context().setOffline(false);
  await w.own("written off line").getByText("Delivered").waitFor({ timeout: 60_000 });
  await w.theirs("said meanwhile").waitFor();
  await step("back"); // a word is lost on the way, and the next ping tells

  await w.theirs("lost on the way").waitFor();
  await w.field.fill("refuse this");
  await page.keyboard.press("Enter");
  await w.own("refuse this").getByText("Not sent · It is not to our taste.").waitFor();
  await w.own("refuse this").getByRole("button", { name: "Discard" }).click();
  await w.own("refuse this").waitFor({ state: "detached" });
  assert.equal(await focused(page), "textarea.");

  const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAACUFjqAAAAEklEQVR4nGPQjw3AgxhGpbEhAP+fVfHDPBf8AAAAAElFTkSuQmCC", "base64");
  const picker = w.at.locator("input[type=file]");
  await picker.setInputFiles([
    { name: "large.png", mimeType: "image/png", buffer: Buffer.alloc(200_000) },
    { name: "tool.exe", mimeType: "application/x-msdownload", buffer: Buffer.alloc(10) },
  ]);
  await w.at.getByText("large.png is larger than 100 kB. tool.exe is of a kind that can’t be sent.").waitFor();
  await picker.setInputFiles([{ name: "bröken.png", mimeType: "image/png", buffer: png }]);
  await w.at.locator("li .name", { hasText: "bröken.png" }).waitFor();
  await w.at.locator("progress").waitFor({ state: "detached" });
  await page.reload(); // chosen is chosen
  await w.field.fill("look");
  await page.keyboard.press("Enter");
  await w.own("look").locator("canvas").waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), w.own("look").getByRole("button", { name: "bröken.png" }).click()]);
  assert.equal(download.suggestedFilename(), "bröken.png");
  assert.deepEqual(readFileSync(await download.path()), png);
  await step("file sent");

  await page.evaluate(() => window.skein.consent({ analytics: true }));
  await page.evaluate(() => window.skein.track("Product Added", { sku: "K-1", price: 49.9 }));
  await page.evaluate(() => history.pushState(null, "", "/kettles/2"));
  await step("consented"); // the page and the cart are told

  await w.at.getByRole("button", { name: "Go on by email" }).click();
  const address = w.at.getByLabel("Email", { exact: true }).locator("visible=true");
  assert.equal(await address.inputValue(), "ines@mail.example"); // as the page has said
  await address.fill("");
  await page.keyboard.press("Enter");
  await w.at.getByText("Enter an address such as name@example.com.").waitFor();
  await accessible(page, "form");
  await page.keyboard.type("ines@mail.example");
  await page.keyboard.press("Enter");
  await w.at.getByText("From now on we answer to ines@mail.example.").waitFor();
  await page.keyboard.press("Escape");
  await w.field.waitFor();

  await page.emulateMedia({ colorScheme: "dark" });
  await accessible(page, "dark");
  await page.setViewportSize({ width: 390, height: 844 });
  assert.equal(await w.dialog.evaluate((d) => d.matches(":modal") && d.clientWidth === 390 && d.clientHeight === 844), true);
  assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).overflowY), "hidden");
  await accessible(page, "small");
  await page.keyboard.press("Escape");
  assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).overflowY), "visible");
  await page.evaluate(() => window.skein.open());
  await w.dialog.waitFor();
  await page.evaluate(() => window.skein.signOut());
  await w.own("look").waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => Object.keys(localStorage).filter((k) => k.startsWith("skein:web:out:")).length), 0);
  await step("signed out"); // nobody is there any more

  const late = await open(`${PAGE}?lang=de&dir=rtl`, { locale: "de-AT" });
  w = parts(late);
  await w.launcher.click();
  assert.equal((await w.launcher.boundingBox())?.x, 20);
  await w.at.getByText("Schreiben Sie uns, und wir antworten per E-Mail.").waitFor();
  await late.keyboard.type("Ines"); // the page has said the address
  await late.keyboard.press("Tab");
  await late.keyboard.type("Wo ist mein Paket?");
  await late.keyboard.press("Tab");
  await late.keyboard.press("Enter");
  await w.at.getByText("Ihre Nachricht ist da. Wir antworten an ines@mail.example.").waitFor();
  await accessible(late, "away");
  await step("left a message");
});
