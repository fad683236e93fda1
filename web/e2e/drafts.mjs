// What a colleague began and left is offered, taken over, and there on the next
// device; its author finds it again, with word of who has it.
//
//   SKEIN_URL  the address of the conversation; SKEIN_EMAILS  who left, and who goes on
//   SKEIN_PASSWORD  of both; CHROMIUM  the browser's path
//   SKEIN_SHOTS  a folder for pictures; absent: none
import { look, open as newPage, run, signIn, tell } from "./kit.mjs";

const { SKEIN_URL, SKEIN_EMAILS, SKEIN_PASSWORD } = process.env;
const [ana, ben] = SKEIN_EMAILS.split(" ");

async function open(email) {
  const page = await newPage(SKEIN_URL);
  await signIn(page, email, SKEIN_PASSWORD);
  await page.getByText("The first one.").last().waitFor();
  return page;
}
const reply = (page) => page.locator(".ProseMirror");
const written = (page, text) => reply(page).getByText(text).first().waitFor();

await run(async () => {
  const desk = await open(ben);
  await desk.getByText("began a reply and left").waitFor();
  await look(desk, "offer");
  await desk.getByRole("button", { name: "Take it over" }).focus();
  await desk.keyboard.press("Enter");
  await written(desk, "Your parcel left");
  await desk.getByText("Begun by ana").waitFor();
  await desk.keyboard.press("Control+End");
  await desk.keyboard.type(" It comes tomorrow.");
  tell("taken");

  const second = await open(ben);
  await second.locator(".ProseMirror").waitFor();
  for (let i = 0; !(await reply(second).innerText()).includes("It comes tomorrow."); i++) {
    if (i > 120) throw new Error("the draft doesn't come to the other device");
    await second.waitForTimeout(500);
    await second.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  }
  if (await second.getByText("began a reply and left").count()) throw new Error("what was taken is offered again");
  tell("on the other device");

  const author = await open(ana);
  await written(author, "Your parcel left");
  await author.getByText("ben took this draft over").waitFor();
  await look(author, "taken");
  tell("still its author's");
});
