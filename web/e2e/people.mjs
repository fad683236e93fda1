// Administration by the pages alone: an admin invites somebody, who accepts, answers
// a customer, is given another inbox and loses it again while looking at it, and is
// deactivated with a hand-over: out at once, while what was theirs goes on.
//
//   SKEIN_URL  the address; SKEIN_EMAIL, SKEIN_PASSWORD  the admin
//   NUMBER  of a conversation in the inbox that the invited gets
//   CHROMIUM  the browser's path; SKEIN_SHOTS  a folder for pictures; absent: none
import { readFileSync } from "node:fs";
import { look, open, run, signIn, tell } from "./kit.mjs";

const { SKEIN_URL, SKEIN_EMAIL, SKEIN_PASSWORD, NUMBER } = process.env;
const newPage = (path) => open(SKEIN_URL + path, { prepare: () => localStorage.setItem("skein.hold", "0") });

await run(async () => {
  const admin = await newPage("/login");
  await look(admin, "login");
  await signIn(admin, SKEIN_EMAIL, SKEIN_PASSWORD);
  await admin.getByPlaceholder(/search/i).waitFor();
  await admin.goto(`${SKEIN_URL}/settings/agents`);
  await admin.getByRole("link", { name: "Invite an agent" }).focus();
  await admin.keyboard.press("Enter");
  await admin.getByLabel("Mail address").fill("nora@skein.example");
  await admin.getByRole("group", { name: "Inboxes" }).getByLabel("support").check();
  await look(admin, "invite");
  await admin.keyboard.press("Enter");
  const link = await admin.locator("code").textContent();
  await look(admin, "link");
  await admin.getByRole("button", { name: "Done" }).click();
  await admin.getByText("nora@skein.example").waitFor();
  await look(admin, "agents");
  tell("invited");

  const path = new URL(link, SKEIN_URL);
  const nora = await newPage(path.pathname + path.hash);
  await nora.getByLabel("Your name").fill("Nora Lind");
  await look(nora, "join");
  await nora.getByLabel("Password").fill("a word of her own");
  await nora.keyboard.press("Enter");
  await nora.getByPlaceholder(/search/i).waitFor();
  await nora.goto(`${SKEIN_URL}/c/${NUMBER}?list=all`);
  await nora.locator(".ProseMirror").waitFor();
  await nora.keyboard.press("m");
  await nora.locator(".ProseMirror").click();
  await nora.keyboard.type("It is on its way.");
  await nora.keyboard.press("Control+Enter");
  await nora.getByText("It is on its way.").first().waitFor();
  tell("answered");

  // Rights given and taken while the page is open.
  await nora.goto(`${SKEIN_URL}/all`);
  await nora.getByText("Where is my parcel").first().waitFor();
  await admin.goto(`${SKEIN_URL}/settings/teams`);
  await admin.getByLabel("Name of a new team").fill("Returns");
  await admin.keyboard.press("Enter");
  await admin.getByLabel("Nora Lind is in Returns").check();
  const sees = admin.getByLabel("Nora Lind sees other");
  await sees.focus();
  await admin.keyboard.press("Space");
  await nora.getByText("The whisk bends").first().waitFor();
  await look(admin, "teams");
  await admin.waitForFunction((e) => e.checked, await sees.elementHandle());
  await sees.focus();
  await admin.keyboard.press("Space");
  await nora.getByText("The whisk bends").first().waitFor({ state: "detached" });
  await nora.getByText("Where is my parcel").first().waitFor();
  tell("seen");

  await admin.goto(`${SKEIN_URL}/settings/agents`);
  await admin.getByRole("link", { name: /Nora Lind/ }).click();
  await admin.getByRole("heading", { name: "Nora Lind" }).waitFor();
  await admin.getByRole("button", { name: "Deactivate" }).click();
  await admin.getByLabel("Open conversations go to").selectOption({ label: "ben" });
  await look(admin, "agent");
  await admin.getByRole("form", { name: "Deactivate" }).getByRole("button", { name: "Deactivate" }).click();
  await nora.waitForURL(/\/login/);
  await nora.getByLabel(/email/i).waitFor();
  await admin.getByRole("button", { name: "Reactivate" }).waitFor();
  tell("out");

  await admin.goto(`${SKEIN_URL}/settings/audit`);
  await admin.getByLabel("What").selectOption({ label: "Agents, teams and invitations" });
  const left = admin.getByRole("listitem").filter({ hasText: "changed the agent Nora Lind" }).first();
  await left.getByText(/^\d+ changes?$/).click();
  await left.getByText("active").waitFor();
  await look(admin, "audit");
  const download = admin.waitForEvent("download");
  await admin.getByRole("button", { name: "Export as CSV" }).click();
  const table = readFileSync(await (await download).path(), "utf8");
  if (!table.includes("nora@skein.example")) throw new Error("the export doesn't tell of the invitation");
  for (const tab of ["password", "tags"]) {
    await admin.goto(`${SKEIN_URL}/settings/${tab}`);
    await admin.getByRole("heading", { level: 1 }).waitFor();
    await look(admin, tab);
  }
  tell("told");
});
