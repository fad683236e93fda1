// The typed client of the HTTP API. A call answers with the body or throws
// ApiError, whose message is for people.

import createClient from "openapi-fetch";
import { list, message, record, str } from "../parse";
import { currentToken, refresh } from "../session";
import { SignedOut } from "../tokens";
import type { Message } from "../types";
import type { paths } from "./schema.gen";

export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  /** With a refused reply: what was written meanwhile. */
  readonly newer: readonly Message[];

  constructor(status: number, code: string, words: string, newer: readonly Message[] = []) {
    super(words);
    this.status = status;
    this.code = code;
    this.newer = newer;
  }

  /** Whether the very same call may succeed later. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

const away = "The server can't be reached.";

/** fetch with the session's token; a refused token is replaced once. */
export async function authFetch(request: Request): Promise<Response> {
  const again = request.clone();
  try {
    request.headers.set("authorization", `Bearer ${await currentToken()}`);
    const res = await fetch(request);
    if (res.status !== 401) return res;
    again.headers.set("authorization", `Bearer ${await refresh()}`);
    return await fetch(again);
  } catch (e) {
    if (e instanceof SignedOut) throw new ApiError(401, "unauthorized", "You are signed out.");
    if (e instanceof DOMException && e.name === "AbortError") throw e;
    throw new ApiError(0, "unavailable", away);
  }
}

// The address is absolute so that Request can be made outside a browser too.
const base = typeof location === "undefined" ? "http://localhost" : location.origin;

export const api = createClient<paths>({ baseUrl: base, fetch: authFetch });

/** Makes an ApiError of a problem+json body. */
export function problem(status: number, body: unknown): ApiError {
  let code = "";
  let words = "";
  let newer: readonly Message[] = [];
  try {
    const o = record(body, "problem");
    code = str(o, "code");
    words = str(o, "detail") || str(o, "title");
    newer = list(o, "newer", message);
  } catch {
    // not a problem document: the status has to do
  }
  if (status >= 500) words = "The server could not do it just now.";
  return new ApiError(status, code, words || "The server refused it.", newer);
}

/** Awaits a call of `api` and returns its body, still unread. */
export async function body(call: Promise<{ data?: unknown; error?: unknown; response: Response }>): Promise<unknown> {
  const { data, error, response } = await call;
  if (!response.ok) throw problem(response.status, error);
  return data;
}
