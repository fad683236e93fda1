// One conversation and what stands around it, by two agents in their own browsers.
// Each thing is told on its own line.
//
//   SKEIN_URL  the address; SKEIN_PASSWORD  of ana and ben
//   SKEIN_CONVERSATIONS  numbers: the one that is looked at, another of the same
//     customer, and one in an inbox that ana doesn't see
//   CHROMIUM   the browser's path; SKEIN_SHOTS  a folder for pictures; absent: none
import { done, gone, open as newPage, run, signIn, tell } from "./kit.mjs";

const { SKEIN_URL, SKEIN_PASSWORD, SKEIN_CONVERSATIONS, SKEIN_SHOTS } = process.env;

async function open(email, path) {
  const page = await newPage(SKEIN_URL + path, { prepare: () => localStorage.setItem("skein.hold", "0") });
  await signIn(page, email, SKEIN_PASSWORD);
  return page;
}

await run(async () => {
  const [number, other, hidden] = SKEIN_CONVERSATIONS.split(" ");
  const a = await open("ana@skein.example", `/c/${number}`);
  const b = await open("ben@skein.example", `/c/${number}`);

  // What the customer gave stands above; an agent pins more of it, and takes it off.
  const pins = (page) => page.getByRole("region", { name: "What the customer gave" });
  await pins(a).getByRole("button", { name: /^Order: .*10021/ }).waitFor();
  await pins(a).getByRole("button", { name: /^Address: Hauptstraße 12, 1010 Wien/ }).waitFor();
  const said = a.getByRole("article").filter({ hasText: "no invoice" });
  await said.getByRole("button", { name: "Pin words of this message" }).focus();
  await a.keyboard.press("Enter");
  await a.getByRole("menuitem", { name: "It is a gift: no invoice in the parcel." }).click();
  for (const page of [a, b]) await pins(page).getByRole("button", { name: "Pinned: It is a gift: no invoice in the parcel." }).waitFor();
  await done(a, "pinned");
  await pins(b).getByRole("button", { name: /^Pinned:/ }).click();
  await b.getByRole("menuitem", { name: "Take off" }).click();
  for (const page of [a, b]) await gone(pins(page).getByRole("button", { name: /^Pinned:/ }));
  await b.getByRole("button", { name: "Undo" }).click();
  await pins(a).getByRole("button", { name: /^Pinned:/ }).click();
  await a.getByRole("menuitem", { name: "Show where it is said" }).click();
  await a.locator("[data-message]:focus").getByText("no invoice").waitFor();
  tell("taken off");

  // A note names a colleague and a team.
  await a.keyboard.press("n");
  const note = a.getByRole("textbox", { name: "Note for the team" });
  await note.and(a.locator(":focus")).waitFor();
  await a.keyboard.type("Ask @be");
  await a.getByRole("option", { name: "ben" }).waitFor();
  await a.keyboard.press("Enter");
  await a.keyboard.type("or @");
  await a.getByRole("option", { name: "Returns Team" }).waitFor();
  await done(a, "mentioning");
  await a.keyboard.press("ArrowDown");
  await a.keyboard.type("ret");
  await a.getByRole("option", { name: "ben" }).waitFor({ state: "detached" });
  await a.keyboard.press("Tab");
  await a.keyboard.type("please");
  if ((await note.inputValue()) !== "Ask @ben or @Returns please") throw new Error(`the note is ${await note.inputValue()}`);
  await a.keyboard.press("Control+Enter");
  for (const page of [a, b]) {
    for (const name of ["@ben", "@Returns"]) await page.getByRole("article").locator("mark").getByText(name, { exact: true }).waitFor();
  }
  await done(a, "named");

  // A colleague answers the same customer elsewhere: said where ana may see it.
  await b.goto(`${SKEIN_URL}/c/${hidden}`);
  await b.locator("[data-message]").first().waitFor();
  await b.keyboard.press("r");
  await b.locator("[contenteditable=true]:focus").waitFor();
  await b.keyboard.type("Hello");
  await b.goto(`${SKEIN_URL}/c/${other}`);
  await b.locator("[data-message]").first().waitFor();
  await b.keyboard.press("r");
  await b.locator("[contenteditable=true]:focus").waitFor();
  const banner = a.locator("[data-elsewhere]");
  const typing = banner.getByText(`ben is answering the same customer in #${other}.`);
  // Typing is believed for some seconds.
  for (let i = 0; i < 40 && (await typing.count()) === 0; i++) {
    await b.keyboard.type("x");
    await typing.waitFor({ timeout: 1_500 }).catch(() => undefined);
  }
  await typing.waitFor();
  if ((await banner.count()) !== 1) throw new Error(`${await banner.count()} banners`);
  const told = await a.getByText(new RegExp(`#${hidden}(?!\\d)`)).allTextContents();
  if (told.length > 0) throw new Error(`what ana may not see is told: ${told.join(" | ")}`);
  await done(a, "elsewhere");
  await b.keyboard.press("Control+Enter");
  await banner.getByText(`ben answered the same customer in #${other}`).waitFor();
  await banner.getByRole("button", { name: "Hide" }).click();
  await gone(banner);
  tell("answered elsewhere");

  // What a colleague does stands between the messages, at once.
  await b.locator("[data-conversation]").focus();
  await b.goto(a.url());
  await b.locator("[data-message]").first().waitFor();
  await b.keyboard.press("m");
  await a.locator("[data-activity]").getByText("ben took it").waitFor();
  await done(a, "activity");

  // The reply is in the language of the shop, until the agent says otherwise.
  await a.keyboard.press("r");
  await a.locator("[contenteditable=true]:focus").waitFor();
  const lang = () => a.locator(".ProseMirror").evaluate((e) => `${e.closest("[lang]").lang} ${e.getAttribute("spellcheck")}`);
  await a.getByRole("button", { name: /Written in English/ }).waitFor();
  if ((await lang()) !== "en true") throw new Error(`the editor is ${await lang()}`);
  await a.getByRole("button", { name: /Written in English/ }).click();
  await a.getByRole("menuitem", { name: "German" }).click();
  await a.getByRole("button", { name: /Written in German/ }).waitFor();
  if ((await lang()) !== "de true") throw new Error(`the editor is ${await lang()}`);
  tell("language");

  // Forwarded to others, aside.
  await a.locator(".ProseMirror").focus();
  await a.keyboard.press("Escape");
  await a.locator("[data-conversation]:focus").waitFor();
  await a.keyboard.press("f");
  const forward = a.getByRole("dialog", { name: "Forward to somebody" });
  await forward.getByRole("textbox", { name: "To", exact: true }).and(a.locator(":focus")).waitFor();
  await a.keyboard.type("depot@carrier.example");
  if ((await forward.getByRole("textbox", { name: "Subject" }).inputValue()) !== "Fwd: Kettle") throw new Error("the forward has another subject");
  await done(a, "forward");
  await forward.getByRole("textbox", { name: "Message" }).focus();
  await a.keyboard.press("Control+Home");
  await a.keyboard.type("Can you look?");
  await a.keyboard.press("Control+Enter");
  const aside = a.getByRole("dialog", { name: "With depot@carrier.example" });
  await aside.getByText("Can you look?").waitFor();
  await aside.getByText(/Cara Winter <cara.winter@x.example>/).waitFor();
  await a.keyboard.press("Escape");
  await gone(a.getByRole("dialog"));
  tell("forwarded");

  // On paper there is what was said.
  await a.emulateMedia({ media: "print" });
  await a.getByRole("article").filter({ hasText: "no invoice" }).waitFor();
  for (const what of [a.locator("[data-answer]"), a.getByRole("navigation").first(), a.getByRole("button", { name: "Pin words of this message" }).first()]) {
    if (await what.isVisible()) throw new Error(`${what} is on paper`);
  }
  const { scrolls } = await a.evaluate(() => ({ scrolls: document.querySelector("[aria-label='Messages']").scrollHeight - document.querySelector("[aria-label='Messages']").clientHeight }));
  if (scrolls > 0) throw new Error(`${scrolls} px of what was said are not on paper`);
  if (SKEIN_SHOTS) await a.screenshot({ path: `${SKEIN_SHOTS}/paper.png`, fullPage: true });
  if (SKEIN_SHOTS) await a.pdf({ path: `${SKEIN_SHOTS}/paper.pdf` });
  tell("paper");
});
