// Wires the parts of the page together: session, live connection, state,
// fetches and the outbox. There is one of each a tab.

import { QueryClient } from "@tanstack/react-query";
import { hear, keep, nobody, parseChoice, presenceOf, type Around, type Choice } from "./around";
import { api, ApiError, body } from "./api/client";
import { whenFree } from "./browser";
import { leavesBy, sweepDrafts } from "./draft";
import { hold } from "./hold";
import { Link, openLine } from "./link";
import { Outbox, type Entry } from "./outbox";
import { message } from "./parse";
import { adopt as adoptSession, currentToken, end, followTabs, mayReturn, myId, onSession, signedIn } from "./session";
import { apply, forgetMessages, putMessages, waits, type Change } from "./state";
import { Store } from "./store";
import type { Message } from "./types";
import { announce, connection, Signal } from "./ui/signals";
import { Whereabouts } from "./whereabouts";
import { words } from "./words/language";

export const store = new Store();

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: Infinity, // the live connection keeps it fresh
      gcTime: 15 * 60_000,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      networkMode: "always",
      retry: (n, e) => e instanceof ApiError && e.passing && n < 4,
      retryDelay: (n) => Math.min(8000, 400 * 2 ** n),
    },
  },
});

/** What is true only now. */
export const around = new Signal<Around>(nobody);

/** Who hears events that are none of the state's, and what is told of the queues. */
export const news = new Set<(event: unknown) => void>();

export const live = new Link({
  open: openLine,
  whenFree,
  session: async () => ({ token: await currentToken(), agent: myId() }),
  onSession: adoptSession,
  onChanges: (all) => all.forEach(changed),
  onNews: (e) => news.forEach((hear) => hear(e)),
  onReady: (reload) => {
    connection.up();
    outbox.flush();
    if (reload) void renew();
    else void queries.invalidateQueries({ queryKey: ["counts"] });
  },
  onUp: () => {
    connection.up();
    outbox.flush();
  },
  onTopics: (topics, fresh) => {
    around.set(keep(around.get(), topics));
    // What happened in the open conversation before the topic held is fetched.
    for (const t of fresh) {
      if (t.startsWith("conversation:")) void queries.invalidateQueries({ queryKey: ["messages", t.slice(13)] });
    }
  },
  onRights: () => void renew(),
  onAround: (frames) => {
    around.set(frames.reduce(hear, around.get()));
    if (frames.some((f) => f.type === "agents")) adopt();
    for (const f of frames) if (f.type === "queues") news.forEach((hear) => hear(f));
  },
  onDown: () => {
    connection.down();
    around.set(nobody);
  },
  onSignedOut: end,
});

export const whereabouts = new Whereabouts((s) => live.stand(s));

// The agent's own choice, kept on this machine: a page that is loaded again holds
// to it, and so do the other tabs.
const choiceKey = (): string => `skein.away.${myId()}`;
let chosenHere = 0;

export const away = new Signal(false);

function readChoice(): void {
  let c: Choice = { away: false, at: 0 };
  try {
    c = parseChoice(localStorage.getItem(choiceKey()));
  } catch {
    // storage is forbidden: it holds until the page is left
  }
  away.set(c.away);
  whereabouts.choose(c);
}

/** Goes away, or comes back, on every device. */
export function choose(gone: boolean): void {
  chosenHere = Date.now();
  keepChoice({ away: gone, at: chosenHere });
}

function keepChoice(c: Choice): void {
  try {
    localStorage.setItem(choiceKey(), JSON.stringify(c));
  } catch {
    // as above
  }
  away.set(c.away);
  whereabouts.choose(c);
}

// What was chosen on another device is the choice here too.
function adopt(): void {
  const told = presenceOf(around.get(), myId());
  if (told === "offline" || Date.now() - chosenHere < 3_000) return;
  if ((told === "away") !== away.get()) keepChoice({ away: told === "away", at: Date.now() });
}

let first = true;

// The first position comes before the first fetch (see beforeFetch), so there
// is nothing to renew then, unless a fetch did not wait that long.
async function renew(): Promise<void> {
  if (first) {
    first = false;
    if (!impatient) return;
  }
  await store.renew(() => queries.invalidateQueries({}));
}

let impatient = false;

/** Lets the live connection get its position first, but never waits long for it. */
export async function beforeFetch(): Promise<void> {
  if (live.isReady) return;
  if (first && !(await live.whenReady(400))) impatient = true;
}

function changed(c: Change): void {
  const before = store.get();
  store.update((s) => apply(s, c));
  if (store.get() === before && !told.has(c.kind)) return;
  switch (c.kind) {
    case "conversation.changed":
      recount();
      // It is in sight again: what happened to its messages meanwhile was not told.
      if (!before.conversations.has(c.entity)) void queries.invalidateQueries({ queryKey: ["messages", c.entity] });
      if (c.conversation.sideOf !== "") again(`sides ${c.conversation.sideOf}`);
      again(`activity ${c.entity}`, `sending ${c.entity}`, `links ${c.entity}`, `facts ${c.entity}`, `related ${c.entity}`, `panel ${c.conversation.customer.customerId}`);
      break;
    case "gone":
      if (before.messages.has(c.entity)) {
        // By what was fetched, which is ahead, it may be back already.
        store.update((s) => forgetMessages(s, c.entity));
        void queries.invalidateQueries({ queryKey: ["messages", c.entity] });
      }
      again("bell", "fields");
      if (before.conversations.has(c.entity)) recount();
      else again("links", "panel"); // what turned out to be somebody else's
      break;
    case "message.changed":
      if (c.message.truncated) void queries.invalidateQueries({ queryKey: ["messages", c.message.conversationId] });
      if (!c.history && c.message.direction === "in" && c.version <= 1) {
        announce(words().notices.newMessage(c.message.author.name || c.message.author.address));
      }
      break;
    case "order.changed": {
      const was = before.orders.get(c.order.id)?.identityId ?? c.who; // it may have turned out to be somebody else's
      again("links", "activity", ...panelsOf(c.who), ...(was === c.who ? [] : panelsOf(was)));
      break;
    }
    case "customer.changed":
      again("panel", "merges");
      break;
    case "cart.changed":
    case "timeline.added":
      again(...panelsOf(c.who));
      break;
    case "action.changed":
      again("order-actions", ...panelsOf(c.who));
      break;
    case "task.changed":
      break;
    case "agent.changed":
      void queries.invalidateQueries({ queryKey: ["me"] });
      again("agents");
      break;
    case "inbox.changed":
      again("me", "workspace");
      break;
    case "product.changed":
      again("stock");
      break;
    case "saved-reply.changed":
      again("saved-replies");
      break;
    case "field.changed":
      again("fields");
      break;
    case "view.changed":
      again("views", "tally views");
      break;
    case "watch.changed":
      again("watching");
      break;
  }
}

// Kinds that change no entity of the state: whoever shows what they tell fetches it.
const told: ReadonlySet<Change["kind"]> = new Set<Change["kind"]>(["agent.changed", "inbox.changed", "product.changed", "cart.changed", "timeline.added", "saved-reply.changed", "field.changed", "view.changed", "watch.changed", "action.changed"]);

/** Whose panels show what is an identity's. */
function panelsOf(identity: string): string[] {
  const customers = [...store.get().customers.values()];
  return customers.filter((c) => c.identities.some((i) => i.id === identity)).map((c) => `panel ${c.id}`);
}

const stale = new Set<string>();
let freshening: ReturnType<typeof setTimeout> | undefined;

/** Fetches anew what is shown of these, soon; many changes at once cost one fetch. */
function again(...keys: string[]): void {
  for (const k of keys) stale.add(k);
  freshening ??= setTimeout(() => {
    freshening = undefined;
    for (const k of stale) void queries.invalidateQueries({ queryKey: k.split(" ") });
    stale.clear();
  }, 150);
}

let counting: ReturnType<typeof setTimeout> | undefined;

let tallying: ReturnType<typeof setTimeout> | undefined;

/** Fetches the counts soon; many changes at once cost one fetch. */
export function recount(): void {
  // What is counted by looking, and not by sums, costs the server more.
  tallying ??= setTimeout(() => {
    tallying = undefined;
    void queries.invalidateQueries({ queryKey: ["tally"] });
    void queries.invalidateQueries({ queryKey: ["head"] });
  }, 1_500);
  counting ??= setTimeout(() => {
    counting = undefined;
    void queries.invalidateQueries({ queryKey: ["counts"] });
  }, 300);
}

async function post(e: Entry): Promise<Message> {
  const params = { path: { id: e.conversationId }, header: { "Idempotency-Key": e.key } };
  if (e.kind === "note") {
    const who = e.text.includes("@") ? await (await import("./mentions")).mentionsOf(e.key, e.conversationId, e.text) : {};
    return message(await body(api.POST("/api/v1/conversations/{id}/notes", { params, body: { text: e.text, ...who } })));
  }
  return message(
    await body(
      api.POST("/api/v1/conversations/{id}/replies", {
        params,
        body: {
          text: e.text,
          ...(e.html === "" ? {} : { html: e.html }),
          seenSeq: e.seenSeq,
          to: e.to.map((p) => ({ ...p })),
          cc: e.cc.map((p) => ({ ...p })),
          ...(e.bcc ? { bcc: e.bcc.map((p) => ({ ...p })) } : {}),
          attachments: e.attachments.map((a) => a.id),
          ...(e.close ? { close: true } : {}),
          ...(e.then ? { then: e.then } : {}),
          ...leavesBy(e.by),
          ...(e.template ? { template: { ...e.template, values: [...e.template.values] } } : {}),
          ...(e.snoozeUntil === undefined ? {} : { snoozeUntil: e.snoozeUntil }),
          ...(e.sendAt === undefined ? { holdSeconds: hold() } : { sendAt: e.sendAt }),
        },
      }),
    ),
  );
}

const outboxKey = (): string => `skein.outbox.${myId()}`;

export const outbox = new Outbox({
  post,
  newKey: () => crypto.randomUUID(),
  onSent: (_, m) => {
    store.update((s) => putMessages(s, [m]));
    if (waits(m)) void import("./unsent").then((u) => u.offerUndo(m));
  },
  keep: {
    load: () => {
      try {
        return localStorage.getItem(outboxKey());
      } catch {
        return null;
      }
    },
    save: (text) => {
      try {
        if (text === "[]") localStorage.removeItem(outboxKey());
        else localStorage.setItem(outboxKey(), text);
      } catch {
        // storage is full or forbidden: entries live as long as the page
      }
    },
  },
});

let lastTouch = 0;
function touched(): void {
  const now = Date.now();
  if (now - lastTouch < 5_000) return;
  lastTouch = now;
  whereabouts.touched();
}

let agent = "";

/** Follows the session: who signs in gets a connection, who signs out leaves nothing behind in the page. */
export function run(): void {
  sweepDrafts(Date.now());
  const follow = (): void => {
    if (signedIn() && agent !== myId()) {
      agent = myId();
      readChoice();
      live.start();
      outbox.resume();
    } else if (!signedIn() && agent !== "") {
      agent = "";
      first = true;
      impatient = false;
      live.stop();
      whereabouts.stop();
      around.set(nobody);
      away.set(false);
      outbox.clear();
      store.clear();
      queries.clear();
      connection.reset();
    }
  };
  onSession(follow);
  addEventListener("online", () => live.hurry());
  const show = (visible: boolean): void => {
    whereabouts.show(visible);
    live.show(visible);
  };
  const look = (): void => show(document.visibilityState === "visible");
  document.addEventListener("visibilitychange", look);
  // A page that is put to sleep hears nothing until it is woken.
  document.addEventListener("freeze", () => show(false));
  document.addEventListener("resume", look);
  look();
  followTabs();
  for (const sign of ["pointermove", "pointerdown", "keydown", "wheel"]) addEventListener(sign, touched, { passive: true, capture: true });
  addEventListener("storage", (e) => {
    if (e.key === choiceKey()) readChoice();
  });
  follow();
  // With a session from before, this gets its token; with a server that is
  // away, it keeps trying and says so.
  if (location.pathname !== "/login" && mayReturn()) live.start();
}
