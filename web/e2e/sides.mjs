// An agent who writes aside and first, by keyboard. It tells of each step on its own
// line; the test that started it does the mailbox's half and says "go" in between.
//
//   SKEIN_URL  the address; SKEIN_EMAIL, SKEIN_PASSWORD  who signs in
//   CHROMIUM   the browser's path; SKEIN_SHOTS  a folder for pictures; absent: none
import { look as shown, open, run, signIn, step } from "./kit.mjs";

const { SKEIN_URL, SKEIN_EMAIL, SKEIN_PASSWORD } = process.env;
const page = await open(SKEIN_URL, { prepare: () => localStorage.setItem("skein.hold", "0") }); // nothing is taken back here
const look = (name) => shown(page, name);

await run(async () => {
  await signIn(page, SKEIN_EMAIL, SKEIN_PASSWORD);
  await page.getByPlaceholder(/search/i).waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("a");
  await page.waitForURL(/\/all/);
  await step("signed in"); // a customer writes

  await page.getByText("My kettle hasn't come.").first().waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  const said = page.locator("[data-conversation] [data-message]");
  await said.getByText("My kettle hasn't come.").waitFor();
  await page.keyboard.press("d");
  const drawer = page.getByRole("dialog", { name: "Side conversations" });
  await drawer.getByRole("button", { name: "Write to somebody" }).click();
  await page.getByRole("textbox", { name: "To", exact: true }).and(page.locator(":focus")).waitFor();
  await page.keyboard.type("depot@carrier.example");
  await page.getByRole("textbox", { name: "Message" }).fill("Where is parcel 4?");
  await page.getByRole("group", { name: "Signature" }).getByText("Regards, Ana of the shop").last().waitFor();
  await look("side-begin");
  await page.keyboard.press("Control+Enter");
  const aside = page.getByRole("dialog", { name: "With depot@carrier.example" });
  await aside.getByText("Where is parcel 4?").waitFor();
  await step("asked aside"); // the warehouse answers, to the customer too

  await page.getByRole("dialog").getByText("It is on van 7.").last().waitFor(); // with no reload
  await look("side");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.getByRole("button", { name: /1 side conversation/ }).waitFor();
  if ((await said.count()) !== 1) throw new Error("what was said aside is among what was said with the customer");
  await step("answered aside"); // the customer answers all of them

  await said.getByText("Then I stay at home.").waitFor();
  await page.getByRole("button", { name: /1 side conversation/ }).click();
  await page.getByRole("dialog").getByText("It is on van 7.").last().waitFor();
  if ((await page.getByRole("dialog").getByText("Then I stay at home.").count()) > 0) throw new Error("the customer speaks aside");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.keyboard.press("r");
  await page.locator("[contenteditable=true]:focus").waitFor();
  await page.keyboard.type("It comes this evening.");
  await page.keyboard.press("Control+Enter");
  await said.getByText("It comes this evening.").waitFor();
  await step("answered"); // the mail leaves

  await page.locator("[data-conversation]:focus").waitFor();
  await page.keyboard.press("w");
  const begin = page.getByRole("dialog", { name: "New conversation" });
  const to = begin.getByLabel("To", { exact: true });
  await to.and(page.locator(":focus")).waitFor();
  await page.keyboard.type("Cara");
  await begin.getByRole("list", { name: "Customers found" }).getByRole("button", { name: /Cara Winter/ }).click();
  await begin.getByLabel("Subject").and(page.locator(":focus")).waitFor();
  await page.keyboard.type("Your voucher");
  await begin.getByLabel("Message").fill("Here is a voucher for the wait.");
  await begin.getByRole("group", { name: "Signature" }).getByText("Regards, Ana of the shop").waitFor();
  await look("new-conversation");
  const before = page.url();
  await page.keyboard.press("Control+Enter");
  await begin.waitFor({ state: "detached" });
  await page.waitForURL((url) => String(url) !== before);
  await said.getByText("Here is a voucher for the wait.").waitFor();
  await step("begun");
});
