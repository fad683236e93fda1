// The page's half of the end-to-end test: an agent who never touches the mouse.
// It tells of each step on its own line; the test that started it does the
// mailbox's half and says "go" in between.
//
//   SKEIN_URL  the address; SKEIN_EMAIL, SKEIN_PASSWORD  who signs in
//   CHROMIUM   the browser's path
import { open, run, signIn, step } from "./kit.mjs";

const { SKEIN_URL, SKEIN_EMAIL, SKEIN_PASSWORD } = process.env;

await run(async () => {
  const page = await open(SKEIN_URL);
  await signIn(page, SKEIN_EMAIL, SKEIN_PASSWORD);
  await page.getByPlaceholder(/search/i).waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("a");
  await page.waitForURL(/\/all/);
  await step("signed in"); // a mail is delivered now

  await page.getByText("Where is my parcel").first().waitFor(); // with no reload
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.getByText("I have waited for two weeks").last().waitFor();
  const field = page.locator("[contenteditable=true]:focus, textarea:focus");
  await page.keyboard.press("r");
  await field.waitFor();
  await page.keyboard.press("Escape"); // leaves the field, and the keys are the page's again
  await page.locator("[data-conversation]:focus").waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("r"); // at once: what is on its way out takes no keys
  await field.waitFor();
  const signature = page.getByRole("group", { name: "Signature" });
  await signature.frameLocator("iframe").getByText("Ana").waitFor(); // what will stand below it
  await page.keyboard.type("It left our warehouse this morning.");
  await page.keyboard.press("Control+Enter");
  await page.getByText("It left our warehouse this morning.").last().waitFor();
  await page.getByRole("article").last().getByRole("button", { name: "Show quoted text" }).click();
  await page.getByRole("article").last().getByText("Kind regards").waitFor();
  await step("answered"); // the answer arrives, and the customer answers it

  await page.getByText("Thanks, that was quick").last().waitFor();
  await step("seen");
});
