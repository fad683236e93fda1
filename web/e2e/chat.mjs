// A visitor of the demo's shop and an agent, each in a window, while parts of
// what is between them die. It tells of each step on its own line; the test that
// started it kills and says "go" in between.
//
//   SKEIN_URL                     the address
//   SKEIN_EMAIL, SKEIN_PASSWORD   the agent's
//   CHROMIUM                      the browser's path
import assert from "node:assert/strict";
import { open, run, signIn, step } from "./kit.mjs";

const { SKEIN_URL, SKEIN_EMAIL, SKEIN_PASSWORD } = process.env;

await run(async () => {
  const shop = await open(`${SKEIN_URL}/demo/shop`);
  const at = shop.locator("skein-chat");
  const own = (text) => at.locator(".me", { hasText: text });
  const theirs = (text) => at.locator(".them", { hasText: text });
  const write = async (text) => {
    await at.locator(".composer textarea").fill(text);
    await shop.keyboard.press("Enter");
  };
  const taken = (text) => own(text).getByText(/Sent|Delivered|Read/).waitFor();
  await shop.getByRole("button", { name: "Yes" }).click(); // pages may be looked at
  await shop.getByRole("button", { name: "Add to cart" }).click();
  await shop.getByRole("button", { name: "Ask us about it" }).click();
  await write("Does the kettle whistle?");
  await taken("Does the kettle whistle?");

  const agent = await open(SKEIN_URL);
  const answer = async (text) => {
    await agent.keyboard.press("r");
    await agent.locator("[contenteditable=true]:focus").waitFor();
    await agent.keyboard.type(text);
    await agent.keyboard.press("Control+Enter");
    await agent.locator("[data-conversation]").getByText(text).last().waitFor();
  };
  await signIn(agent, SKEIN_EMAIL, SKEIN_PASSWORD);
  await agent.getByPlaceholder(/search/i).waitFor();
  await agent.keyboard.press("g");
  await agent.keyboard.press("a");
  await agent.getByText("Does the kettle whistle?").first().click();
  await agent.locator("[data-conversation]").getByText("Does the kettle whistle?").last().waitFor();
  await answer("It does, and loudly.");
  await theirs("It does, and loudly.").waitFor();
  await agent.locator("[data-conversation]").getByText("Read", { exact: true }).last().waitFor();

  await shop.reload();
  await own("Does the kettle whistle?").waitFor(); // the chat stands open still
  await theirs("It does, and loudly.").waitFor();
  const picture = Buffer.from("JVBERi0xLjQKJcOkw7zDtsOfCjEgMCBvYmoKPDw+PgplbmRvYmoKdHJhaWxlcgo8PD4+CiUlRU9GCg==", "base64");
  await at.locator("input[type=file]").setInputFiles([{ name: "invoice.pdf", mimeType: "application/pdf", buffer: picture }]);
  await at.locator("progress").waitFor({ state: "detached" });
  await write("my invoice");
  await taken("my invoice");
  await agent.locator("[data-conversation]").getByText("invoice.pdf").first().waitFor();
  const [download] = await Promise.all([shop.waitForEvent("download"), own("my invoice").getByRole("button", { name: "invoice.pdf" }).click()]);
  assert.equal(download.suggestedFilename(), "invoice.pdf");

  await shop.context().setOffline(true);
  await step("off line"); // the connector is killed, so that the socket is gone
  await at.getByText("No connection").waitFor();
  await write("written off line");
  await own("written off line").getByText("Waiting for the connection").waitFor();
  await answer("Said while you were away.");
  await agent.locator("[data-conversation]").getByText("Sent", { exact: true }).last().waitFor(); // before what the visitor wrote
  await shop.context().setOffline(false);
  await taken("written off line");
  await theirs("Said while you were away.").waitFor();
  await agent.locator("[data-conversation]").getByText("written off line").last().waitFor();

  await step("on line"); // the connector is killed once more
  await write("written to a dead connector");
  await taken("written to a dead connector");
  await agent.locator("[data-conversation]").getByText("written to a dead connector").last().waitFor();

  await step("connector back"); // the server is killed
  await at.getByText("No connection").waitFor();
  await write("written to a dead server");
  await own("written to a dead server").getByText("Waiting for the connection").waitFor();
  await step("server gone"); // it starts again
  await taken("written to a dead server");
  await agent.locator("[data-conversation]").getByText("written to a dead server").last().waitFor();
  await answer("All here.");
  await theirs("All here.").waitFor();
  await shop.reload();
  await theirs("All here.").waitFor();
  const texts = await at.locator(".row:not(:has(.dots)) .bubble").allTextContents();
  assert.deepEqual(texts.slice(1), [
    "Does the kettle whistle?",
    "It does, and loudly.",
    "my invoice",
    "Said while you were away.",
    "written off line",
    "written to a dead connector",
    "written to a dead server",
    "All here.",
  ]);
  await step("whole");
});
