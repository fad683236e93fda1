// Every page of the settings in English and in German, side by side: what reads the
// same in both, and is neither data nor a word that the languages share, was not
// translated.
//
//   SKEIN_URL  the address; SKEIN_EMAIL, SKEIN_PASSWORD  an admin who has chosen no language
//   CHROMIUM   the browser's path
import { open, run, signIn, tell } from "./kit.mjs";
import { shown } from "./tour.mjs";

const { SKEIN_URL, SKEIN_EMAIL, SKEIN_PASSWORD } = process.env;

/** Words that are the same in both languages, in lower case. */
const shared = new Set(
  `skein deutsch english name team teams tag tags chat shop social webhook webhooks widget mail status server port token id api url app client tls starttls imap smtp ami sms
   oauthbearer xoauth csv json pem host hosts text format agent agents admin supervisor browser online offline voicemail consumer key secret human
   service sid mb verify google microsoft twilio aircall asterisk freeswitch shopify woocommerce whatsapp messenger instagram telegram line`.split(/\s+/),
);

// What the server sends is data, whatever language it is in, but for the meanings of settings.
const data = new Set();
const reading = [];
let told = /(?!)/u;

function keep(x) {
  if (typeof x === "string" || typeof x === "boolean") {
    const text = String(x).trim();
    if (text.length > 2) data.add(text);
  } else if (x !== null && typeof x === "object") for (const v of Object.values(x)) keep(v);
}

async function desk(locale) {
  const page = await open("about:blank", { locale, timezoneId: "Europe/Berlin" });
  page.on("response", (r) => {
    const path = new URL(r.url()).pathname;
    if (path.startsWith("/api/") && path !== "/api/v1/channels") reading.push(r.json().then(keep, () => undefined));
  });
  await page.goto(`${SKEIN_URL}/login`);
  await signIn(page, SKEIN_EMAIL, SKEIN_PASSWORD);
  await page.waitForURL((u) => !u.pathname.startsWith("/login"));
  return page;
}

/** Opens a page, and waits until nothing changes any more. */
async function go(page, path) {
  await page.goto(SKEIN_URL + path);
  await page.locator("main h1").first().waitFor();
  await page.evaluate(async () => {
    const turn = () => new Promise((done) => setTimeout(done, 100));
    let before = "";
    for (let same = 0; same < 3; ) {
      await turn();
      for (const d of document.querySelectorAll("main details")) d.open = true;
      const now = document.body.textContent ?? "";
      same = now === before && document.querySelector("main .skeleton") === null ? same + 1 : 0;
      before = now;
    }
  });
}

/** What is left of a text without data, addresses and words that the languages share. */
function own(text) {
  return text
    .replace(told, " ")
    .replace(/\S*[@#/:<>{}_]\S*/gu, " ")
    .split(/[^\p{L}-]+/u)
    .filter((w) => w.length > 2 && !shared.has(w.toLowerCase()));
}

await run(async () => {
  const en = await desk("en-US");
  const de = await desk("de-DE");

  await Promise.all([go(en, "/settings/me"), go(de, "/settings/me")]);
  const links = (within) => de.evaluate((w) => [...document.querySelectorAll(w)].map((a) => a.getAttribute("href")), `${within} a[href^="/settings/"]`);
  const pages = new Set([...(await links("nav")), ...["email", "chat", "phone", "social", "shop"].map((c) => `/settings/channels/new/${c}`)]);
  if (pages.size < 20) throw new Error(`only ${[...pages].join(", ")} are listed`);

  const same = [];
  for (const path of pages) {
    await Promise.all([go(en, path), go(de, path)]);
    // What a page leads to is looked at too, of several alike one: an agent, a channel.
    const found = await links("main");
    const one = found.find((p) => p.startsWith(`${path}/`) && !p.endsWith("/invite"));
    for (const p of found) if (p === one || p.endsWith("/invite")) pages.add(p);
    const [ours, theirs] = await Promise.all([en.evaluate(shown), de.evaluate(shown)]);
    await Promise.all(reading);
    const all = [...data].sort((a, b) => b.length - a.length).map((d) => d.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    told = new RegExp(`(?<!\\p{L})(?:${all.join("|")})(?!\\p{L})`, "gu");
    const both = theirs.filter((t) => ours.includes(t) && own(t).length > 0);
    if (both.length > 0) same.push(`${path}: ${both.map((t) => `“${t}”`).join(", ")}`);
  }
  if (same.length > 0) throw new Error(`English in German:\n${same.join("\n")}`);
  tell("translated");
});
