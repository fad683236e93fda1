import js from "@eslint/js";
import jsxA11y from "eslint-plugin-jsx-a11y";
import reactHooks from "eslint-plugin-react-hooks";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";
import own from "./eslint.words.js";

export default defineConfig(
  { ignores: ["dist", "node_modules", "inbox/src/api/schema.gen.ts", "inbox/public", "eslint.config.js", "eslint.words.js", "e2e"] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      // The router's redirects are thrown; they are no errors.
      "@typescript-eslint/only-throw-error": ["error", { allow: [{ from: "package", package: "@tanstack/router-core", name: "Redirect" }] }],
    },
  },
  {
    files: ["inbox/src/**/*.{ts,tsx}"],
    plugins: { "react-hooks": reactHooks },
    rules: { "react-hooks/rules-of-hooks": "error", "react-hooks/exhaustive-deps": "error" },
  },
  { files: ["inbox/src/**/*.tsx"], ...jsxA11y.flatConfigs.strict },
  {
    files: ["inbox/src/**/*.{ts,tsx}"],
    ignores: ["**/*.test.ts"],
    plugins: { skein: own },
    rules: { "skein/words": "error", "skein/logical": "error" },
  },
  { files: ["inbox/src/words/**", "inbox/src/**/*words.ts", "inbox/src/app/settings/pages.ts"], rules: { "skein/words": "off" } },
);
