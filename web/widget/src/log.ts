// What has been said, as a list that stays where the reader has put it.

import { button, h, icon, say } from "./dom.ts";
import { draw, save, type Files } from "./files.ts";
import { keyOf, type FileRef, type Message, type State } from "./state.ts";
import { bytes, pieces } from "./text.ts";
import { clock, dayName, fill, type Words } from "./words.ts";

export interface LogConfig {
  readonly words: Words;
  readonly lang: string;
  readonly files: Files;
  readonly retry: (id: string) => void;
  readonly discard: (id: string) => void;
  readonly older: () => void;
}

/** How one message stands among the others. */
interface Look {
  readonly day: string;
  readonly first: boolean;
  readonly last: boolean;
  /** The newest, when it is the visitor's own: it tells how far it has come. */
  readonly newest: boolean;
}

const together = 5 * 60_000;
const drawable = /^image\/(png|jpeg|gif|webp|avif)$/;
const drawableSize = 8_000_000;

export type Log = ReturnType<typeof openLog>;

export function openLog({ words, lang, files, retry, discard, older }: LogConfig) {
  const rows = new Map<string, { el: HTMLElement; message: Message; look: string }>();
  const attached = new Map<string, HTMLElement>();
  let first = "";
  let last = "";
  let atEnd = true;
  let end = 0;

  const more = button("older", older, words.older);
  const greeting = h("div", { class: "bubble", dir: "auto" });
  const hello = h("div", { class: "row them first last" }, greeting);
  const list = h("div");
  const writing = h("span", { class: "sr" });
  const typing = h("div", { class: "row them" }, writing, h("div", { class: "bubble dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")));
  const toEnd = (): void => {
    scroller.scrollTop = scroller.scrollHeight;
  };
  const down = button("latest", toEnd, icon("down"));
  down.ariaLabel = words.latest;
  down.hidden = true;
  const scrolled = (): void => {
    const last = scroller.scrollHeight - scroller.clientHeight;
    // Only who scrolls has left the end; it may also have moved away by itself.
    atEnd = last - scroller.scrollTop < 48 || (atEnd && last !== end);
    end = last;
    down.hidden = atEnd;
  };
  // New answers are read out by a line of their own: a list whose rows change
  // with every mark would be read again and again.
  const scroller = h(
    "div",
    { class: "log", role: "log", "aria-live": "off", "aria-label": words.messages, tabindex: 0, scroll: scrolled },
    more,
    hello,
    list,
    typing,
  );

  // Whoever reads the newest goes on reading the newest, whatever grows or shrinks.
  const sizes = new ResizeObserver(() => (atEnd ? toEnd() : scrolled()));
  sizes.observe(scroller);
  sizes.observe(list);

  const text = (t: string): (Node | string)[] =>
    pieces(t).map((p) => (p.href ? h("a", { href: p.href, target: "_blank", rel: "noreferrer nofollow" }, p.text) : p.text));

  const file = (f: FileRef): HTMLElement => {
    const note = h("small", {}, bytes(f.size, lang));
    const fetched = (): void => {
      files.load(f).then(
        (blob) => save(blob, f.name),
        () => say(note, words.notLoaded),
      );
    };
    const el = button("file", fetched, h("span", { class: "name", dir: "auto" }, f.name), note);
    el.title = fill(words.download, f.name);
    if (!drawable.test(f.type) || f.size > drawableSize) return el;
    // A picture is fetched when it comes into sight.
    const watch = new IntersectionObserver(([entry]) => {
      if (!entry?.isIntersecting) return;
      watch.disconnect();
      const canvas = h("canvas");
      files
        .load(f)
        .then((blob) => draw(blob, canvas, 240, 260))
        .then(
          () => el.prepend(canvas),
          () => undefined, // its name is shown anyway
        );
    });
    watch.observe(el);
    return el;
  };

  const row = (m: Message, look: Look): HTMLElement => {
    const own = m.from === "visitor";
    const note = m.from === "system";
    const failed = own && m.state === "failed";
    const meta = [
      ...(look.last && !note ? [clock(m.at, lang)] : []),
      ...(m.edited ? [words.edited] : []),
      ...(own && (look.newest || failed) ? [words[m.state]] : []),
      ...(failed && m.reason !== "" ? [m.reason] : []),
    ].join(" · ");
    return h(
      "div",
      {},
      look.day !== "" && h("div", { class: "day" }, look.day),
      h(
        "div",
        { class: `row ${note ? "note" : own ? "me" : "them"}${look.first ? " first" : ""}${look.last ? " last" : ""}${failed ? " failed" : ""}` },
        look.first && !note && h("div", { class: own ? "sr" : "who" }, own ? words.you : m.name || words.somebody),
        (m.text !== "" || m.deleted) && h("div", { class: "bubble", dir: "auto" }, ...(m.deleted ? [h("em", {}, words.deleted)] : text(m.text))),
        ...m.files.map((f) => {
          const el = attached.get(f.id) ?? file(f);
          attached.set(f.id, el);
          return el;
        }),
        meta !== "" && h("small", {}, meta),
        failed && h("div", { class: "again" }, button("link", () => retry(m.clientId), words.retry), button("link", () => discard(m.clientId), words.discard)),
      ),
    );
  };

  const place = (messages: readonly Message[]): void => {
    const now = Date.now();
    const newest = messages.findLast((m) => m.from !== "system" && m.state !== "failed"); // an answer says it all
    const day = (m: Message): string => dayName(m.at, now, lang);
    const apart = (a: Message | undefined, b: Message | undefined): boolean =>
      !a || !b || a.from !== b.from || a.name !== b.name || Math.abs(b.at - a.at) > together || day(a) !== day(b);
    const stale = new Set(rows.keys());
    let before: Element | null = null;
    messages.forEach((m, i) => {
      const [prior, next] = [messages[i - 1], messages[i + 1]];
      const look: Look = { day: prior && day(prior) === day(m) ? "" : day(m), first: apart(prior, m), last: apart(m, next), newest: m === newest };
      const key = keyOf(m);
      const was = rows.get(key);
      const is = was?.message === m && was.look === JSON.stringify(look) ? was : { el: row(m, look), message: m, look: JSON.stringify(look) };
      if (was !== is) was?.el.replaceWith(is.el);
      rows.set(key, is);
      stale.delete(key);
      const spot: ChildNode | null = before ? before.nextSibling : list.firstChild;
      if (spot !== is.el) list.insertBefore(is.el, spot);
      before = is.el;
    });
    for (const key of stale) {
      rows.get(key)?.el.remove();
      rows.delete(key);
    }
  };

  return {
    el: h("div", { class: "logs" }, scroller, down),
    toEnd,
    render(s: State) {
      const height = scroller.scrollHeight;
      const key = (m: Message | undefined): string => (m ? keyOf(m) : "");
      const [oldest, newest] = [s.messages[0], s.messages.at(-1)];
      const grown = key(oldest) !== first && s.messages.some((m) => keyOf(m) === first);

      more.hidden = !s.more;
      hello.hidden = s.more;
      say(greeting, s.shop?.brand.greeting || words.greeting);
      place(s.messages);
      typing.hidden = s.typing === null;
      writing.textContent = fill(words.typing, s.typing || s.agent || words.somebody);

      if (atEnd || (newest?.from === "visitor" && key(newest) !== last)) toEnd();
      else if (grown) scroller.scrollTop += scroller.scrollHeight - height;
      first = key(oldest);
      last = key(newest);
    },
  };
}
