// The first run by the page alone: from the address that the server printed to the
// first answer to a message that shows its order.
//
//   SKEIN_URL  the address; SKEIN_SETUP  the one that was printed
//   SKEIN_IMAP, SKEIN_SMTP  ports of the mailbox's servers on this machine
//   SKEIN_MAIL_PASSWORD  of the mailbox; SKEIN_SHOP  a page that shows the chat
//   CHROMIUM  the browser's path; SKEIN_SHOTS  a folder for pictures; absent: none
import { look, open, run, step, watch } from "./kit.mjs";

const { SKEIN_URL, SKEIN_SETUP, SKEIN_IMAP, SKEIN_SMTP, SKEIN_MAIL_PASSWORD, SKEIN_SHOP } = process.env;

await run(async () => {
  // Who comes without the code is led to the set-up, and not let in.
  const page = await open(SKEIN_URL, { timezoneId: "Europe/Vienna", prepare: () => localStorage.setItem("skein.hold", "0") }); // the answer leaves at once
  await page.getByRole("heading", { name: "Set up Skein" }).waitFor();
  const fill = async () => {
    await page.getByLabel("Name of the business").fill("Lamps");
    await page.getByLabel("Your name").fill("Ada");
    await page.getByLabel("Your mail address").fill("ada@shop.example");
    await page.getByLabel("Password").fill("a long enough one");
  };
  await page.getByLabel("Set-up code").fill("AAAA-BBBB-CCCC-DDDD");
  await fill();
  await page.keyboard.press("Enter");
  await page.getByRole("alert").getByText("not the one that the server printed").waitFor();

  // To a German browser in German.
  const seite = await open(SKEIN_URL, { locale: "de-DE" });
  await seite.getByRole("heading", { name: "Skein einrichten" }).waitFor();
  await look(seite, "setup-deutsch");
  await seite.context().close();

  await page.goto(SKEIN_SETUP);
  // The same page but for what is behind the #: nothing is loaded anew.
  await page.waitForFunction(() => document.querySelector("input[name='code']")?.value === new URLSearchParams(location.hash.slice(1)).get("code"));
  await fill();
  await look(page, "setup-begin");
  if ((await page.getByLabel("Time zone").inputValue()) !== "Europe/Vienna") throw new Error("the browser's zone isn't proposed");
  await page.getByLabel("Password").focus();
  await page.keyboard.press("Enter");

  await page.getByRole("heading", { name: "Connect a mailbox" }).waitFor();
  await step("begun");
  if (page.url().includes("code")) throw new Error("the code is still in the address");
  await page.getByLabel("Mail address").fill("someone@gmail.com");
  await page.getByText("It wants an app password").waitFor();
  await page.getByRole("combobox", { name: "Provider" }).selectOption("");
  await page.getByLabel("Mail address").fill("support@shop.example");
  await page.getByLabel("Sender's name").fill("Lamps");
  await page.getByLabel("Password").fill("wrong");
  await page.getByLabel("User name").fill("support");
  for (const [name, port] of [["Incoming mail (IMAP)", SKEIN_IMAP], ["Outgoing mail (SMTP)", SKEIN_SMTP]]) {
    const of = page.getByRole("group", { name });
    await of.getByLabel("Server").fill("127.0.0.1");
    await of.getByLabel("Encryption").selectOption("none");
    await of.getByLabel("Port").fill(port);
  }
  await page.getByRole("button", { name: "Test the connection" }).click();
  const incoming = page.getByRole("region", { name: "Incoming mail" });
  await incoming.getByText("It answers at this port").waitFor();
  await incoming.getByText("The sign-in is refused.").waitFor();
  await look(page, "setup-mailbox-refused");
  await page.getByLabel("Password").fill(SKEIN_MAIL_PASSWORD);
  await page.getByRole("button", { name: "Connect", exact: true }).click();
  await page.getByText("support@shop.example is connected.").waitFor();
  await page.getByText("Running").waitFor();
  await look(page, "setup-mailbox");
  await step("connected");

  // What was done is known after a reload, and the next step comes by itself.
  await page.goto(`${SKEIN_URL}/setup`);
  await page.getByRole("heading", { name: "Bring your orders" }).waitFor();
  await page.getByLabel("Choose a file").setInputFiles({
    name: "orders.csv",
    mimeType: "text/csv",
    buffer: Buffer.from(
      "Order number,Created at,Total,Currency,Email,Item,Quantity,Price\n" +
        "10042,2026-06-01 10:00:00,47.11,EUR,cara@x.example,Copper kettle,1,47.11\n" +
        "10043,soon,1.00,EUR,tom@x.example,Whisk,1,1.00\n" +
        "10044,2026-06-02 10:00:00,8.00,EUR,tom@x.example,Whisk,2,4.00\n",
    ),
  });
  await page.getByText("2 orders can be read.").waitFor();
  await page.getByText("Line 3").waitFor();
  await page.getByRole("cell", { name: "10042" }).waitFor();
  await look(page, "setup-orders");
  await page.getByRole("button", { name: "Take 2 orders" }).click();
  await page.getByText("2 orders are taken in.").waitFor();
  await page.getByText("2 orders are here.").waitFor();
  await step("orders");
  await page.getByRole("button", { name: "Next" }).click();

  await page.getByRole("heading", { name: "Invite colleagues" }).waitFor();
  await page.getByText("So far it is you alone.").waitFor();
  await page.getByRole("button", { name: "Not now" }).click();
  // What was passed over is come back to; whoever is invited is invited here.
  await page.getByRole("link", { name: /^Colleagues.*passed over/ }).click();
  await page.getByRole("checkbox", { name: "Support" }).and(page.locator(":checked")).waitFor();
  await page.getByLabel("Mail address").fill("tilda@shop.example");
  await page.keyboard.press("Enter");
  await page.getByText("The link went to tilda@shop.example by mail.").waitFor();
  if (!(await page.locator("code").textContent()).includes("/join#")) throw new Error("the link of the invitation isn't shown");
  // The next one is written at once; nobody is invited twice.
  await page.locator("input[type='email']:focus").waitFor();
  await page.keyboard.type("tilda@shop.example");
  await page.keyboard.press("Enter");
  await page.getByRole("form", { name: "Invite an agent" }).getByRole("alert").getByText("invited").waitFor();
  await page.getByText("1 invited.").waitFor();
  await look(page, "setup-people");
  await page.getByRole("button", { name: "Next" }).click();

  await page.getByRole("heading", { name: "Put the chat on your pages" }).waitFor();
  await page.getByLabel("Address of your shop").fill(`${SKEIN_SHOP}/some/page`);
  await page.getByLabel("Name in the chat").fill("Lamps");
  await page.getByRole("button", { name: "Make the chat" }).click();
  await page.getByText("Not seen on a page yet.").waitFor();
  const script = await page.getByRole("textbox", { name: "Lamps" }).inputValue();
  if (!script.includes('data-account="web"')) throw new Error(`the script is ${script}`);
  await look(page, "setup-widget");
  await step("chat");
  // The chat's connector starts with its first account: a page may come before it.
  const shop = watch(await page.context().newPage());
  const seen = page.getByText(`Seen on ${SKEIN_SHOP}`).waitFor();
  const shown = (async () => {
    for (;;) {
      const config = shop.waitForResponse((r) => r.url().endsWith("/in/chat/web/config"));
      await shop.goto(SKEIN_SHOP);
      if ((await config).ok()) return;
    }
  })();
  await Promise.all([seen, shown]);
  await shop.close();
  await page.getByRole("button", { name: "Next" }).click();

  await page.getByRole("heading", { name: "Answer a message with its order" }).waitFor();
  await look(page, "setup-answer");
  await step("ready");
  await page.getByText("Where is my kettle?").waitFor();
  await page.getByText("It shows its order: done").waitFor();
  await page.getByRole("link", { name: /^Open conversation/ }).click();
  await page.getByRole("textbox", { name: /repl/i }).or(page.locator(".ProseMirror")).first().waitFor();
  await page.keyboard.press("r");
  await page.locator(".ProseMirror:focus").waitFor();
  await page.keyboard.type("It left our warehouse this morning.");
  await page.keyboard.press("Control+Enter");
  await step("answered");
  await page.goto(`${SKEIN_URL}/setup/answer`);
  await page.getByText("That is the whole of it.").waitFor();
  await page.getByRole("link", { name: /^Colleagues.*done/ }).waitFor();
  await look(page, "setup-done");
  await page.getByRole("button", { name: "Go to work" }).click();
  await page.getByPlaceholder(/search/i).waitFor();

  await step("at work");

  // What admins set up besides: the inbox's name and signature, hours and holidays.
  await page.goto(`${SKEIN_URL}/settings/inboxes`);
  await page.getByRole("button", { name: /^Support/ }).click();
  const inboxName = page.getByRole("listitem").filter({ has: page.locator(".ProseMirror") }).getByRole("textbox", { name: "Name" });
  await page.locator(".ProseMirror").click();
  await page.keyboard.type("Kind regards, Lamps");
  await inboxName.fill("Help desk");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: /^Help desk/ }).waitFor();
  await look(page, "settings-inboxes");
  await page.reload();
  await page.getByRole("button", { name: /^Help desk/ }).click();
  await page.locator(".ProseMirror").getByText("Kind regards, Lamps").waitFor();

  await page.goto(`${SKEIN_URL}/settings/hours`);
  await page.getByText("Open now").waitFor();
  // Without any hours it is always open, and no day says that it is closed.
  if ((await page.getByText("open all day").count()) !== 7) throw new Error("a calendar without hours doesn't say that it is open");
  await page.getByRole("button", { name: "More hours on Monday" }).click();
  if ((await page.getByText("closed", { exact: true }).count()) !== 6) throw new Error("the days without hours don't say that they are closed");
  await page.getByRole("textbox", { name: "Monday, to" }).fill("18:30");
  // The next day begins with the hours of the one before.
  await page.getByRole("button", { name: "More hours on Tuesday" }).click();
  if ((await page.getByRole("textbox", { name: "Tuesday, to" }).inputValue()) !== "18:30") throw new Error("the hours of the day before aren't proposed");
  await page.getByRole("button", { name: "Take these hours of Tuesday away" }).click();
  const year = new Date().getUTCFullYear() + 1;
  await page.getByLabel("Public holidays from a file").setInputFiles({
    name: "holidays.ics",
    mimeType: "text/calendar",
    buffer: Buffer.from(`BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:${year}1225\r\nSUMMARY:Christmas\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`),
  });
  await page.getByText("1 day is added.").waitFor();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText(/^(Open now|Closed, opens)/).waitFor();
  await page.reload();
  await page.getByText("Christmas").waitFor();
  if ((await page.getByRole("textbox", { name: "Monday, to" }).inputValue()) !== "18:30") throw new Error("the hours are not kept");
  await look(page, "settings-hours");
  await page.goto(`${SKEIN_URL}/settings/dead`);
  await page.getByText("Everything that came in was handled.").waitFor();
  await look(page, "settings-dead");
  await step("settings");

  // Once it is set up nobody is led there any more.
  const other = await open(`${SKEIN_URL}/setup`);
  await other.getByText("This server is set up already.").waitFor();
  await other.getByRole("link", { name: "Sign in" }).click();
  await other.getByLabel(/email/i).waitFor();

  await step("done");
});
