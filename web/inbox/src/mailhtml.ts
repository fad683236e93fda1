// Makes the document in which a mail's HTML is shown: a sandboxed frame without
// scripts. The server has sanitised it already; nothing here relies on that,
// since the frame's own policy allows no script, form or foreign request that
// was not asked for.

import { words } from "./messagewords";

export interface MailDocument {
  /** For the frame's srcdoc. */
  readonly html: string;
  /** Whether the mail brings colours of its own: it is then shown on paper, in dark mode too. */
  readonly paper: boolean;
}

const quotes = "blockquote[type='cite'], .gmail_quote, .gmail_quote_container, .yahoo_quoted, .protonmail_quote, .moz-cite-prefix + blockquote";

const style = `
  :root { color-scheme: light; }
  html { overflow: hidden; }
  body { margin: 0; font: 14px/21px "Inter Variable", system-ui, sans-serif; overflow-wrap: anywhere; overflow-x: auto; }
  img { max-width: 100%; height: auto; }
  img[data-remote-src]:not([src]) { display: inline-block; min-width: 12px; min-height: 12px; }
  img[data-remote-src]:not([src]), .skein-image { outline: 1px dashed #98a3a3; outline-offset: -1px; }
  .skein-image { padding: 0 6px; font-size: 12px; opacity: .8; }
  table { max-width: 100%; }
  pre { white-space: pre-wrap; }
  p { margin: 0 0 8px; }
  blockquote { margin: 8px 0; padding-left: 10px; border-left: 2px solid #98a3a3; }
  details.skein-quote > summary { list-style: none; display: inline-block; cursor: pointer; padding: 0 8px; margin: 8px 0; border-radius: 6px; line-height: 16px; background: rgb(128 140 140 / .18); letter-spacing: 1px; }
  details.skein-quote > summary::before { content: "•••"; }
  details.skein-quote > summary::-webkit-details-marker { display: none; }
  @media print { body { color: #151c1c !important; } a { color: inherit !important; } }
  summary:focus-visible, a:focus-visible { outline: 2px solid #0d7d75; }
`;

/** The type and colours of the page around it, for a mail that has none. */
export interface Ink {
  /** Rules that load its font: a frame has none of the page's. */
  readonly fonts: string;
  readonly text: string;
  readonly link: string;
  readonly dark: boolean;
}

/**
 * @param parse makes a document of HTML without running or loading anything (DOMParser)
 * @param images whether images on other servers were asked for
 * @param cid gives the address of an attachment by its content id, or ""
 */
export function mailDocument(
  html: string,
  parse: (html: string) => Document,
  images: boolean,
  cid: (id: string) => string,
  ink: Ink,
): MailDocument {
  const doc = parse(html);
  for (const e of doc.querySelectorAll("script, iframe, object, embed, form, base, meta, link")) e.remove();
  const paper =
    doc.querySelector("[bgcolor], [background], style, font[color]") !== null ||
    [...doc.querySelectorAll("[style]")].some((e) => /(^|[;\s])(background|color)/i.test(e.getAttribute("style") ?? ""));

  for (const a of doc.querySelectorAll("a[href], area[href]")) {
    if (!/^(https?|mailto|tel):/i.test(a.getAttribute("href") ?? "")) a.removeAttribute("href");
    a.setAttribute("target", "_blank");
    a.setAttribute("rel", "noopener noreferrer");
  }
  for (const img of doc.querySelectorAll("img")) {
    const id = img.getAttribute("data-cid");
    const remote = img.getAttribute("data-remote-src");
    if (id !== null) {
      const address = cid(id);
      if (address !== "") img.setAttribute("src", address);
    } else if (remote !== null && images && /^https?:/i.test(remote)) {
      // The page's policy admits encrypted requests only.
      img.setAttribute("src", remote.replace(/^http:/i, "https:"));
    } else if (remote !== null && (img.getAttribute("alt") ?? "").trim() !== "") {
      // What it shows in words, without the mark of a broken one.
      const words = doc.createElement("span");
      words.className = "skein-image";
      words.textContent = img.getAttribute("alt");
      img.replaceWith(words);
      continue;
    }
    img.setAttribute("referrerpolicy", "no-referrer");
    if (!img.hasAttribute("alt")) img.setAttribute("alt", "");
  }
  foldQuotes(doc);

  const policy = [
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    `img-src 'self' data: blob:${images ? " https:" : ""}`,
    "font-src 'self'",
  ].join("; ");
  const colours = paper
    ? "body { background: #fff; color: #151c1c; padding: 12px; }"
    : `:root { color-scheme: ${ink.dark ? "dark" : "light"}; } body { background: transparent; color: ${ink.text}; } a { color: ${ink.link}; }`;
  return {
    paper,
    html:
      `<!doctype html><html><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">` +
      `<meta name="referrer" content="no-referrer"><base target="_blank"><style>${ink.fonts}${style}${colours}</style></head>` +
      `<body>${doc.body.innerHTML}</body></html>`,
  };
}

// The outermost quotes fold; a details element opens without any script.
function foldQuotes(doc: Document): void {
  for (const q of doc.querySelectorAll(quotes)) {
    if (q.closest("details.skein-quote") !== null) continue;
    const details = doc.createElement("details");
    details.className = "skein-quote";
    const summary = doc.createElement("summary");
    summary.setAttribute("aria-label", words().quoted);
    summary.setAttribute("title", words().quoted);
    q.replaceWith(details);
    details.append(summary, q);
  }
}

/** Whether the HTML says more than its text does: formatting that is worth a frame. */
export function worthShowing(html: string, parse: (html: string) => Document): boolean {
  if (html === "") return false;
  return (
    parse(html).querySelector(
      "img, table, a[href], ul, ol, b, strong, i, em, u, h1, h2, h3, h4, h5, h6, pre, code, hr, font, [style*='background'], [style*='color'], [style*='font-weight']",
    ) !== null
  );
}
