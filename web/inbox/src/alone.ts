// For browsers without shared workers: a live connection of the page's own,
// spoken to in the same way.

import { openSocket } from "./browser";
import { Exchange } from "./exchange";
import { askRefresh } from "./tokens";

export function connectAlone(port: MessagePort): void {
  new Exchange({ open: openSocket, refresh: askRefresh, whenFree: () => undefined, lock: "" }).connect(port);
}
