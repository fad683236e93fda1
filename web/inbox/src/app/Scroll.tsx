import { useCallback, useEffect, useLayoutEffect, useRef, useState, type ReactNode } from "react";
import { useWords } from "../conversationwords";
import { Button } from "../ui/controls";

/** Stays at the newest while the agent is there, and where the agent is otherwise. */
export function Scroll({
  children,
  count,
  newest,
  more,
  fetchingMore,
  onMore,
  loading,
  sent,
  top,
}: {
  children: ReactNode;
  count: number;
  newest: string;
  more: boolean;
  fetchingMore: boolean;
  onMore: () => void;
  loading: boolean;
  /** Rises with everything that the agent sends: that is then in sight. */
  sent: number;
  /** What lies over the top, as high as one line of chips. */
  top: ReactNode;
}): ReactNode {
  const w = useWords();
  const box = useRef<HTMLDivElement>(null);
  const inner = useRef<HTMLDivElement>(null);
  const pinned = useRef(true);
  const touched = useRef(false);
  const height = useRef(0);
  const [below, setBelow] = useState(false);

  const settle = useCallback(() => {
    const b = box.current;
    if (!b) return;
    if (pinned.current) {
      // A newest message that is taller than the pane is read from its top.
      const last = inner.current?.querySelector<HTMLElement>("article:last-of-type");
      const from = last ? last.offsetTop - (inner.current ? parseFloat(getComputedStyle(inner.current).paddingTop) : 0) : b.scrollHeight;
      b.scrollTop = !touched.current && last && last.offsetHeight > b.clientHeight ? from : b.scrollHeight;
    }
    height.current = b.scrollHeight;
  }, []);

  useEffect(() => {
    const i = inner.current;
    if (!i) return undefined;
    const o = new ResizeObserver(settle);
    o.observe(i);
    return () => o.disconnect();
  }, [settle]);

  const first = useRef(count);
  useLayoutEffect(() => {
    const b = box.current;
    if (!b) return;
    if (!pinned.current && count > first.current && fetchingMore) {
      b.scrollTop += b.scrollHeight - height.current;
    }
    first.current = count;
    settle();
  }, [count, settle, fetchingMore]);

  useEffect(() => {
    if (sent === 0) return;
    pinned.current = true;
    touched.current = true;
    settle();
  }, [sent, settle]);

  const seen = useRef(newest);
  useEffect(() => {
    if (newest !== seen.current && seen.current !== "" && !pinned.current) setBelow(true);
    seen.current = newest;
  }, [newest]);

  return (
    <div className="relative min-h-0 flex-1">
      {top}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- it only notes that the agent scrolled */}
      <div
        ref={box}
        className="relative h-full scroll-pt-10 overflow-y-auto max-md:scroll-pt-14"
        // A scroller that keys can move has to take the focus.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        role="region"
        aria-label={w.messages}
        onWheel={() => {
          touched.current = true;
        }}
        onTouchMove={() => {
          touched.current = true;
        }}
        onScroll={(e) => {
          const b = e.currentTarget;
          pinned.current = b.scrollHeight - b.scrollTop - b.clientHeight < 40 || !touched.current;
          if (b.scrollHeight - b.scrollTop - b.clientHeight < 40) setBelow(false);
          if (touched.current && b.scrollTop < 200 && more && !fetchingMore && !loading) onMore();
        }}
        onKeyDown={() => {
          touched.current = true;
        }}
      >
        <div ref={inner} className="flex min-h-full flex-col justify-end pt-9 max-md:pt-13 print:pt-0">
          {more && (
            <div className="flex justify-center py-3">
              <Button look="plain" onPress={onMore} isDisabled={fetchingMore}>
                {fetchingMore ? w.loading : w.earlier}
              </Button>
            </div>
          )}
          <div className="mb-auto pb-2">{children}</div>
        </div>
      </div>
      {below && (
        <Button
          look="solid"
          className="absolute bottom-3 start-1/2 h-7! -translate-x-1/2 rounded-full px-3 text-xs shadow-float"
          onPress={() => {
            pinned.current = true;
            touched.current = true;
            setBelow(false);
            box.current?.scrollTo({ top: box.current.scrollHeight });
          }}
        >
          {w.below}
        </Button>
      )}
    </div>
  );
}
