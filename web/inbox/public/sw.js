// The service worker: it shows what is pushed while no page is in sight, and what
// pages hand to it, so that there is one place where notifications are kept apart.
// It keeps nothing and fetches nothing.

const tagOf = (p) => `conversation:${p.conversation ?? ""}`;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (e) => e.waitUntil(self.clients.claim()));

async function show(p) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (pages.some((c) => c.visibilityState === "visible" && c.focused)) return; // it is before the agent
  const there = await self.registration.getNotifications({ tag: tagOf(p) });
  if (there.some((n) => n.data?.id === p.id)) return;
  await self.registration.showNotification(p.title || "Skein", {
    body: p.body ?? "",
    tag: tagOf(p),
    renotify: true,
    icon: "/icon.svg",
    timestamp: p.at,
    data: { id: p.id, conversation: p.conversation, number: p.number },
  });
}

self.addEventListener("push", (e) => {
  let p = {};
  try {
    p = e.data?.json() ?? {};
  } catch {
    // not ours: something has to be shown all the same
  }
  e.waitUntil(show(p));
});

self.addEventListener("notificationclick", (e) => {
  e.notification.close();
  const number = e.notification.data?.number;
  e.waitUntil(
    (async () => {
      const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
      const best = pages.find((c) => c.visibilityState === "visible") ?? pages[0];
      if (!best) {
        await self.clients.openWindow(number ? `/c/${number}?list=mine` : "/");
        return;
      }
      if (number) best.postMessage({ type: "open", number });
      await best.focus().catch(() => undefined);
    })(),
  );
});

async function close(which) {
  for (const n of await self.registration.getNotifications()) if (which(n.data ?? {})) n.close();
}

self.addEventListener("message", (e) => {
  const m = e.data ?? {};
  if (m.type === "show") e.waitUntil(show(m.payload));
  if (m.type === "read") e.waitUntil(close((d) => m.ids.includes(d.id)));
  if (m.type === "clear") e.waitUntil(close(() => true));
});

// Pages know who is signed in: they subscribe anew.
self.addEventListener("pushsubscriptionchange", (e) => {
  e.waitUntil(
    (async () => {
      for (const c of await self.clients.matchAll({ type: "window", includeUncontrolled: true })) c.postMessage({ type: "subscribe" });
    })(),
  );
});
