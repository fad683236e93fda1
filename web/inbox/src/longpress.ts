// A touch that lasts selects.

import { useRef, type PointerEvent, type SyntheticEvent } from "react";

const lasts = 450;
const slack = 10;

/** Handlers for what holds the rows, and whether the touch that just ended was a long one. */
export function useLongPress(onLong: (row: string) => void): {
  readonly on: {
    readonly onPointerDown: (e: PointerEvent<HTMLElement>) => void;
    readonly onPointerMove: (e: PointerEvent<HTMLElement>) => void;
    readonly onPointerUp: () => void;
    readonly onPointerCancel: () => void;
    readonly onContextMenu: (e: SyntheticEvent<HTMLElement>) => void;
  };
  readonly took: () => boolean;
} {
  const down = useRef<{ readonly x: number; readonly y: number; readonly timer: ReturnType<typeof setTimeout> } | null>(null);
  const took = useRef(false);
  const end = (): void => {
    if (down.current) clearTimeout(down.current.timer);
    down.current = null;
  };
  return {
    on: {
      onPointerDown: (e) => {
        took.current = false;
        if (e.pointerType !== "touch") return;
        const row = e.target instanceof Element ? e.target.closest("[data-row]")?.getAttribute("data-row") : null;
        if (row === null || row === undefined) return;
        end();
        const timer = setTimeout(() => {
          down.current = null;
          took.current = true;
          onLong(row);
        }, lasts);
        down.current = { x: e.clientX, y: e.clientY, timer };
      },
      onPointerMove: (e) => {
        const d = down.current;
        if (d && Math.hypot(e.clientX - d.x, e.clientY - d.y) > slack) end();
      },
      onPointerUp: end,
      onPointerCancel: end,
      // The browser's own menu of a link that is held.
      onContextMenu: (e) => {
        if (down.current || took.current) e.preventDefault();
      },
    },
    took: () => {
      const was = took.current;
      took.current = false;
      return was;
    },
  };
}
