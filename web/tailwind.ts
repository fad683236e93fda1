// Tailwind as a Vite plugin without native parts: its compiler is JavaScript,
// and only its scanner is a binary for each platform, which a lock file made on
// one machine may lack for another. Class names are found by splitting the
// sources; what is no class name is passed over by the compiler.

import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { compile } from "tailwindcss";
import type { Plugin } from "vite";

const require = createRequire(import.meta.url);

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((f) => /\.tsx?$/.test(f) && !/\.(test|gen)\.tsx?$/.test(f))
    .sort()
    .map((f) => join(folder, f));
}

/**
 * @param sheet the style sheet that imports Tailwind
 * @param folder where the class names are used
 */
export function tailwind(sheet: string, folder: string): Plugin {
  return {
    name: "tailwind",
    enforce: "pre",
    async transform(code, id) {
      if (resolve(id.split("?")[0] ?? "") !== sheet) return null;
      const compiler = await compile(code, {
        base: dirname(sheet),
        loadStylesheet: (name, base) => {
          const path = name.startsWith(".") ? resolve(base, name) : require.resolve(name === "tailwindcss" ? "tailwindcss/index.css" : name);
          this.addWatchFile(path);
          return Promise.resolve({ path, base: dirname(path), content: readFileSync(path, "utf8") });
        },
      });
      const found = new Set<string>();
      for (const file of sources(folder)) {
        this.addWatchFile(file);
        for (const m of readFileSync(file, "utf8").matchAll(/[^\s"'`]+/g)) found.add(m[0]);
      }
      return { code: compiler.build([...found]), map: null };
    },
  };
}
