// Administration by the pages alone: an admin invites somebody, who accepts, answers
// a customer, is given another inbox and loses it again while looking at it, and is
// deactivated with a hand-over: out at once, while what was theirs goes on.
//
//   SKEIN_URL  the address; SKEIN_EMAIL, SKEIN_PASSWORD  the admin
//   NUMBER  of a conversation in the inbox that the invited gets
//   CHROMIUM  the browser's path; SKEIN_SHOTS  a folder for pictures; absent: none
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const { SKEIN_URL, SKEIN_EMAIL, SKEIN_PASSWORD, NUMBER, CHROMIUM, SKEIN_SHOTS } = process.env;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const broken = [];

async function newPage(path) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce", bypassCSP: true });
  await context.addInitScript(() => localStorage.setItem("skein.hold", "0"));
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.on("pageerror", (e) => broken.push(String(e)));
  await page.goto(SKEIN_URL + path);
  return page;
}

async function signIn(page, email, password) {
  await page.getByLabel(/email/i).fill(email);
  await page.getByLabel(/password/i).fill(password);
  await page.keyboard.press("Enter");
  await page.getByPlaceholder(/search/i).waitFor();
}

async function look(page, what) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }));
  if (violations.length > 0) throw new Error(`${what}: ${violations.map((v) => `${v.id} at ${v.nodes.map((n) => n.html).join(" ")}`).join("; ")}`);
  if (!SKEIN_SHOTS) return;
  for (const [colorScheme, width] of [["light", 1440], ["dark", 1440], ["light", 1024], ["light", 390], ["dark", 390]]) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    await page.waitForTimeout(200);
    await page.screenshot({ path: `${SKEIN_SHOTS}/${what}-${width}-${colorScheme}.png` });
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1440, height: 900 });
}

try {
  const admin = await newPage("/login");
  await look(admin, "login");
  await signIn(admin, SKEIN_EMAIL, SKEIN_PASSWORD);
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
  console.log("invited");

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
  console.log("answered");

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
  console.log("seen");

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
  console.log("out");

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
  if (broken.length > 0) throw new Error(`the pages broke: ${broken.join("; ")}`);
  console.log("told");
} finally {
  await browser.close();
}
