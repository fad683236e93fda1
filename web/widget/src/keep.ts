// What the browser keeps: for all tabs of the page's origin (the session, what
// has been seen, consent, and what is still to be sent), and for this tab alone
// (whether the chat stands open, a draft). Each message to be sent has a key of
// its own, so that two tabs never write over each other's.
//
// Where the browser keeps nothing (blocked storage), it lasts as long as the page.

export interface Keep {
  /** null when it isn't there. */
  read(key: string): unknown;
  /** undefined removes it. */
  write(key: string, value?: unknown): void;
  /** The keys that begin so. */
  keys(prefix: string): string[];
}

/** Opens what is kept under a prefix; a Storage is a record of strings. */
export function openKeep(prefix: string, box: Record<string, string>): Keep {
  return {
    read(key) {
      try {
        return JSON.parse(box[prefix + key] ?? "null") as unknown;
      } catch {
        return null;
      }
    },
    write(key, value) {
      try {
        if (value === undefined) Reflect.deleteProperty(box, prefix + key);
        else box[prefix + key] = JSON.stringify(value);
      } catch {
        // full: it lasts as long as the page
      }
    },
    keys: (start) =>
      Object.keys(box)
        .filter((k) => k.startsWith(prefix + start))
        .map((k) => k.slice(prefix.length)),
  };
}

/** The browser's storage, or one of the page's own where that is blocked. */
export function storage(kind: "localStorage" | "sessionStorage"): Record<string, string> {
  try {
    return window[kind];
  } catch {
    return {};
  }
}
