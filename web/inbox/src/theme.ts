// Light, dark, or as the system has it; kept on this machine. The same key is
// read by public/theme.js before the first paint.

import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";

const key = "skein.theme";
const listeners = new Set<() => void>();

function read(): Theme {
  const t = document.documentElement.dataset["theme"];
  return t === "light" || t === "dark" ? t : "system";
}

export function setTheme(t: Theme): void {
  if (t === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = t;
  try {
    if (t === "system") localStorage.removeItem(key);
    else localStorage.setItem(key, t);
  } catch {
    // it holds until the page is left
  }
  for (const l of listeners) l();
}

export function useTheme(): Theme {
  return useSyncExternalStore((l) => {
    listeners.add(l);
    return () => listeners.delete(l);
  }, read);
}
