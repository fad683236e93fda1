// The page's half of the end-to-end test: an agent who never touches the mouse.
// It tells of each step on its own line; the test that started it does the
// mailbox's half and says "go" in between.
//
//   SKEIN_URL  the address; SKEIN_EMAIL, SKEIN_PASSWORD  who signs in
//   CHROMIUM   the browser's path
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const { SKEIN_URL, SKEIN_EMAIL, SKEIN_PASSWORD, CHROMIUM } = process.env;
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function step(name) {
  console.log(name);
  const { value, done } = await lines.next();
  if (done || value !== "go") throw new Error(`after ${name} the test said ${value}`);
}

const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.setDefaultTimeout(60_000);
  const broken = [];
  page.on("pageerror", (e) => broken.push(String(e)));

  await page.goto(SKEIN_URL);
  await page.getByLabel(/email/i).waitFor();
  await page.keyboard.type(SKEIN_EMAIL);
  await page.keyboard.press("Tab");
  await page.keyboard.type(SKEIN_PASSWORD);
  await page.keyboard.press("Enter");
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
  if (broken.length > 0) throw new Error(`the page threw ${broken.join("; ")}`);
  await step("seen");
} finally {
  await browser.close();
}
