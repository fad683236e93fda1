// What pages and workers alike have of the browser.

import type { Socket } from "./live";

export function openSocket(): Socket {
  const url = new URL("/api/v1/live", location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  return new WebSocket(url) as Socket;
}

/** Resolves once the lock is held; it is until the page or worker ends, however it does. */
export function holdLock(name: string): Promise<void> {
  return new Promise((held) => {
    void navigator.locks.request(name, () => {
      held();
      return new Promise(() => undefined);
    });
  });
}

/** Calls back once nobody holds the lock. */
export function whenFree(name: string, done: () => void): void {
  void navigator.locks.request(name, done);
}
