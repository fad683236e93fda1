// A shop as a shop's developer would write it: its pages are one document, and
// the chat is told of what its visitors do once they have agreed.

// What is called before the chat is there waits in q.
window.skein ??= Object.fromEntries(
  "open close identify track page consent signIn signOut".split(" ").map((name) => [name, (...rest) => (window.skein.q ??= []).push([name, ...rest])]),
);

const main = document.getElementById("main");
const euro = new Intl.NumberFormat("en-IE", { style: "currency", currency: "EUR" });
let products = [];
let cart = JSON.parse(sessionStorage.getItem("cart") ?? "[]");

function el(tag, attributes = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") e.addEventListener(name, value);
    else e.setAttribute(name, value);
  }
  e.append(...children);
  return e;
}

function art(p) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#${p.sku}`);
  svg.append(use);
  svg.setAttribute("viewBox", "0 0 120 120");
  svg.setAttribute("aria-hidden", "true");
  return el("div", { class: "art" }, svg);
}

const address = (p) => `/demo/shop/${p.sku}`;
// By Segment's names for e-commerce events.
const properties = (p, variant) => ({
  product_id: p.sku, sku: p.sku, name: p.title, price: p.price / 100, currency: "EUR", quantity: 1,
  ...(variant && { variant }), url: location.origin + address(p),
});

function save() {
  sessionStorage.setItem("cart", JSON.stringify(cart));
  document.getElementById("count").textContent = String(cart.length);
}

function showProduct(p) {
  document.title = `${p.title} – Harbour & Pine`;
  const variants = el("select", { name: "variant" }, ...p.variants.map((v) => el("option", {}, v)));
  const add = el("button", {
    class: "go",
    type: "button",
    click() {
      const variant = p.variants.length > 0 ? variants.value : "";
      cart.push({ sku: p.sku, variant });
      save();
      window.skein.track("Product Added", properties(p, variant));
      add.textContent = "Added to cart";
      setTimeout(() => (add.textContent = "Add to cart"), 1500);
    },
  }, "Add to cart");
  main.replaceChildren(
    el("article", { class: "product" }, art(p), el("div", {},
      el("h1", {}, p.title),
      el("p", { class: "price" }, euro.format(p.price / 100)),
      el("p", {}, "Made to be used every day and mended when it needs to be. Ships from our harbour within two working days; you may send it back for sixty."),
      ...(p.variants.length > 0 ? [el("label", {}, "Kind", variants)] : []),
      add,
      el("button", { class: "quiet", type: "button", click: () => window.skein.open() }, "Ask us about it"),
    )),
    el("h2", {}, "More from the harbour"),
    el("div", { class: "grid" }, ...products.filter((x) => x !== p).map((x) => el("a", { href: address(x) }, art(x), el("div", {}, x.title), el("div", { class: "soft" }, euro.format(x.price / 100))))),
  );
  window.skein.track("Product Viewed", properties(p));
}

function showCart() {
  document.title = "Your cart – Harbour & Pine";
  const lines = cart.map((line, i) => [line, i, products.find((p) => p.sku === line.sku)]).filter(([, , p]) => p);
  const total = lines.reduce((sum, [, , p]) => sum + p.price, 0);
  main.replaceChildren(
    el("h1", {}, "Your cart"),
    ...(lines.length === 0 ? [el("p", { class: "soft" }, "Nothing is in it yet.")] : [
      el("ul", { class: "lines" }, ...lines.map(([line, i, p]) => el("li", {}, art(p), el("span", {}, p.title, line.variant ? `, ${line.variant}` : ""), euro.format(p.price / 100),
        el("button", { type: "button", click() {
          cart.splice(i, 1);
          save();
          window.skein.track("Product Removed", properties(p, line.variant));
          show();
        } }, "Remove")))),
      el("p", { class: "price" }, `Together ${euro.format(total / 100)}`),
    ]),
  );
  window.skein.track("Cart Viewed", { products: lines.map(([line, , p]) => properties(p, line.variant)) });
}

function show() {
  const name = location.pathname.split("/")[3] ?? "";
  if (name === "cart") showCart();
  else showProduct(products.find((p) => p.sku === name) ?? products[0]);
}

document.addEventListener("click", (e) => {
  const a = e.target.closest?.("a[href^='/demo/shop']");
  if (!a || e.metaKey || e.ctrlKey || e.shiftKey) return;
  e.preventDefault();
  history.pushState(null, "", a.href);
  show();
  window.scrollTo(0, 0);
  main.focus();
});
window.addEventListener("popstate", show);

const account = document.getElementById("account");
async function signIn() {
  const { token, name } = await (await fetch("/demo/shop/token")).json();
  window.skein.signIn(token);
  sessionStorage.setItem("signedIn", "yes");
  account.textContent = `${name} · sign out`;
}
account.addEventListener("click", () => {
  if (sessionStorage.getItem("signedIn") === null) {
    void signIn();
    return;
  }
  sessionStorage.removeItem("signedIn");
  account.textContent = "Sign in";
  window.skein.signOut();
});

const consent = document.getElementById("consent");
consent.hidden = localStorage.getItem("consent") !== null;
consent.addEventListener("click", (e) => {
  const answer = e.target.dataset?.answer;
  if (!answer) return;
  localStorage.setItem("consent", answer);
  consent.hidden = true;
  window.skein.consent({ analytics: answer === "yes" });
});

save();
if (sessionStorage.getItem("signedIn") !== null) void signIn();
void fetch("/demo/shop/products.json").then(async (answer) => {
  products = await answer.json();
  show();
});
