// Elements, made by code: no markup is ever parsed, and no style attribute
// written, so that the strictest of page policies has nothing to forbid.

type Attributes = Readonly<Record<string, string | number | boolean | ((e: never) => void)>>;

/** Makes an element. A function is a listener; true is an empty attribute; false is none. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string | false)[]
): HTMLElementTagNameMap[K] {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") el.addEventListener(name, value as EventListener);
    else if (value !== false) el.setAttribute(name, value === true ? "" : String(value));
  }
  el.append(...children.filter((c) => c !== false));
  return el;
}

/** A button that does no more than it says. */
export const button = (className: string, click: () => void, ...children: readonly (Node | string)[]): HTMLButtonElement =>
  h("button", { type: "button", class: className, click }, ...children);

const paths = {
  chat: "M12 4c-5 0-8.5 3.1-8.5 7.2 0 2.3 1.1 4.3 2.9 5.6L5.6 20l4-1.9c.8.2 1.6.3 2.4.3 5 0 8.5-3.1 8.5-7.2S17 4 12 4Z",
  close: "m6 6 12 12M18 6 6 18",
  down: "m6 9.5 6 6 6-6",
  mail: "M4 6h16v12H4zM4 7l8 6 8-6",
  clip: "m19.5 11.5-7.6 7.4a4.6 4.6 0 0 1-6.5-6.5l8-7.8a3.1 3.1 0 0 1 4.4 4.4l-7.9 7.7a1.5 1.5 0 0 1-2.2-2.2l7-6.8",
  send: "M5 12h13M12.5 6l6 6-6 6",
};

export function icon(name: keyof typeof paths): SVGSVGElement {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  const path = document.createElementNS(ns, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", paths[name]);
  svg.append(path);
  return svg;
}

/** A button that shows only an icon. */
export function tool(name: keyof typeof paths, label: string, click: () => void): HTMLButtonElement {
  const b = button("tool", click, icon(name));
  b.ariaLabel = b.title = label;
  return b;
}

export function sheet(css: string): CSSStyleSheet {
  const s = new CSSStyleSheet();
  s.replaceSync(css);
  return s;
}

/** Sets a text only when it changes, so that what is read aloud is not read twice; an empty one hides its element. */
export function say(el: HTMLElement, text: string): void {
  if (el.textContent !== text) el.textContent = text;
  el.hidden = text === "";
}
