import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { defineConfig } from "vite";

const path = (p: string): string => fileURLToPath(new URL(p, import.meta.url));

/** What a shop's page loads for the chat: no build makes more of it. */
const most = 15_000;

const small: Plugin = {
  name: "small",
  generateBundle(_, bundle) {
    for (const f of Object.values(bundle)) {
      if (f.type !== "chunk" || f.fileName !== "widget.js") throw new Error(`the widget is one file, and ${f.fileName} isn't it`);
      const size = gzipSync(f.code, { level: 9 }).length;
      this.info(`widget.js: ${size} bytes gzipped, of ${most}`);
      if (size > most) throw new Error(`widget.js has ${size} bytes gzipped: at most ${most}`);
    }
  },
};

// The customer's chat: one script for other people's pages, into the same dist.
export default defineConfig({
  root: "widget",
  cacheDir: path("./node_modules/.vite"),
  plugins: [small],
  build: {
    outDir: path("./dist/widget"),
    emptyOutDir: true,
    target: "es2022",
    cssTarget: ["chrome123", "safari17.5", "firefox120"],
    lib: { entry: path("./widget/src/main.ts"), formats: ["iife"], name: "skeinWidget", fileName: () => "widget.js" },
    reportCompressedSize: false,
  },
});
