import { writeFileSync } from "node:fs";
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
    const size = Object.values(bundle).reduce((n, f) => n + (f.type === "chunk" && f.isEntry ? weigh(f.fileName) : 0), 0);
    this.info(`first screen: ${size} bytes of script gzipped, of ${most}`);
    if (size > most) throw new Error(`the first screen has ${size} bytes of script gzipped: at most ${most}. Load what can wait by import()`);
  },
};

const server = process.env["SKEIN_DEV_SERVER"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  root: "inbox",
  cacheDir: path("./node_modules/.vite"),
  plugins: [react(), tailwind(path("./inbox/src/styles/app.css"), path("./inbox/src")), light, keep],
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
    include: ["{inbox,widget}/src/**/*.test.{ts,tsx}"],
  },
});
