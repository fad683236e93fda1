// What an agent is told, on two devices: the bell is live, what is read on one is
// read on the other, and what is pushed while no page is open is shown by the
// service worker and leads to its conversation. It tells of each step on its own
// line; the test that started it gives a conversation and says "go" in between.
//
//   SKEIN_URL  the address; SKEIN_EMAIL, SKEIN_PASSWORD  who signs in; NUMBER  of the conversation
//   CHROMIUM   the browser's path
import { look, open, run, signIn, step, until as becomes } from "./kit.mjs";

const { SKEIN_URL, SKEIN_EMAIL, SKEIN_PASSWORD, NUMBER } = process.env;

async function device(path) {
  const page = await open("about:blank");
  await page.context().grantPermissions(["notifications"], { origin: SKEIN_URL });
  await page.goto(SKEIN_URL + path);
  await signIn(page, SKEIN_EMAIL, SKEIN_PASSWORD);
  return page;
}

await run(async () => {
  const desk = await device("/settings/notifications");
  await desk.getByRole("button", { name: "Turn on" }).click();
  await desk.getByRole("button", { name: "Turn off" }).waitFor();
  await desk.getByLabel("New messages: Mail when away").check();
  await desk.getByRole("heading", { name: "This browser" }).waitFor();
  await look(desk, "settings");
  await desk.goto(`${SKEIN_URL}/mine`);
  const phone = await device("/all");
  for (const page of [desk, phone]) await page.getByRole("button", { name: "Notifications", exact: true }).waitFor();
  await step("ready"); // the conversation is given to the agent now

  for (const page of [desk, phone]) await page.getByRole("button", { name: "Notifications, 1 unread" }).waitFor();
  await phone.getByRole("button", { name: "Notifications, 1 unread" }).focus();
  await phone.keyboard.press("Enter");
  await phone.getByRole("dialog", { name: "Notifications" }).getByText(`#${NUMBER}`).waitFor();
  await look(phone, "bell");
  await phone.getByRole("dialog", { name: "Notifications" }).getByRole("link", { name: /gave it to you/ }).click();
  await phone.waitForURL(new RegExp(`/c/${NUMBER}`));
  for (const page of [desk, phone]) await page.getByRole("button", { name: "Notifications", exact: true }).waitFor();

  // No page of the app is open at the desk: the push is shown, once.
  const cdp = await desk.context().newCDPSession(desk);
  const registered = new Promise((resolve) =>
    cdp.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
      const r = registrations.find((x) => x.scopeURL.startsWith(SKEIN_URL) && !x.isDeleted);
      if (r) resolve(r.registrationId);
    }),
  );
  await cdp.send("ServiceWorker.enable");
  const registrationId = await registered;
  const worker = desk.context().serviceWorkers()[0] ?? (await desk.context().waitForEvent("serviceworker"));
  const leave = async () => {
    await desk.goto("about:blank");
    const pages = () => worker.evaluate(async () => (await self.clients.matchAll({ type: "window", includeUncontrolled: true })).length);
    while ((await pages()) > 0) await new Promise((r) => setTimeout(r, 50)); // the worker hears of it a little later
  };
  await leave();
  const push = (id) =>
    cdp.send("ServiceWorker.deliverPushMessage", {
      origin: SKEIN_URL, registrationId, data: JSON.stringify({ id, conversation: "c", number: Number(NUMBER), title: "Su mentioned you", at: Date.now() }),
    });
  const shown = () => worker.evaluate(async () => (await self.registration.getNotifications()).map((n) => `${n.title} ${n.data.id}`));
  const until = (...want) => becomes(`shown: ${want}`, async () => String(await shown()) === String(want) || shown());
  await push("n1");
  await until("Su mentioned you n1");
  await push("n1"); // again
  await push("n2"); // the newer one of the same conversation takes its place
  await until("Su mentioned you n2");

  // A click leads an open page to the conversation, and a notification that was read elsewhere goes.
  await desk.goto(`${SKEIN_URL}/mine`);
  await desk.getByRole("button", { name: "Notifications", exact: true }).waitFor();
  await worker.evaluate(async () => {
    const [notification] = await self.registration.getNotifications();
    self.dispatchEvent(new NotificationEvent("notificationclick", { notification }));
  });
  await desk.waitForURL(new RegExp(`/c/${NUMBER}`));
  await until();
  await leave();
  await push("n3");
  await until("Su mentioned you n3");
  await desk.goto(`${SKEIN_URL}/mine`);
  await desk.getByRole("button", { name: "Notifications", exact: true }).waitFor();
  await desk.evaluate(async () => (await navigator.serviceWorker.ready).active.postMessage({ type: "read", ids: ["n3"] }));
  await until();
  await step("seen");
});
