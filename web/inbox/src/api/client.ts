// The typed client of the HTTP API. A call answers with the body or throws
// ApiError, whose message is for people.

import createClient from "openapi-fetch";
import { list, message, record, str } from "../parse";
import { keyFrame } from "./afterkey";
import { currentToken, refresh } from "../session";
import { SignedOut } from "../tokens";
import type { Message } from "../types";
import { language, words } from "../words/language";
import { sentence } from "../words/shapes";
import type { paths } from "./schema.gen";

export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  /** With a refused reply: what was written meanwhile. */
  readonly newer: readonly Message[];

  constructor(status: number, code: string, said: string, newer: readonly Message[] = []) {
    super(said);
    this.status = status;
    this.code = code;
    this.newer = newer;
  }

  /** Whether the very same call may succeed later. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

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
    if (e instanceof SignedOut) throw new ApiError(401, "unauthorized", words().notices.signedOut);
    if (e instanceof DOMException && e.name === "AbortError") throw e;
    throw new ApiError(0, "unavailable", words().notices.away);
  }
}

// The address is absolute so that Request can be made outside a browser too.
const base = typeof location === "undefined" ? "http://localhost" : location.origin;

const client = createClient<paths>({ baseUrl: base, fetch: authFetch });

/** The calls of the HTTP API. What is read waits for the frame of a key that is being pressed. */
export const api: typeof client = {
  ...client,
  GET: ((...of: readonly unknown[]) => {
    const get = client.GET as (...of: readonly unknown[]) => Promise<unknown>;
    return keyFrame()?.then(() => get(...of)) ?? get(...of);
  }) as typeof client.GET,
};

/** Makes an ApiError of a problem+json body, in the page's language as far as it has the words. */
export async function problem(status: number, body: unknown): Promise<ApiError> {
  let code = "";
  let said = "";
  let newer: readonly Message[] = [];
  try {
    const o = record(body, "problem");
    code = str(o, "code");
    said = str(o, "detail") || str(o, "title");
    newer = list(o, "newer", message);
  } catch {
    // not a problem document: the status has to do
  }
  if (status >= 500) said = words().notices.unable;
  // The server speaks English. What others call it is fetched when it is first said.
  else if (language() === "en") said = sentence(said);
  else if (said !== "") {
    const detail = said;
    said = await import("../problemwords").then(
      (m) => m.refusal(code, detail),
      () => detail,
    );
  }
  return new ApiError(status, code, said || words().notices.refused, newer);
}

/** Awaits a call of `api` and returns its body, still unread. */
export async function body(call: Promise<{ data?: unknown; error?: unknown; response: Response }>): Promise<unknown> {
  const { data, error, response } = await call;
  if (!response.ok) throw await problem(response.status, error);
  return data;
}
