// A fresh access token, by the cookie that scripts can't read. The cookie
// rotates, and using an old one ends the session: tabs and workers take turns.
//
// It runs in pages and in workers.

import { ParseError, record, str } from "./parse";

/** There is no session any more: somebody has to sign in. */
export class SignedOut extends Error {}

/** Who is signed in, and what proves it for some minutes. */
export interface Session {
  readonly token: string;
  readonly agent: string;
}

export function parseSession(x: unknown): Session {
  const o = record(x, "session");
  const token = str(o, "accessToken");
  if (token === "") throw new ParseError("session: no accessToken");
  return { token, agent: str(record(o["agent"], "session.agent"), "id") };
}

async function ask(): Promise<Session> {
  const res = await fetch("/api/v1/refresh", { method: "POST" });
  if (res.status === 401 || res.status === 403) throw new SignedOut("signed out");
  if (!res.ok) throw new Error(`refresh: ${res.status}`);
  return parseSession(await res.json());
}

/** Rejects with SignedOut when the session is over, otherwise when the server is away. */
export async function askRefresh(): Promise<Session> {
  // Absent where the page isn't a secure context.
  return "locks" in navigator ? await navigator.locks.request("skein-refresh", ask) : await ask();
}
