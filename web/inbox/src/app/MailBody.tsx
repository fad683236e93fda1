import { ImageOff } from "lucide-react";
import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { useWords } from "../messagewords";
import { fold, linkify, type Segment } from "../quote";
import { mailDocument, worthShowing, type Ink } from "../mailhtml";
import { useTheme } from "../theme";
import type { Message } from "../types";
import { Button } from "../ui/controls";
import { useMedia } from "../ui/hooks";

const parse = (html: string): Document => new DOMParser().parseFromString(html, "text/html");

// Measured once: a frame that is drawn again has its height at once.
const heights = new Map<string, number>();

/** What a message says: its HTML in a frame where that says more than the text, otherwise the text with its quotes folded. */
export function MailBody({ message: m, token }: { message: Message; token: string }): ReactNode {
  const rich = useMemo(() => worthShowing(m.html, parse), [m.html]);
  return (
    <>
      {rich ? <HtmlBody message={m} token={token} /> : <TextBody text={m.text} visible={m.visibleText} />}
      {m.signature !== "" && <Folded segment={{ text: m.signature, folded: true }} />}
    </>
  );
}

export function TextBody({ text, visible }: { text: string; visible: string }): ReactNode {
  const w = useWords();
  const segments = useMemo(() => fold(text, visible), [text, visible]);
  if (segments.length === 0) return <p className="text-sm text-muted">{w.noText}</p>;
  return (
    <div className="text-base break-words [overflow-wrap:anywhere]">
      {segments.map((s, i) => (s.folded ? <Folded key={i} segment={s} /> : <Plain key={i} text={s.text} />))}
    </div>
  );
}

export function Plain({ text, quiet = false }: { text: string; quiet?: boolean }): ReactNode {
  return (
    <p className={`whitespace-pre-wrap ${quiet ? "text-secondary" : ""}`}>
      <Linked text={text} />
    </p>
  );
}

export function Linked({ text }: { text: string }): ReactNode {
  const words = useMemo(() => linkify(text), [text]);
  return words.map((w, i) =>
    w.href === undefined ? (
      w.text
    ) : (
      <a key={i} href={w.href} target="_blank" rel="noopener noreferrer" className="text-accent-text underline decoration-line-strong underline-offset-2 hover:decoration-current">
        {w.text}
      </a>
    ),
  );
}

function Folded({ segment }: { segment: Segment }): ReactNode {
  const w = useWords();
  const [open, setOpen] = useState(false);
  return (
    <div className="my-2">
      <Button
        aria-expanded={open}
        aria-label={open ? w.hideQuoted : w.showQuoted}
        // Drawn and not written: its name is its words alone.
        className="h-4! rounded-md bg-hover px-2! text-xs tracking-wider before:content-[attr(data-sign)]"
        data-sign="•••"
        onPress={() => setOpen(!open)}
      />
      {open && (
        <div className="mt-2 border-s-2 border-line-strong ps-3">
          <Plain text={segment.text} quiet />
        </div>
      )}
    </div>
  );
}

/** The page's own rules that load its font. */
function fontRules(): string {
  return [...document.styleSheets]
    .flatMap((s) => {
      try {
        return [...s.cssRules];
      } catch {
        return []; // a sheet that an extension put in
      }
    })
    .filter((r) => r instanceof CSSFontFaceRule)
    .map((r) => r.cssText)
    .join("");
}

function useInk(): Ink {
  const theme = useTheme();
  const systemDark = useMedia("(prefers-color-scheme: dark)");
  return useMemo(() => {
    const dark = theme === "dark" || (theme === "system" && systemDark);
    const s = getComputedStyle(document.documentElement);
    return { dark, fonts: fontRules(), text: s.getPropertyValue("--text").trim(), link: s.getPropertyValue("--accent-text").trim() };
  }, [theme, systemDark]);
}

export function HtmlBody({ message: m, token }: { message: Pick<Message, "id" | "html" | "attachments" | "remoteImages" | "author">; token: string }): ReactNode {
  const w = useWords();
  const [images, setImages] = useState(false);
  const ink = useInk();
  const frame = useRef<HTMLIFrameElement>(null);
  const [height, setHeight] = useState(heights.get(m.id) ?? 96);
  const inline = m.attachments.some((a) => a.contentId !== "");
  const ticket = inline ? token : "";
  const doc = useMemo(
    () =>
      mailDocument(
        m.html,
        parse,
        images,
        (id) => {
          const a = m.attachments.find((x) => x.contentId === id || x.contentId === `<${id}>`);
          return a && ticket !== "" ? `${location.origin}/api/v1/attachments/${a.id}?inline=1&t=${encodeURIComponent(ticket)}` : "";
        },
        ink,
      ),
    [m.html, m.attachments, images, ticket, ink],
  );

  useEffect(() => {
    const f = frame.current;
    if (!f) return undefined;
    let observer: ResizeObserver | undefined;
    const measure = (): void => {
      const body = f.contentDocument?.body;
      if (!body) return;
      const h = Math.ceil(body.getBoundingClientRect().height);
      if (h > 0) {
        heights.set(m.id, h);
        setHeight(h);
      }
    };
    const loaded = (): void => {
      observer?.disconnect();
      const body = f.contentDocument?.body;
      if (!body) return;
      observer = new ResizeObserver(measure);
      observer.observe(body);
      measure();
    };
    f.addEventListener("load", loaded);
    loaded();
    return () => {
      observer?.disconnect();
      f.removeEventListener("load", loaded);
    };
  }, [m.id, doc.html]);

  return (
    <div>
      {m.remoteImages && !images && (
        <div className="mb-2 flex items-center gap-2 text-xs text-muted">
          <ImageOff size={14} strokeWidth={1.75} aria-hidden="true" />
          <span>{w.blocked}</span>
          <Button className="h-7! px-2! text-xs font-medium text-accent-text" onPress={() => setImages(true)}>
            {w.showImages}
          </Button>
        </div>
      )}
      <iframe
        ref={frame}
        title={w.mailFrom(m.author.name || m.author.address)}
        // The same origin lets the page measure it; without allow-scripts nothing in it can run.
        sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"
        referrerPolicy="no-referrer"
        srcDoc={doc.html}
        className={`w-full border-0 ${doc.paper ? "rounded-md bg-paper" : ""}`}
        style={{ height, colorScheme: doc.paper ? "light" : ink.dark ? "dark" : "light" }}
      />
    </div>
  );
}
