// The shared worker: all tabs of a browser have one live connection by it.

import { Exchange } from "./exchange";
import { holdLock, openSocket, whenFree } from "./browser";
import { askRefresh } from "./tokens";

const lock = `skein-worker ${crypto.randomUUID()}`;

// A tab that learns this name may wait for it: it is held as long as this lives.
const held = holdLock(lock);

const exchange = new Exchange({ open: openSocket, refresh: askRefresh, whenFree, lock });

(self as unknown as { onconnect: (e: MessageEvent) => void }).onconnect = (e) => {
  const port = e.ports[0];
  if (port) void held.then(() => exchange.connect(port));
};

addEventListener("online", () => exchange.hurry());
