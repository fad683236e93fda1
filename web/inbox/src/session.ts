// Who is signed in. The access token lives in memory only; the refresh token is
// a cookie that scripts can't read. Signing in and out holds for every tab of
// this browser.

import { record, str } from "./parse";
import { askRefresh, parseSession, SignedOut, type Session } from "./tokens";
import { follow, words } from "./words/language";

let token = "";
let agentId = "";

// Whose cookie this browser holds: without, there is no session to ask for. The
// other tabs are told of each change.
const hint = "skein.session";

function remember(agent: string): void {
  try {
    if (agent === "") localStorage.removeItem(hint);
    else if (localStorage.getItem(hint) !== agent) localStorage.setItem(hint, agent);
  } catch {
    // storage is forbidden: the server is asked
  }
}

/** Whether a session may be had without signing in. */
export function mayReturn(): boolean {
  try {
    return localStorage.getItem(hint) !== null;
  } catch {
    return true;
  }
}

let refreshing: Promise<string> | null = null;
const listeners = new Set<() => void>();

function tell(): void {
  for (const l of listeners) l();
}

// What this page has belongs to one agent: for another one it begins anew, and
// nothing that it still does is done by the other.
function leave(): never {
  location.reload();
  throw new Error("another agent has signed in");
}

function take(s: Session): string {
  if (agentId !== "" && s.agent !== agentId) leave();
  const other = token === "";
  token = s.token;
  agentId = s.agent;
  remember(agentId);
  if (other) tell();
  return token;
}

/** Takes a session that another part of this browser got. */
export function adopt(s: Session): void {
  try {
    take(s);
  } catch {
    // the page is loaded anew
  }
}

/** Thrown when the sign-in was refused; the message is for people. */
export class Refused extends Error {}

export async function signIn(email: string, password: string): Promise<void> {
  let res: Response;
  try {
    res = await fetch("/api/v1/login", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email, password }),
    });
  } catch {
    throw new Refused(words().login.away);
  }
  if (res.status === 429) {
    const wait = Number(res.headers.get("retry-after"));
    throw new Refused(wait > 0 ? words().login.tooManyFor(wait) : words().login.tooMany);
  }
  if (res.status === 401 || res.status === 422 || res.status === 400) {
    throw new Refused(words().login.mismatch);
  }
  if (!res.ok) throw new Refused(words().login.unable);
  await enter(await res.json());
}

/** Begins the session that an answer of the server gives. */
export async function enter(answer: unknown): Promise<void> {
  const session = parseSession(answer);
  // The page that comes next is in the agent's language; one that can't be loaded is no reason to stay out.
  await follow(str(record(record(answer, "session")["agent"], "session.agent"), "locale")).catch(() => undefined);
  end(); // somebody else's, if any
  take(session);
}

/** Whether nobody works here yet: then the first admin is to be made. */
export async function unbegun(): Promise<boolean> {
  try {
    const res = await fetch("/api/v1/setup");
    return res.ok && ((await res.json()) as { needed?: unknown }).needed === true;
  } catch {
    return false; // away: the sign-in says so
  }
}

async function turn(): Promise<string> {
  try {
    if (token === "" && !mayReturn()) throw new SignedOut("signed out");
    return take(await askRefresh());
  } catch (e) {
    if (e instanceof SignedOut) goodbye();
    throw e;
  }
}

/** A new access token by the cookie. Rejects with SignedOut when the session is over, otherwise when the server is away. */
export function refresh(): Promise<string> {
  // Forgotten only once it is here: a turn may end before it is.
  refreshing ??= turn().finally(() => {
    refreshing = null;
  });
  return refreshing;
}

/** The access token at hand, or a new one. */
export function currentToken(fresh = false): Promise<string> {
  return token !== "" && !fresh ? Promise.resolve(token) : refresh();
}

export function signedIn(): boolean {
  return token !== "";
}

export function myId(): string {
  return agentId;
}

/** Forgets the session in this tab. */
export function end(): void {
  if (token === "" && agentId === "") return;
  token = "";
  agentId = "";
  tell();
}

// Whoever signs in next has chosen no language here.
function goodbye(): void {
  remember("");
  end();
  follow("").catch(() => undefined);
}

export async function signOut(): Promise<void> {
  try {
    await fetch("/api/v1/logout", { method: "POST", headers: { authorization: `Bearer ${token}` } });
  } finally {
    goodbye();
  }
}

export function onSession(l: () => void): () => void {
  listeners.add(l);
  return () => listeners.delete(l);
}

/** Follows what other tabs do: signing out there signs out here, and signing in there signs in here. */
export function followTabs(): void {
  addEventListener("storage", (e) => {
    if (e.key !== hint) return;
    if (e.newValue === null) goodbye();
    else if (e.newValue !== agentId) refresh().catch(() => undefined); // who it is, the server says
  });
}
