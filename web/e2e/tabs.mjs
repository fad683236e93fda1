// All tabs of a browser have one live connection, and each is as good as one
// alone: closed, crashed, hidden, frozen, without a network, without its worker,
// beside another version, signed out and in. Between the steps, the other side
// counts sockets, sends mail and cuts the network.
//
//   SKEIN_URL  the server; SKEIN_ONE, SKEIN_TWO  the addresses of two conversations
//   SKEIN_EMAILS  who signs in, two; SKEIN_PASSWORD  of both; CHROMIUM  the browser's path
//   SKEIN_SHOTS  a folder for pictures of what failed; absent: none
import { browser, gone, run, signIn as enter, step, tell, there, watch } from "./kit.mjs";

const { SKEIN_URL, SKEIN_ONE, SKEIN_TWO, SKEIN_EMAILS, SKEIN_PASSWORD } = process.env;
const [one, two] = SKEIN_EMAILS.split(" ");

// Every page of a headless browser is in view: being hidden is said by hand.
const hideable = () => {
  let state = "visible";
  Object.defineProperty(document, "visibilityState", { get: () => state });
  window.put = (to) => {
    state = to;
    document.dispatchEvent(new Event("visibilitychange"));
  };
};
async function browserOf() {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  await context.addInitScript(hideable);
  return context;
}
async function open(context, url, prepare) {
  const page = watch(await context.newPage());
  if (prepare) await page.addInitScript(prepare);
  await page.goto(url);
  return page;
}
async function signIn(page, email) {
  await enter(page, email, SKEIN_PASSWORD);
  await page.getByPlaceholder(/search/i).waitFor();
}
const said = (page, text) => page.locator("[data-conversation]").getByText(text).first().waitFor();
const looks = (page, who) => page.getByRole("button", { name: new RegExp(`^${who} is `) });

await run(async () => {
  const ana = await browserOf();
  const ben = await browserOf();
  const first = await open(ana, SKEIN_URL);
  await signIn(first, one);
  let left = await open(ana, SKEIN_ONE);
  let right = await open(ana, SKEIN_TWO);
  await said(left, "first one");
  await said(right, "second one");
  const benLeft = await open(ben, SKEIN_URL);
  await signIn(benLeft, two);
  await benLeft.goto(SKEIN_ONE);
  const benRight = await open(ben, SKEIN_TWO);
  await there(looks(benLeft, "ana"));
  await there(looks(benRight, "ana"));
  await step("two browsers");

  // Each types for itself; one that crashes takes its own with it.
  await right.keyboard.press("r");
  await right.keyboard.type("I will look");
  await there(benRight.getByText("ana is replying"));
  if ((await benLeft.getByText("ana is replying").count()) > 0) throw new Error("typing in one tab shows in another's conversation");
  void left.goto("chrome://crash").catch(() => undefined);
  await gone(looks(benLeft, "ana"));
  await there(looks(benRight, "ana"));
  await right.keyboard.press("Escape");
  await step("one crashed");

  // Hidden, it does nothing; shown, it has all.
  const cdp = await ana.newCDPSession(right);
  await cdp.send("Performance.enable");
  await right.evaluate(() => window.put("hidden"));
  await gone(looks(benRight, "ana"));
  await right.evaluate(() => {
    window.did = 0;
    new MutationObserver((all) => (window.did += all.length)).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    window.asked = performance.getEntriesByType("resource").length;
  });
  const styled = async () => (await cdp.send("Performance.getMetrics")).metrics.find((m) => m.name === "RecalcStyleCount").value;
  const before = await styled();
  await step("hidden"); // mail comes into its conversation
  await said(benRight, "while hidden");
  await there(first.getByText("while hidden"));
  const cost = await right.evaluate(() => ({ did: window.did, asked: performance.getEntriesByType("resource").length - window.asked }));
  if (cost.did > 0 || cost.asked > 0 || (await styled()) > before) throw new Error(`a hidden tab does ${JSON.stringify(cost)}, ${(await styled()) - before} styles`);
  await right.evaluate(() => window.put("visible"));
  await said(right, "while hidden");
  await there(looks(benRight, "ana"));

  // Frozen by the browser, as it does with what is long hidden.
  await right.evaluate(() => window.put("hidden"));
  await cdp.send("Page.setWebLifecycleState", { state: "frozen" });
  await gone(looks(benRight, "ana"));
  await step("frozen"); // mail
  await said(benRight, "while frozen");
  await cdp.send("Page.setWebLifecycleState", { state: "active" });
  await right.evaluate(() => window.put("visible"));
  await said(right, "while frozen");
  await there(looks(benRight, "ana"));

  // The network goes, mail comes, the network comes back.
  await step("cut");
  await there(right.getByText(/^Offline since/));
  await step("mend");
  await said(right, "while cut");
  await there(first.getByText("while cut"));
  await step("mended");

  // The worker's process dies under its tabs.
  const all = await browser.newBrowserCDPSession();
  const workers = async () => (await all.send("Target.getTargets", { filter: [{ type: "shared_worker" }] })).targetInfos;
  const [worker] = await workers();
  await all.send("Target.closeTarget", { targetId: worker.targetId });
  await step("the worker died"); // mail
  await said(right, "without a worker");
  await said(benRight, "without a worker");
  await step("another worker");

  // A page of another version has a worker of its own, one that has none a socket of
  // its own, and neither ends the session of the others.
  const next = await open(ana, SKEIN_TWO, () => {
    const Known = SharedWorker;
    window.SharedWorker = function (url, o) {
      return new Known(url, { ...o, name: `${o.name}-next` });
    };
  });
  const alone = await open(ana, SKEIN_TWO, () => delete window.SharedWorker);
  const failing = await open(ana, SKEIN_TWO, () => {
    const Known = SharedWorker;
    window.SharedWorker = function (_, o) {
      return new Known("/assets/gone.js", o);
    };
  });
  for (const page of [next, alone, failing]) await said(page, "without a worker");
  await step("three ways"); // mail
  for (const page of [right, next, alone, failing]) await said(page, "three ways");
  for (const page of [next, alone, failing]) await page.close();
  await step("one way again");

  // Signing out and in holds for all tabs.
  await first.getByRole("button", { name: /^Account: ana/ }).click();
  await first.getByRole("menuitem", { name: /sign out/i }).click();
  for (const page of [first, right]) await there(page.getByLabel(/password/i));
  await step("signed out");
  await signIn(first, one);
  await said(right, "three ways");
  const other = await open(ana, `${SKEIN_URL}/login`);
  await signIn(other, two);
  const me = (page) => page.evaluate(() => localStorage.getItem("skein.session"));
  await right.waitForLoadState();
  await said(right, "three ways");
  for (const page of [first, right]) await there(page.getByRole("button", { name: /^Account: ben/ }));
  if ((await me(right)) !== (await me(other))) throw new Error("two agents in one browser");
  await step("somebody else");

  tell("done");
});
