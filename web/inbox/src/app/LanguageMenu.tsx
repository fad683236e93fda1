// In which language a reply is written: the customer's, unless the agent says
// otherwise. Spelling, hyphens and screen readers go by it.

import { Languages } from "lucide-react";
import { useState, type ReactNode } from "react";
import type { Way } from "../sending";
import { useWords } from "../sendwords";
import { Button, MenuButton, Tip } from "../ui/controls";
import { useLocale } from "../words/language";

const common = ["en", "de", "fr", "es", "it", "nl", "pt", "pl", "cs", "hu", "sv", "da", "tr", "uk"];

// What was chosen for somebody holds while the page lives.
const chosen = new Map<string, string>();

const who = (way: Way | null | undefined): string => way?.to[0]?.address ?? "";

/** The language of what is written, as a BCP 47 tag, and how to choose another; "" while none is known. */
export function useWriting(way: Way | null | undefined): [string, (lang: string) => void] {
  const [picked, setPicked] = useState("");
  const lang = picked || (chosen.get(who(way)) ?? way?.locale ?? "");
  return [
    lang,
    (l) => {
      chosen.set(who(way), l);
      setPicked(l);
    },
  ];
}

export function LanguageMenu({ lang, suggested, onLang }: { lang: string; suggested: string; onLang: (lang: string) => void }): ReactNode {
  const w = useWords();
  const locale = useLocale();
  const names = new Intl.DisplayNames([locale], { type: "language" });
  const named = (l: string): string => {
    try {
      return names.of(l) ?? l;
    } catch {
      return l; // no tag
    }
  };
  const code = lang.split("-")[0] ?? "";
  const said = w.writtenIn(code === "" ? "" : named(lang), code);
  const all = [...new Set([suggested, locale, ...common])].filter((l) => l !== "");
  return (
    <MenuButton
      label={w.language}
      placement="top start"
      choices={all.map((l) => ({ id: l, words: named(l), detail: l === suggested ? w.theirs : "", selected: l === lang }))}
      onChoose={onLang}
    >
      <Tip words={said} placement="top">
        <Button className="h-8! px-1.5! text-xs text-muted max-md:h-11!">
          <Languages size={16} strokeWidth={1.75} aria-hidden="true" />
          <span className="sr-only">{said}</span>
          <span aria-hidden="true" className="uppercase">
            {code}
          </span>
        </Button>
      </Tip>
    </MenuButton>
  );
}
