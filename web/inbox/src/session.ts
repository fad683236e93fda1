// Who is signed in. The access token lives in memory only; the refresh token is
// a cookie that scripts can't read. Tabs take turns to refresh: the cookie
// rotates, and using an old one ends the session.

import { SignedOut } from "./live";
import { ParseError, record, str } from "./parse";

let token = "";
let agentId = "";

// Whether this browser may hold such a cookie: without, there is no session to ask for.
const hint = "skein.session";

function remember(there: boolean): void {
  try {
    if (there) localStorage.setItem(hint, "1");
    else localStorage.removeItem(hint);
  } catch {
    // storage is forbidden: the server is asked
  }
}

function mayReturn(): boolean {
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

function take(x: unknown): string {
  const o = record(x, "session");
  const fresh = str(o, "accessToken");
  if (fresh === "") throw new ParseError("session: no accessToken");
  const agent = str(record(o["agent"], "session.agent"), "id");
  remember(true);
  const other = token === "" || agent !== agentId;
  token = fresh;
  agentId = agent;
  if (other) tell();
  return fresh;
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
    throw new Refused("The server can't be reached. Check the connection and try again.");
  }
  if (res.status === 429) {
    const wait = Number(res.headers.get("retry-after"));
    throw new Refused(
      wait > 0
        ? `Too many tries. Wait ${wait < 90 ? `${wait} seconds` : `${Math.ceil(wait / 60)} minutes`} and try again.`
        : "Too many tries. Wait a minute and try again.",
    );
  }
  if (res.status === 401 || res.status === 422 || res.status === 400) {
    throw new Refused("Address and password don't match. Check both and try again.");
  }
  if (!res.ok) throw new Refused("The server could not sign you in just now. Try again in a moment.");
  take(await res.json());
}

async function refreshOnce(): Promise<string> {
  if (token === "" && !mayReturn()) throw new SignedOut("signed out");
  const res = await fetch("/api/v1/refresh", { method: "POST" });
  if (res.status === 401 || res.status === 403) {
    remember(false);
    end();
    throw new SignedOut("signed out");
  }
  if (!res.ok) throw new Error(`refresh: ${res.status}`);
  return take(await res.json());
}

/** A new access token by the cookie. Rejects with SignedOut when the session is over, otherwise when the server is away. */
export function refresh(): Promise<string> {
  const turn = async (): Promise<string> => {
    try {
      // Absent where the page isn't a secure context.
      if (!("locks" in navigator)) return await refreshOnce();
      return await navigator.locks.request("skein-refresh", refreshOnce);
    } finally {
      refreshing = null;
    }
  };
  refreshing ??= turn();
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

export async function signOut(): Promise<void> {
  try {
    await fetch("/api/v1/logout", { method: "POST", headers: { authorization: `Bearer ${token}` } });
  } finally {
    remember(false);
    end();
  }
}

export function onSession(l: () => void): () => void {
  listeners.add(l);
  return () => listeners.delete(l);
}
