// The boundary: what comes from the server becomes one of the widget's types
// here. What is missing or of the wrong type gets its empty value, and unknown
// fields are ignored, so that an old page survives a newer server; what can't be
// read at all throws.

import type { FileRef, Frame, Message, Shop } from "./state.ts";

// The fields of x that are of the same types as the empty ones. Go's nil slices arrive as null.
function like<T extends object>(empty: T, x: unknown): T {
  const o = (x ?? {}) as Readonly<Record<string, unknown>>;
  const kind = (v: unknown): string => (Array.isArray(v) ? "list" : v === null ? "" : typeof v);
  return Object.fromEntries(Object.entries(empty).map(([k, v]) => [k, kind(o[k]) === kind(v) ? o[k] : v])) as T;
}

const time = (s: string): number => Date.parse(s) || 0;

/** Reads a file's reference: the answer to an upload is one. */
export function parseFile(x: unknown): FileRef {
  const f = like({ id: "", name: "", type: "", size: 0 }, x);
  if (f.id === "") throw new TypeError();
  return f;
}

const said = { id: "", clientId: "", seq: 0, from: "system", name: "", text: "", files: [], at: "", state: "sent", reason: "", edited: false, deleted: false };

function message(x: unknown): Message {
  const m = like(said, x);
  if (m.id === "") throw new TypeError();
  return { ...m, files: m.files.map(parseFile), at: time(m.at) } as unknown as Message;
}

/** Reads what an account says of itself. */
export function parseShop(x: unknown): Shop {
  const s = like({ brand: {}, open: true, opensAt: "", maxFile: 0, fileTypes: [] as unknown[] }, x);
  return {
    ...s,
    brand: like({ name: "", color: "", greeting: "", dir: "", theme: "", side: "" }, s.brand),
    opensAt: time(s.opensAt),
    fileTypes: s.fileTypes.map(String),
  };
}

// What frames of any kind may have besides.
const other = { t: "", session: "", token: "", agentName: "", queue: 0, closed: false, position: 0, messages: [], before: 0, more: false, message: "", about: "", retryAfter: 0 };

/** Reads one frame. Of a kind that nobody knows its number in the stream counts all the same. */
export function parseFrame(data: unknown): Frame {
  const o: unknown = JSON.parse(String(data));
  const f = like(other, o);
  if (f.t === "message" || f.t === "edited") return { t: f.t, ...message(o) };
  return { ...like(said, o), ...parseShop(o), ...f, messages: f.messages.map(message) } as unknown as Frame;
}
