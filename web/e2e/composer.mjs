// The composer by the page alone: a supervisor writes a saved reply while an agent
// has a conversation open, who uses it.
//
//   SKEIN_URL  the address; SKEIN_EMAILS  the agent and the supervisor
//   SKEIN_CONVERSATIONS  numbers: one with a linked order, one without
//   SKEIN_PASSWORD  of both; CHROMIUM  the browser's path
//   SKEIN_SHOTS  a folder for pictures; absent: none
import { look, open as newPage, run, signIn, step } from "./kit.mjs";

const { SKEIN_URL, SKEIN_EMAILS, SKEIN_PASSWORD, SKEIN_CONVERSATIONS } = process.env;

async function open(email, path) {
  // However slow the machine, there is time to undo.
  const page = await newPage(SKEIN_URL + path, { prepare: () => localStorage.setItem("skein.hold", "30") });
  await signIn(page, email, SKEIN_PASSWORD);
  return page;
}

await run(async () => {
  const [agent, supervisor] = SKEIN_EMAILS.split(" ");
  const [withOrder, without] = SKEIN_CONVERSATIONS.split(" ");
  const a = await open(agent, `/c/${without}`);
  const s = await open(supervisor, "/settings/replies");
  const field = a.locator(".ProseMirror");
  const slash = async () => {
    await a.keyboard.press("r");
    await a.locator(".ProseMirror:focus").waitFor();
    await a.keyboard.press("/");
    await a.getByRole("combobox", { name: "Find a saved reply" }).waitFor();
  };
  await field.waitFor();
  await slash();
  await a.getByText("Nothing is saved yet.").waitFor();

  // Where there is none, the page shows how one may be.
  await s.getByRole("button", { name: "Begin with an example" }).waitFor();
  await look(s, "saved-none");
  await s.getByRole("button", { name: "Begin with an example" }).click();
  const example = await s.getByLabel("Text in any language").inputValue();
  if (!example.includes("your order {{order.number}} is on its way")) throw new Error(`the example is ${example}`);
  await s.getByLabel("Name", { exact: true }).fill("On its way");
  await s.getByLabel("Folder").fill("Parcels");
  await s.getByLabel("Text in any language").fill("Your order {{order.shoe}} is on its way.");
  await s.getByRole("combobox", { name: "Conversation" }).selectOption("closed");
  await s.getByRole("combobox", { name: "Assign" }).selectOption("me");
  await s.getByRole("button", { name: "Save" }).click();
  await s.getByRole("alert").getByText("{{order.shoe}} can't be filled in").waitFor();
  await s.getByLabel("Text in any language").fill("Your order {{order.number}} is on its way.");
  await look(s, "saved-reply");
  await s.getByRole("button", { name: "Save" }).click();
  await s.getByRole("button", { name: /^On its way/ }).waitFor();
  await look(s, "saved-replies");
  await a.getByRole("option", { name: /On its way/ }).waitFor(); // with no reload
  await step("saved");

  await a.getByRole("alert").getByText("{{order.number}} can't be filled in: no order is linked").waitFor();
  await look(a, "saved-refused");
  await a.keyboard.press("Enter"); // nothing to put in
  await a.keyboard.press("Escape");
  await a.locator(".ProseMirror:focus").waitFor();
  await a.keyboard.type("x");
  await field.getByText("/x").waitFor(); // the slash was meant as one
  await step("refused");

  await a.goto(`${SKEIN_URL}/c/${withOrder}`);
  await field.waitFor();
  await slash();
  await a.keyboard.type("its way parc");
  await a.getByText("Your order #10021 is on its way.").waitFor();
  await look(a, "saved-picked");
  await a.keyboard.press("Enter");
  await field.getByText("Your order #10021 is on its way.").waitFor();
  await a.getByRole("list", { name: "When it is sent" }).getByText("close").waitFor();
  await a.locator(".ProseMirror:focus").waitFor();
  await look(a, "saved-in");
  await a.locator(".ProseMirror").press("Control+Enter");
  // It is sent and closed, and taken back from the conversation that came next.
  const sent = (page) => page.getByRole("article").getByText("Your order #10021 is on its way.");
  await a.goto(`${SKEIN_URL}/c/${withOrder}`);
  await sent(a).waitFor();
  await step("sent");
  await a.getByRole("article").getByRole("button", { name: "Undo" }).click();
  await field.getByText("Your order #10021 is on its way.").waitFor();
  await sent(a).waitFor({ state: "detached" });
  await step("taken back");

  // It leaves tomorrow, unless somebody writes.
  await a.getByRole("button", { name: "More ways to send" }).click();
  await a.getByRole("menuitem", { name: /Send later/ }).click();
  await a.getByRole("dialog", { name: "Send later" }).waitFor();
  await look(a, "later");
  await a.getByRole("button", { name: /Tomorrow morning/ }).click();
  await a.getByText(/^Leaves /).waitFor();
  await step("scheduled");
  await a.getByText("The customer has written since.").waitFor();
  await look(a, "scheduled");
  await a.getByRole("button", { name: "Send now" }).click();
  await a.getByText(/^Leaves /).waitFor({ state: "detached" });
  await step("left");

  // What the order holds, as a card in the reply.
  await a.getByRole("button", { name: "More: order #10021" }).click();
  await a.getByRole("menuitem", { name: "Put the items in the reply" }).click();
  await a.locator(".ProseMirror blockquote").getByText("Copper kettle").waitFor();
  await step("card");

  // What is pasted into a note doesn't go into the answer, and a book is a file.
  const paste = (words, file) =>
    a.evaluate(
      ([n, name]) => {
        const data = new DataTransfer();
        if (n > 0) data.setData("text/plain", "word ".repeat(n));
        if (name !== "") data.items.add(new File(["x"], name, { type: "image/png" }));
        document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
      },
      [words, file],
    );
  const attached = a.getByRole("list", { name: "Attached" });
  await a.locator("[data-conversation]").focus();
  await a.keyboard.press("n");
  await a.locator("textarea:focus").waitFor();
  await paste(0, "inside.png");
  await a.getByRole("alert").getByText("Files go with a reply").waitFor();
  if ((await attached.count()) > 0) throw new Error("a file of a note is in the answer");
  await a.keyboard.press("Escape");
  await a.keyboard.press("r");
  await a.locator(".ProseMirror:focus").waitFor();
  await paste(40_000, "");
  await attached.getByText("text.txt").waitFor();

  // What is said reads in its own direction.
  const direction = await a.locator("[data-message] p").first().evaluate((e) => getComputedStyle(e).unicodeBidi);
  if (direction !== "plaintext") throw new Error(`what is said reads in the page's direction: ${direction}`);

  // What was found is shown as it is now.
  await a.goto(`${SKEIN_URL}/search?q=whisks`);
  const waiting = a.locator("[data-row]").getByText(/number.*waiting/);
  await waiting.first().waitFor();
  await s.goto(`${SKEIN_URL}/c/${without}`);
  await s.locator(".ProseMirror").waitFor();
  await s.keyboard.press("r");
  await s.locator(".ProseMirror:focus").waitFor();
  await s.keyboard.type("We do.");
  await s.keyboard.press("Control+Enter");
  await waiting.first().waitFor({ state: "detached" });
  await step("found");
});
