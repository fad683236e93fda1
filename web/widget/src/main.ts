// The customer's chat on a shop's page:
//
//   <script src="https://HOST/widget/widget.js" data-account="ACCOUNT" async></script>
//
// It puts one element into the page and one object, window.skein, beside it. Of
// the page it reads the language and direction, and with the visitor's consent
// its address and title. It loads nothing from elsewhere than the host that it
// came from, and sets no cookie.

import { openChat, type Page, type Person } from "./chat.ts";
import { openFiles } from "./files.ts";
import { openKeep, storage } from "./keep.ts";
import { backoff, type Socket } from "./line.ts";
import { openPanel, type Panel } from "./panel.ts";
import { parseShop } from "./parse.ts";
import { wordsFor } from "./words.ts";

type Traits = Readonly<Record<string, unknown>>;

const isRecord = (x: unknown): x is Traits => typeof x === "object" && x !== null;
const page = (): Page => ({ url: location.href, title: document.title, referrer: document.referrer });
const warn = (words: string): void => console.warn(`skein: ${words}`);

/** Of identify(traits), or Segment's identify(userId, traits), what a person can be reached by. */
function person(args: readonly unknown[]): Person {
  const traits = Object.entries(args.find(isRecord) ?? {});
  return Object.fromEntries(traits.filter(([k, v]) => /^(email|phone|name)$/.test(k) && typeof v === "string"));
}

// crypto.randomUUID wants a secure page, which a shop's developer may not have;
// the address of a blob ends in a UUID anywhere.
const newId = (): string => {
  const address = URL.createObjectURL(new Blob());
  URL.revokeObjectURL(address);
  return address.slice(-36);
};

function start(script: HTMLScriptElement, account: string): void {
  const base = `${new URL(script.src).origin}/in/chat/${encodeURIComponent(account)}`;
  const prefix = `skein:${account}:`;
  const tab = openKeep(prefix, storage("sessionStorage"));
  const html = document.documentElement;
  const { words, lang } = wordsFor([html.lang, ...navigator.languages]);
  let panel: Panel | null = null;
  let due = false;

  const chat = openChat({
    open: () => new WebSocket(`${base.replace("http", "ws")}/ws`) as unknown as Socket,
    keep: openKeep(prefix, storage("localStorage")),
    tab,
    page,
    now: Date.now,
    random: Math.random,
    id: newId,
    locale: html.lang || navigator.language,
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    warn,
    changed() {
      if (due) return;
      due = true;
      queueMicrotask(() => {
        due = false;
        panel?.render(chat.state());
      });
    },
  });

  // Without the account's word there is no chat on this page, and no socket.
  const ask = async (tries: number): Promise<void> => {
    const answer = await fetch(`${base}/config`, { credentials: "omit" }).catch(() => null);
    if (answer?.ok) {
      chat.apply({ t: "shop", shop: parseShop(await answer.json()) });
      panel = openPanel({ chat, files: openFiles(base, chat.token), tab, words, lang, dir: getComputedStyle(html).direction });
      panel.mount();
      begin();
      for (const [name, ...args] of waiting) does[name]?.(...args);
    } else if (answer && answer.status < 429) {
      warn(`no chat for ${account} on ${location.origin} (${answer.status})`);
    } else {
      setTimeout(() => void ask(tries + 1), backoff(tries, Math.random));
    }
  };
  const begin = (): void => {
    if (panel && (chat.known() || panel.isOpen())) chat.connect();
  };

  const does: Readonly<Record<string, (...args: unknown[]) => void>> = {
    open: () => panel?.open(),
    close: () => panel?.close(),
    identify: (...args) => chat.identify(person(args)),
    track: (name, properties) => chat.track(String(name), isRecord(properties) ? properties : {}),
    page: () => chat.page(page()),
    consent: (to) => {
      chat.consent(isRecord(to) && to["analytics"] === true);
      begin();
    },
    signIn: (jwt) => chat.signIn(String(jwt)),
    signOut: () => chat.signOut(),
  };
  // What is called before the account has answered waits, in its order.
  const early: unknown = (window as { skein?: { q?: unknown } }).skein?.q;
  const waiting = (Array.isArray(early) ? early : []) as (readonly [string, ...unknown[]])[];
  const calls = Object.keys(does).map((name) => [name, (...args: unknown[]) => (panel ? does[name]?.(...args) : void waiting.push([name, ...args]))] as const);
  Object.assign(window, { skein: Object.fromEntries(calls) });

  let address = location.href;
  setInterval(() => {
    // However a single-page shop goes from page to page: nothing of its own is touched for it.
    if (address === location.href) return;
    address = location.href;
    chat.page(page());
  }, 1000);
  addEventListener("storage", (e) => {
    if (e.key?.startsWith(prefix)) chat.changed(e.key.slice(prefix.length));
  });
  addEventListener("online", chat.hurry);
  document.addEventListener("visibilitychange", () => document.hidden || chat.hurry());
  // A page in the back-forward cache must hold no socket.
  addEventListener("pagehide", chat.pause);
  addEventListener("pageshow", begin);
  void ask(0);
}

const script = document.currentScript;
if (script instanceof HTMLScriptElement) {
  const account = script.dataset["account"];
  if (!account) warn("the script needs data-account");
  else if (!CSS.supports("color:light-dark(red,red)")) warn("this browser is too old for the chat");
  else if (document.readyState !== "loading") start(script, account);
  else addEventListener("DOMContentLoaded", () => start(script, account));
}
