import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
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

const server = process.env["SKEIN_DEV_SERVER"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  root: "inbox",
  cacheDir: path("./node_modules/.vite"),
  plugins: [react(), tailwind(path("./inbox/src/styles/app.css"), path("./inbox/src")), keep],
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
