import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { tailwind } from "./tailwind.ts";

const path = (p: string): string => fileURLToPath(new URL(p, import.meta.url));
const dist = path("./dist");

// The Go embed needs dist to exist before the first build, so its marker file
// is committed; emptying dist must not leave the tree changed.
const keep: Plugin = {
  name: "keep-marker",
  apply: "build",
  closeBundle() {
    writeFileSync(`${dist}/.keep`, "");
  },
};

/** The script that the first screen waits for: no build makes more of it. */
const most = 250_000;

const light: Plugin = {
  name: "light",
  apply: "build",
  generateBundle(_, bundle) {
    const seen = new Set<string>();
    const weigh = (name: string): number => {
      const chunk = bundle[name];
      if (chunk?.type !== "chunk" || seen.has(name)) return 0;
      seen.add(name);
      return chunk.imports.reduce((n, i) => n + weigh(i), gzipSync(chunk.code, { level: 9 }).length);
    };
    const chunks = Object.values(bundle).filter((f) => f.type === "chunk");
    const script = chunks.reduce((n, f) => n + (f.isEntry ? weigh(f.fileName) : 0), 0);
    // The page waits for one language's words, which may be the longest.
    const size = script + Math.max(...chunks.map((f) => (catalogueIn(f.facadeModuleId) === undefined ? 0 : weigh(f.fileName))));
    this.info(`first screen: ${size} bytes of script gzipped, of ${most}`);
    if (size > most) throw new Error(`the first screen has ${size} bytes of script gzipped: at most ${most}. Load what can wait by import()`);
  },
};

// The controls' library brings its own words in thirty languages: those that the
// page speaks are kept.
const spoken: Plugin = {
  name: "spoken",
  apply: "build",
  load(id) {
    const tag = /[\\/]intl[\\/](?:[a-z]+[\\/])?([a-z]{2}-[A-Z]{2})\.m?js$/.exec(id)?.[1];
    return tag === undefined || tag === "en-US" || tag === "de-DE" ? null : "export default {};";
  },
};

// Which file a language's words are in is known once it is built; public/theme.js
// has it fetched while the page's script is on its way.
const words: Plugin = {
  name: "words",
  apply: "build",
  writeBundle(_, bundle) {
    const files: Record<string, string> = {};
    for (const f of Object.values(bundle)) {
      const language = f.type === "chunk" ? catalogueIn(f.facadeModuleId) : undefined;
      if (language !== undefined) files[language] = `/${f.fileName}`;
    }
    const theme = `${dist}/theme.js`;
    const script = readFileSync(theme, "utf8");
    if (!script.includes("__WORDS__")) throw new Error("public/theme.js asks for no words");
    writeFileSync(theme, script.replace("__WORDS__", JSON.stringify(files)));
  },
};

// The font is fetched while the script is: words that are drawn in another first
// would move when it comes.
const font: Plugin = {
  name: "font",
  apply: "build",
  transformIndexHtml: {
    order: "post",
    handler(_, { bundle }) {
      const file = Object.keys(bundle ?? {}).find((f) => /inter-latin-wght-normal[^/]*\.woff2$/.test(f));
      if (file === undefined) throw new Error("the font of Latin letters isn't built");
      return [{ tag: "link", attrs: { rel: "preload", href: `/${file}`, as: "font", type: "font/woff2", crossorigin: "" }, injectTo: "head-prepend" }];
    },
  },
};

const catalogueIn = (id: string | null): string | undefined => /[\\/]words[\\/]([a-z]{2})[\\/]index\.ts$/.exec(id ?? "")?.[1];

const server = process.env["SKEIN_DEV_SERVER"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  root: "inbox",
  cacheDir: path("./node_modules/.vite"),
  plugins: [react(), spoken, tailwind(path("./inbox/src/styles/app.css"), path("./inbox/src")), light, words, font, keep],
  build: {
    outDir: dist,
    emptyOutDir: true,
    target: "es2022",
    // Everything is a file of our own origin: the page's policy admits no data: script or font.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 750, // 215 KB gzipped; the editor is a chunk of its own
  },
  server: {
    proxy: { "/api": { target: server, ws: true, changeOrigin: true } },
  },
  test: {
    root: path("."),
    environment: "node",
    setupFiles: ["inbox/src/words/english.ts"],
    include: ["{inbox,widget}/src/**/*.test.{ts,tsx}"],
  },
});
