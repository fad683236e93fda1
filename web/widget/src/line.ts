// The line to the server: one websocket, which comes back by itself.
//
// A lost socket is opened again after a growing, random delay, so that a
// server's restart isn't met by everybody at once; silence is never trusted.
// What is said while it is down is not kept here: whoever says it knows what
// must be said again.

import { parseFrame } from "./parse.ts";
import type { Frame } from "./state.ts";

/** The part of WebSocket that is used. */
export interface Socket {
  send(data: string): void;
  close(): void;
  onopen: (() => void) | null;
  onmessage: ((e: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
}

export interface LineConfig {
  readonly open: () => Socket;
  /** The socket is open: the first frame to say. */
  readonly hello: () => object;
  readonly onFrame: (f: Frame) => void;
  /** down: it will be tried again later. */
  readonly onLine: (line: "connecting" | "up" | "down") => void;
  readonly random: () => number;
}

export interface Line {
  /** Opens the line, or begins anew at once: what stands may be stale, or the wrong one's. */
  start(): void;
  stop(): void;
  /** Tries at once when it is down: the network came back. */
  hurry(): void;
  /** The server asks for a pause of so many seconds before the next try. */
  hold(seconds: number): void;
  readonly say: (frame: object) => void;
}

/** The server pings every 20 s. */
const silence = 50_000;
const firstDelay = 500;
const longestDelay = 30_000;

/** How long to wait before try n, from 0: somewhere in the upper half of a doubling span. */
export function backoff(n: number, random: () => number): number {
  return Math.round(Math.min(longestDelay, firstDelay * 2 ** Math.min(n, 16)) * (0.5 + random() / 2));
}

export function openLine({ open, hello, onFrame, onLine, random }: LineConfig): Line {
  let socket: Socket | null = null;
  let running = false;
  let silent = false; // nothing has been said on the socket: hello will be what is true then
  let tries = 0;
  let held = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let watch: ReturnType<typeof setTimeout> | undefined;

  const drop = (): void => {
    clearTimeout(watch);
    clearTimeout(retry);
    const was = socket;
    socket = null;
    was?.close();
  };
  const lost = (): void => {
    drop();
    onLine("down");
    retry = setTimeout(dial, Math.max(backoff(tries++, random), held));
    held = 0;
  };
  const expect = (): void => {
    clearTimeout(watch);
    watch = setTimeout(lost, silence);
  };
  const say = (frame: object): void => socket?.send(JSON.stringify(frame));
  const dial = (): void => {
    let own: Socket;
    try {
      own = socket = open();
    } catch {
      lost(); // the page's policy forbids it, which some browsers say by throwing
      return;
    }
    silent = true;
    expect();
    own.onopen = () => {
      if (own !== socket) return;
      silent = false;
      say(hello());
    };
    own.onclose = () => {
      if (own === socket) lost();
    };
    own.onmessage = (e) => {
      if (own !== socket) return;
      expect();
      let frame: Frame;
      try {
        frame = parseFrame(e.data);
      } catch {
        lost(); // it may have been a message: better to ask for it again
        return;
      }
      if (frame.t === "welcome") {
        tries = 0;
        onLine("up");
      }
      if (frame.t === "ping") say({ t: "pong" });
      onFrame(frame);
    };
  };

  return {
    start() {
      running = true;
      if (socket && silent) return;
      drop();
      onLine("connecting");
      dial();
    },
    stop() {
      running = false;
      drop();
    },
    hurry() {
      if (socket || !running) return;
      tries = 0;
      clearTimeout(retry);
      dial();
    },
    hold(seconds) {
      held = Math.min(seconds, 600) * 1000;
    },
    say,
  };
}
