import { useRef, type ReactNode } from "react";

/** The edge between two panes: dragged, or moved by the arrow keys. */
export function Resizer({
  label,
  value,
  min,
  max,
  onChange,
  side,
}: {
  label: string;
  value: number;
  min: number;
  max: number;
  onChange: (n: number) => void;
  /** Which side the resized pane is on. */
  side: "left" | "right";
}): ReactNode {
  const start = useRef<{ x: number; value: number } | null>(null);
  const set = (n: number): void => onChange(Math.round(Math.min(max, Math.max(min, n))));
  const sign = (side === "left") === (document.documentElement.dir !== "rtl") ? 1 : -1;
  return (
    // A focusable separator is the window splitter pattern of ARIA, which the linter doesn't know.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label={label}
      aria-valuenow={value}
      aria-valuemin={min}
      aria-valuemax={max}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      className={`group absolute inset-y-0 z-10 w-2 cursor-col-resize touch-none ${side === "left" ? "-end-1" : "-start-1"}`}
      onPointerDown={(e) => {
        e.currentTarget.setPointerCapture(e.pointerId);
        start.current = { x: e.clientX, value };
      }}
      onPointerMove={(e) => {
        if (start.current) set(start.current.value + sign * (e.clientX - start.current.x));
      }}
      onPointerUp={() => {
        start.current = null;
      }}
      onPointerCancel={() => {
        start.current = null;
      }}
      onKeyDown={(e) => {
        const step = e.key === "ArrowRight" ? 16 : e.key === "ArrowLeft" ? -16 : 0;
        if (step === 0) return;
        e.preventDefault();
        set(value + sign * step);
      }}
    >
      <div className="mx-auto h-full w-px bg-line group-hover:w-0.5 group-hover:bg-control" />
    </div>
  );
}
