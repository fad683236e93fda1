// Notifications of this browser: the service worker that shows them, and the
// subscription by which they come while no page is open. Permission is asked for
// by a press in the settings and nowhere else.

import { api, body } from "./api/client";
import { hearers, noticeKinds, type Notice, type NoticeKind } from "./bell";
import { noticeTitle } from "./bellwords";
import { list, num, record, str } from "./parse";
import { myId, onSession, signedIn } from "./session";
import { Signal } from "./ui/signals";

export type PushState = "unable" | "denied" | "off" | "open" | "on";

/** "open": only while a page is open; "on": always. */
export const pushState = new Signal<PushState>("off");
// Whether notifications may hold the words of messages, and of what the browser is to tell.
const pushText = new Signal(false);
let kinds: ReadonlySet<string> | null = null;

export interface Ways {
  readonly app: boolean;
  readonly push: boolean;
  readonly email: boolean;
}

export interface NotificationSettings {
  readonly kinds: Record<NoticeKind, Ways>;
  readonly pushText: boolean;
  readonly digestAfter: number;
}

export function settingsOf(x: unknown): NotificationSettings {
  const o = record(x, "notification settings");
  const kinds = record(o["kinds"], "notification settings");
  const of = (kind: NoticeKind): Ways => {
    const w = record(kinds[kind] ?? {}, "notification settings");
    return { app: w["app"] === true, push: w["push"] === true, email: w["email"] === true };
  };
  return {
    kinds: { assignment: of("assignment"), mention: of("mention"), message: of("message") },
    pushText: o["pushText"] === true,
    digestAfter: num(o, "digestAfter"),
  };
}

export interface Device {
  readonly id: string;
  readonly name: string;
  readonly here: boolean;
}

/** The browsers that take this agent's pushes. */
export async function devices(): Promise<Device[]> {
  const got = record(await body(api.GET("/api/v1/push/subscriptions")), "subscriptions");
  return list(got, "items", (x) => {
    const o = record(x, "subscription");
    return { id: str(o, "id"), name: str(o, "name"), here: o["here"] === true };
  });
}

export async function forget(id: string): Promise<void> {
  await body(api.DELETE("/api/v1/push/subscriptions/{id}", { params: { path: { id } } }));
}

export async function fetchSettings(): Promise<NotificationSettings> {
  return settingsOf(await body(api.GET("/api/v1/notifications/settings")));
}

/** Takes over what of the settings this browser holds to. */
export function adopt(s: NotificationSettings): void {
  pushText.set(s.pushText);
  kinds = new Set(noticeKinds.filter((k) => s.kinds[k].push));
}

const wanted = (): string => `skein.push.${myId()}`;

function able(): boolean {
  return "serviceWorker" in navigator && "Notification" in window && window.isSecureContext;
}

function chosen(): boolean {
  try {
    return localStorage.getItem(wanted()) === "1";
  } catch {
    return false;
  }
}

function choose(on: boolean): void {
  try {
    if (on) localStorage.setItem(wanted(), "1");
    else localStorage.removeItem(wanted());
  } catch {
    // storage is forbidden: it holds until the page is left
  }
}

const bytesOf = (s: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(s.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

function base64url(b: ArrayBuffer | null): string {
  const s = String.fromCharCode(...new Uint8Array(b ?? new ArrayBuffer(0)));
  return btoa(s).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function browserName(): string {
  const ua = navigator.userAgent;
  const name = ["Edg", "OPR", "Firefox", "Chrome", "Safari"].find((n) => ua.includes(`${n}/`)) ?? "Browser";
  const system = ["Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux"].find((n) => ua.includes(n)) ?? "";
  return `${name === "Edg" ? "Edge" : name === "OPR" ? "Opera" : name}${system === "" ? "" : `, ${system}`}`;
}

async function subscribe(worker: ServiceWorkerRegistration): Promise<void> {
  const key = str(record(await body(api.GET("/api/v1/push/key")), "push key"), "key");
  let sub = await worker.pushManager.getSubscription();
  // Subscribed with another key, the server can't reach it.
  if (sub && base64url(sub.options.applicationServerKey) !== key) {
    await sub.unsubscribe();
    sub = null;
  }
  sub ??= await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(key) });
  await body(
    api.PUT("/api/v1/push/subscriptions", {
      body: { endpoint: sub.endpoint, p256dh: base64url(sub.getKey("p256dh")), auth: base64url(sub.getKey("auth")), key, name: browserName() },
    }),
  );
}

async function begin(): Promise<void> {
  await navigator.serviceWorker.register("/sw.js");
  const worker = await navigator.serviceWorker.ready;
  pushState.set("open");
  try {
    await subscribe(worker);
    pushState.set("on");
  } catch {
    // the push service is away, or there is none: pages tell while they are open
  }
}

/** Asks for permission where there is none yet, and begins. */
export async function turnOn(): Promise<void> {
  if ((await Notification.requestPermission()) !== "granted") {
    pushState.set(Notification.permission === "denied" ? "denied" : "off");
    return;
  }
  choose(true);
  await begin();
}

export async function turnOff(): Promise<void> {
  choose(false);
  pushState.set("off");
  const worker = await navigator.serviceWorker.getRegistration();
  const sub = await worker?.pushManager.getSubscription();
  await sub?.unsubscribe();
  for (const d of await devices()) if (d.here) await forget(d.id);
}

function tellWorker(message: object): void {
  if (able()) void navigator.serviceWorker.getRegistration().then((r) => r?.active?.postMessage(message));
}

// A page that is open and not looked at tells by itself. The worker shows it, so
// that of several tabs and a push for the same one is shown.
function show(n: Notice): void {
  if (n.read || (pushState.get() !== "open" && pushState.get() !== "on")) return;
  if (document.visibilityState === "visible" && document.hasFocus()) return;
  const payload = {
    id: n.id, conversation: n.conversationId, number: n.number, title: noticeTitle(n), body: pushText.get() ? n.text || n.subject : "", at: Date.parse(n.at),
  };
  tellWorker({ type: "show", payload });
}

function look(): void {
  if (!able()) pushState.set("unable");
  else if (Notification.permission === "denied") pushState.set("denied");
  else if (signedIn() && chosen() && Notification.permission === "granted") {
    void begin().catch(() => undefined);
    void fetchSettings().then(adopt, () => undefined);
  } else pushState.set("off");
}

let begun = false;

/** Follows what is told, once. */
export function start(): void {
  if (begun) return;
  begun = true;
  hearers.add((n) => {
    if (n === null) return;
    if (!("made" in n)) tellWorker({ type: "read", ids: n.read });
    else if (n.made.kind !== "direct" && (kinds === null || kinds.has(n.made.kind))) show(n.made);
  });
  onSession(() => {
    if (!signedIn()) tellWorker({ type: "clear" });
    else look();
  });
  if (able()) {
    navigator.serviceWorker.addEventListener("message", (e: MessageEvent<{ type?: string; number?: number }>) => {
      if (e.data.type === "subscribe") look();
    });
  }
  look();
}
