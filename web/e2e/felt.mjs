// What a person would feel of a page: layouts that shift, tasks that hold it up; and
// what it asks the server for.

/** Has every document of a context keep count from its beginning. */
export async function watchFelt(context) {
  await context.addInitScript(() => {
    const none = () => ({ shift: 0, moved: 0, by: [], longTasks: 0, blocked: 0 });
    window.felt = none();
    window.feltSince = () => {
      take(shifts.takeRecords());
      const f = window.felt;
      window.felt = none();
      return f;
    };
    const named = (n) => {
      const e = n instanceof Element ? n : n?.parentElement;
      return e ? `${e.tagName.toLowerCase()}.${e.getAttribute("class")?.split(" ").slice(0, 4).join(".") ?? ""}` : "gone";
    };
    const take = (entries) => {
      for (const e of entries) {
        // As the Layout Instability API counts: what follows input at once is wanted.
        if (!e.hadRecentInput) window.felt.shift += e.value;
        window.felt.moved += e.value;
        for (const s of e.sources) {
          const [from, to] = [s.previousRect, s.currentRect];
          window.felt.by.push(`${named(s.node)} ${from.x},${from.y} ${from.width}x${from.height} to ${to.x},${to.y} ${to.width}x${to.height}`);
        }
      }
    };
    const shifts = new PerformanceObserver((l) => take(l.getEntries()));
    shifts.observe({ type: "layout-shift", buffered: true });
    new PerformanceObserver((l) => {
      for (const e of l.getEntries()) {
        window.felt.longTasks++;
        window.felt.blocked += e.duration - 50;
      }
    }).observe({ type: "longtask", buffered: true });
  });
}

/** What was felt since the last time, once the page has been painted. */
export async function felt(page) {
  await page.evaluate(() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r))));
  return page.evaluate(() => window.feltSince());
}
