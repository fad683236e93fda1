// The page's language: the browser's at first, then the agent's own, on every device
// and without losing what is being written. Each step is told on its own line.
//
//   SKEIN_URL  the address; SKEIN_EMAIL, SKEIN_PASSWORD  who signs in
//   CHROMIUM   the browser's path
import { open, run, signIn as enter, tell } from "./kit.mjs";
import { tour } from "./tour.mjs";

const { SKEIN_URL, SKEIN_EMAIL, SKEIN_PASSWORD } = process.env;

async function device() {
  const page = await open("about:blank", { locale: "de-AT" });
  const catalogues = [];
  page.on("request", (r) => {
    const [, language] = /\/assets\/(en|de)-[^/]*\.js$/.exec(r.url()) ?? [];
    if (language && !catalogues.includes(language)) catalogues.push(language);
  });
  return { page, catalogues };
}

const speaks = (page, language) => page.waitForFunction((l) => document.documentElement.lang === l, language);

async function signIn(page) {
  await page.goto(SKEIN_URL);
  await page.getByRole("heading", { name: "Bei Skein anmelden" }).waitFor();
  await enter(page, SKEIN_EMAIL, SKEIN_PASSWORD);
}

// What is nobody's language: names, what was written, and words that are the same.
const data = /\S+@\S+|The kettle leaks|Cara Winter|Hello, about the kettle\.|Half a note, and the rest|\bana\b/gu;
const same = new Set(["Skein", "Spam", "Tags", "Normal", "Online", "Esc", "en" /* what a reply is written in */]);

await run(async () => {
  const desk = await device();
  await signIn(desk.page);
  await desk.page.getByText("The kettle leaks").first().waitFor();
  await speaks(desk.page, "de");
  if (desk.catalogues.join() !== "de") throw new Error(`loaded: ${desk.catalogues.join()}`);
  tell("browser's");
  const german = await tour(desk.page, SKEIN_URL, "The kettle leaks");

  // While something is being written here, another language is chosen elsewhere.
  await desk.page.getByText("The kettle leaks").first().click();
  await desk.page.locator("[data-conversation] h1").waitFor();
  await desk.page.keyboard.press("n");
  await desk.page.waitForFunction(() => document.activeElement?.tagName === "TEXTAREA");
  await desk.page.keyboard.type("Half a note");

  const other = await device();
  await signIn(other.page);
  await other.page.getByText("The kettle leaks").first().waitFor();
  await other.page.goto(`${SKEIN_URL}/settings/me`);
  const field = other.page.locator("main form input").first();
  await field.fill("2041");
  await other.page.getByRole("combobox", { name: "Sprache" }).selectOption("en");
  await other.page.getByRole("combobox", { name: "Language" }).waitFor();
  if ((await field.inputValue()) !== "2041") throw new Error("what was typed in the settings is gone");
  await speaks(desk.page, "en");
  await desk.page.keyboard.type(", and the rest");
  if (!(await desk.page.evaluate(() => document.activeElement.value)).includes("Half a note, and the rest")) throw new Error("what was written is gone");
  tell("agent's");

  // What reads the same in both languages was never translated.
  const english = await tour(desk.page, SKEIN_URL, "The kettle leaks");
  const both = [...german].filter((s) => english.has(s) && !same.has(s) && /\p{L}{2,}/u.test(s.replace(data, "")));
  if (both.length > 0) throw new Error(`the same in both languages: ${both.join(" | ")}`);
  if (german.size < 80) throw new Error(`only ${german.size} texts were read`);
  tell("translated");

  await other.page.reload();
  await speaks(other.page, "en");
  await other.page.getByRole("combobox", { name: "Language" }).waitFor();
  const third = await device();
  await signIn(third.page);
  await speaks(third.page, "en");
  tell("everywhere");

  // Nobody is signed in here any more: the browser's language again.
  await third.page.evaluate(() => localStorage.removeItem("skein.session"));
  await third.page.context().clearCookies();
  await third.page.reload();
  await third.page.waitForURL(/login/);
  await speaks(third.page, "de");
  await third.page.getByRole("heading", { name: "Bei Skein anmelden" }).waitFor();
  tell("signed out");
});
