// Two agents look at one conversation, each in a browser of their own. One says
// who and which order is meant, moves, joins and takes back, by the page alone;
// the other sees each of it happen, with no reload.
//
//   SKEIN_URL  the address of the conversation; SKEIN_EMAILS  who signs in, two
//   SKEIN_PASSWORD  of both; CHROMIUM  the browser's path
//   SKEIN_SHOTS  a folder for pictures of claims, and of what failed; absent: none
import { gone, open as newPage, run, signIn, tell as done, there } from "./kit.mjs";

const { SKEIN_URL, SKEIN_EMAILS, SKEIN_PASSWORD, SKEIN_SHOTS } = process.env;

async function open(email) {
  const page = await newPage(SKEIN_URL);
  await signIn(page, email, SKEIN_PASSWORD);
  await page.getByText("Where is my order #10021?").last().waitFor();
  return page;
}
const shot = async (page, name) => {
  if (SKEIN_SHOTS) await page.screenshot({ path: `${SKEIN_SHOTS}/${name}.png` });
};

await run(async () => {
  const [one, two] = SKEIN_EMAILS.split(" ");
  const a = await open(one);
  const b = await open(two);
  const undo = () => a.getByRole("status", { name: "Done" }).getByRole("button", { name: /undo/i }).last().click();
  const panel = (page) => page.getByRole("complementary", { name: "Customer" });
  const more = async (name, choice) => {
    await a.getByRole("button", { name, exact: true }).click();
    await a.getByRole("menuitem", { name: choice }).click();
  };

  // Who it is.
  const other = (page) => panel(page).getByRole("region", { name: "Who it is" }).getByText("cara.winter@y.example");
  await there(panel(b).getByText("Is this the same person?"));
  await a.getByRole("button", { name: "Same", exact: true }).click();
  await there(other(b));
  await gone(panel(b).getByText("Is this the same person?"));
  done("merged");
  await undo();
  await gone(other(b));
  done("taken apart");

  // Which order.
  const meant = (page) => panel(page).getByRole("article", { name: "Order #10021, the one that is meant" });
  await there(meant(b));
  await more("More: order #10021", "Not about this order");
  await gone(meant(b));
  done("rejected");
  await undo();
  await there(meant(b));
  done("not rejected");
  const linked = (page) => panel(page).getByRole("article", { name: "Order #10022, the one that is meant" });
  await a.getByRole("button", { name: "Link by number" }).click();
  await a.getByLabel("Order number").fill("10022");
  await a.keyboard.press("Enter");
  await there(linked(b));
  done("linked");

  // What they name and is not theirs.
  const claimed = (page) => panel(page).getByRole("article", { name: "Order #77777, not verified" });
  await there(claimed(b));
  await a.getByRole("article", { name: "Order #77777, not verified" }).getByRole("button", { name: "Send a code" }).click();
  await there(claimed(b).getByText("its buyer got a code"));
  await shot(a, "claim");
  done("code sent");
  await more("More: order #77777", "No order of theirs");
  await gone(claimed(b));
  await there(panel(b).getByText("is no order of theirs"));
  await shot(b, "dismissed");
  done("claim rejected");
  await undo();
  await there(claimed(b));
  done("claim back");

  // Which conversation.
  const second = (page) => page.locator("[data-conversation]").getByText("And the lid is missing.");
  await there(second(b));
  await a.getByRole("article", { name: /from Cara Winter/ }).last().hover();
  await a.getByRole("button", { name: "Move elsewhere" }).last().click();
  await a.getByRole("button", { name: "Move", exact: true }).click();
  await gone(second(b));
  done("moved");
  await undo();
  await there(second(b));
  done("moved back");

  const third = (page) => page.locator("[data-conversation]").getByText("Do you sell whisks?");
  await a.locator("header").getByRole("button", { name: "More", exact: true }).click();
  await a.getByRole("menuitem", { name: "Join another conversation" }).click();
  await a.getByRole("dialog").getByText("Whisks").first().click();
  await a.getByRole("button", { name: /to this one$/ }).click();
  await there(third(b));
  done("joined");
  await undo();
  await gone(third(b));
  done("parted");
  // What the line above the messages offers is chosen when one goes for it.
  await a.locator("[data-conversation]").getByRole("button", { name: "Join", exact: true }).click();
  await there(a.getByRole("dialog").getByRole("button", { name: /^Join #\d+ to this one$/ }));
  done("offered");

  done("seen");
});
