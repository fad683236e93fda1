// The button in the corner and the dialog that it opens, in a shadow root: the
// page's style doesn't reach in, and ours not out.
//
// On a wide screen the dialog stands beside the page, which goes on working; on
// a small one it is modal and fills the screen.

import type { Chat } from "./chat.ts";
import { palette } from "./color.ts";
import { openComposer } from "./composer.ts";
import { button, h, icon, say, sheet, tool } from "./dom.ts";
import type { Files } from "./files.ts";
import { openForm } from "./forms.ts";
import type { Keep } from "./keep.ts";
import { openLog } from "./log.ts";
import { unseen, type State } from "./state.ts";
import css from "./style.css?inline";
import { backAt, fill, type Words } from "./words.ts";

export interface PanelConfig {
  readonly chat: Chat;
  readonly files: Files;
  readonly tab: Keep;
  readonly words: Words;
  readonly lang: string;
  /** The page's own direction. */
  readonly dir: string;
}

export type Panel = ReturnType<typeof openPanel>;

export function openPanel({ chat, files, tab, words, lang, dir }: PanelConfig) {
  const small = matchMedia("(max-width: 480px), (max-height: 480px)");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const screen = window.visualViewport;
  const colors = new CSSStyleSheet();
  const still = sheet("html{overflow:hidden!important}");
  let mailing = false;
  let leaving = false; // the form of when nobody is there
  let read = -1; // up to where answers have been read out
  let session = "";
  let opener: HTMLElement | null = null;

  const log = openLog({
    words,
    lang,
    files,
    retry: (id) => {
      chat.retry(id);
      composer.focus();
    },
    discard: (id) => {
      chat.discard(id);
      composer.focus();
    },
    older: chat.older,
  });
  const composer = openComposer({ words, lang, files, tab, send: chat.send, typed: chat.typed });
  const show = (mail: boolean): void => {
    mailing = mail;
    leaving = !mail;
    render(chat.state());
    focus();
  };
  const back = (): void => show(false);
  const away = openForm({ words, go: words.send, long: true, done: words.awayDone, back, submit: chat.leave });
  const mail = openForm({ words, go: words.mail, long: false, done: words.mailDone, back, submit: chat.handover });

  const badge = h("span", { class: "badge", "aria-hidden": "true" });
  const launcher = button("launcher", () => (dialog.open ? close() : open()), icon("chat"), icon("down"), badge);
  launcher.ariaHasPopup = "dialog";
  const teaserName = h("span", { class: "who" });
  const teaserText = h("span", { class: "text", dir: "auto" });
  const teaser = h(
    "div",
    { class: "teaser" },
    button("words", () => open(), teaserName, teaserText),
    tool("close", words.discard, () => {
      tab.write("waved", unseen(chat.state()).at(-1)?.id);
      corner(chat.state());
      launcher.focus();
    }),
  );
  const title = h("h2", { id: "title" });
  const status = h("p");
  const mailTool = tool("mail", words.mail, () => show(!mailing));
  const bar = h("p", { class: "bar", role: "status" });
  const heard = h("div", { class: "sr", role: "status" });
  const drag = (e: DragEvent): void => {
    if (!e.dataTransfer?.types.includes("Files")) return;
    e.preventDefault();
    dialog.classList.toggle("dropping", e.type === "dragover" && !composer.el.hidden);
    if (e.type === "drop" && !composer.el.hidden) composer.attach(e.dataTransfer.files);
  };
  const dialog = h(
    "dialog",
    {
      "aria-labelledby": "title",
      tabindex: -1,
      keydown: (e: KeyboardEvent) => {
        e.stopPropagation(); // the page's own keys are not meant
        if (e.key !== "Escape" || e.isComposing) return;
        e.preventDefault();
        if (mailing) show(false);
        else close();
      },
      cancel: (e: Event) => e.preventDefault(), // the key has been dealt with
      dragover: drag,
      dragleave: drag,
      drop: drag,
    },
    h("header", {}, h("div", {}, title, status), mailTool, tool("close", words.close, () => close())),
    log.el,
    away.el,
    mail.el,
    bar,
    composer.el,
  );
  const root = h("section", { "aria-label": words.messages, lang }, teaser, launcher, dialog, heard);
  const host = document.createElement("skein-chat");
  const shadow = host.attachShadow({ mode: "open" });
  shadow.adoptedStyleSheets = [sheet(css), colors];
  shadow.append(root);

  const focus = (): void => {
    if (!mail.el.hidden) mail.focus();
    else if (!away.el.hidden) away.focus();
    // A screen keyboard that jumps up by itself would hide what is to be read first.
    else if (matchMedia("(pointer: coarse)").matches) dialog.focus();
    else composer.focus();
  };
  // A screen keyboard takes a part of the small screen away without telling the layout.
  const fit = (): void => {
    dialog.style.height = small.matches && screen ? `${screen.height}px` : "";
    dialog.style.top = small.matches && screen ? `${screen.offsetTop}px` : "";
  };
  const stand = (up: boolean): void => {
    const full = up && small.matches;
    dialog.close();
    if (full) dialog.showModal();
    else dialog.open = up; // unlike show, it leaves the focus where it is
    const others = document.adoptedStyleSheets.filter((s) => s !== still);
    document.adoptedStyleSheets = full ? [...others, still] : others;
    fit();
  };
  const open = (focused = true): void => {
    if (dialog.open) return;
    const active = document.activeElement;
    opener = focused && active !== host && active !== document.body ? (active as HTMLElement) : launcher;
    tab.write("open", true);
    chat.connect();
    stand(true);
    render(chat.state());
    log.toEnd();
    if (focused) focus();
  };
  const close = (): void => {
    if (!dialog.open) return;
    tab.write("open");
    stand(false);
    render(chat.state());
    (opener?.isConnected ? opener : launcher).focus();
  };
  // What is in sight of a visible page has been seen.
  const glance = (): void => {
    if (dialog.open && !document.hidden && !composer.el.hidden) chat.seen();
  };

  const paint = (s: State): void => {
    const brand = s.shop?.brand;
    if (!brand) return;
    const night = brand.theme === "dark" || (brand.theme !== "light" && dark.matches);
    const rgb = (c: readonly number[]): string => `rgb(${c.join()})`;
    const p = palette(brand.color, night);
    colors.replaceSync(`section{color-scheme:${night ? "dark" : "light"};--brand:${rgb(p.brand)};--on:${rgb(p.on)};--ink:${rgb(p.ink)}}`);
    root.className = brand.side;
    root.dir = brand.dir || dir;
  };

  // The button, and the first lines of an answer that came while the dialog is closed.
  const corner = (s: State): void => {
    const fresh = dialog.open ? [] : unseen(s);
    const m = fresh.at(-1);
    const n = fresh.length;
    say(badge, n > 9 ? "9+" : n > 0 ? String(n) : "");
    launcher.ariaExpanded = String(dialog.open);
    launcher.ariaLabel = dialog.open ? words.close : n > 0 ? `${words.open}, ${fill(words.unread, n)}` : words.open;
    teaser.hidden = !m || tab.read("waved") === m.id;
    if (!m) return;
    say(teaserName, m.name || words.somebody);
    say(teaserText, m.text || m.files.map((f) => f.name).join());
  };

  // New answers are read out once; what was there when the page came is not.
  const readOut = (s: State): void => {
    const answers = s.messages.filter((m) => m.from !== "visitor" && m.seq > Math.max(read, 0));
    if (read >= 0 && answers.length > 0) say(heard, answers.map((m) => `${m.name}: ${m.text}`).join("\n"));
    if (s.loaded) read = Math.max(read, 0, ...answers.map((m) => m.seq));
  };

  const lineOf = (s: State, back: string): string => {
    if (s.line === "down") return words.lost;
    if (composer.el.hidden) return "";
    if (s.line === "connecting" && !s.loaded) return words.connecting;
    if (s.queue > 0 && s.typing === null) return s.queue === 1 ? words.next : fill(words.before, s.queue - 1);
    if (!s.shop?.open) return back;
    return s.ended ? words.ended : "";
  };

  const render = (s: State): void => {
    const { shop } = s;
    if (!shop) return;
    paint(s);
    if (session !== "" && s.session !== "" && s.session !== session) composer.clear();
    session = s.session || session;
    const until = shop.opensAt > Date.now() ? fill(words.back, backAt(shop.opensAt, Date.now(), lang)) : words.away;
    // Who has begun the form keeps it, though somebody has come in.
    const form = !mailing && !leaving && (away.begun() || (!shop.open && s.messages.length === 0));

    say(title, shop.brand.name);
    say(status, !shop.open ? until : s.messages.findLast((m) => m.from === "agent")?.name || s.agent || words.here);
    status.className = shop.open ? "here" : "";
    mailTool.hidden = s.messages.length === 0;
    mailTool.ariaPressed = String(mailing);
    composer.allow(shop);
    log.el.hidden = composer.el.hidden = mailing || form;
    away.el.hidden = !form;
    mail.el.hidden = !mailing;
    away.render(words.awayWhy, s.asked.offline, chat.person());
    mail.render(words.mailWhy, s.asked.handover, chat.person());
    say(bar, lineOf(s, until));
    bar.classList.toggle("lost", s.line === "down");
    log.render(s);
    corner(s);
    readOut(s);
    glance();
  };

  // The same dialog stands otherwise on another screen.
  small.addEventListener("change", () => {
    if (!dialog.open) return;
    const focused = shadow.activeElement as HTMLElement | null;
    stand(true);
    focused?.focus();
  });
  dark.addEventListener("change", () => paint(chat.state()));
  screen?.addEventListener("resize", fit);
  screen?.addEventListener("scroll", fit);
  document.addEventListener("visibilitychange", glance);

  return {
    open,
    close,
    render,
    isOpen: () => dialog.open,
    /** Puts the button into the page, and opens the dialog where it stood open before the page changed. */
    mount() {
      document.body.append(host);
      render(chat.state());
      if (tab.read("open") === true) open(false);
    },
  };
}
