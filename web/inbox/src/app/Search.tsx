import { Search as SearchIcon, X } from "lucide-react";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { flushSync } from "react-dom";
import { useGo } from "../navigate";
import { at, type Place } from "../place";
import type { Completion } from "../query";
import type { Me } from "../types";
import { Button, Kbd } from "../ui/controls";
import { useCommand } from "../ui/hooks";
import { useWords } from "../words/language";

// The list that was left for the search: the field may be another one when the
// page has become narrower meanwhile.
let back: Place = at("mine");

/** The field stands above every list; what is typed is the address of its results. */
export function SearchField({ place, person }: { place: Place; person: Me | undefined }): ReactNode {
  const go = useGo();
  const w = useWords().list;
  // What helps to write filters is fetched when the field is first used.
  const [assist, setAssist] = useState<typeof import("./SearchAssist") | null>(null);
  const [caret, setCaret] = useState(-1);
  const [active, setActive] = useState(-1);
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(place.q);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => {
    if (place.view !== "search") back = place;
  }, [place]);

  // Going back, or to another list, changes the field too; what was typed there
  // comes back late, more has been typed since, and it changes nothing.
  const [seen, setSeen] = useState(place.q);
  const [asked, setAsked] = useState<readonly string[]>([]);
  const q = place.view === "search" ? place.q : "";
  if (q !== seen) {
    setSeen(q);
    if (asked.includes(q)) setAsked(asked.slice(asked.indexOf(q) + 1));
    else if (q !== text.trim()) setText(q);
  }

  useCommand("search", () => {
    input.current?.focus();
    input.current?.select();
  });

  const search = (value: string): void => {
    clearTimeout(timer.current);
    const words = value.trim();
    if (words === "") {
      if (place.view === "search") go({ ...back, open: place.open });
      return;
    }
    setAsked((a) => [...a, words]);
    go(at("search", { q: words, open: place.open }), { replace: place.view === "search" });
  };
  const options = assist && caret >= 0 ? assist.completions(text, caret, person, new Date()) : [];
  const take = (c: Completion): void => {
    // At once: the next key that is pressed belongs behind it.
    flushSync(() => {
      setText(c.text);
      setActive(-1);
      setCaret(c.caret);
    });
    input.current?.setSelectionRange(c.caret, c.caret);
    clearTimeout(timer.current);
    if (c.text.endsWith(" ")) search(c.text);
  };
  const forget = (): void => {
    setCaret(-1);
    setActive(-1);
  };
  return (
    <div role="search" className="relative flex min-w-0 flex-1 items-center">
      <SearchIcon size={15} strokeWidth={1.75} aria-hidden="true" className="pointer-events-none absolute start-2.5 text-muted" />
      <input
        ref={input}
        type="search"
        role="combobox"
        aria-label={w.search}
        aria-expanded={options.length > 0}
        aria-autocomplete="list"
        aria-controls={assist?.assistId}
        {...(assist && active >= 0 && active < options.length ? { "aria-activedescendant": assist.optionId(active) } : {})}
        autoComplete="off"
        placeholder={w.search}
        value={text}
        className="h-8 w-full rounded-md bg-hover pe-8 ps-8 text-sm text-text placeholder:text-muted focus-visible:bg-surface max-md:h-11 max-md:text-base [&::-webkit-search-cancel-button]:hidden"
        onChange={(e) => {
          const value = e.target.value;
          setText(value);
          setCaret(e.target.selectionStart ?? value.length);
          setActive(-1);
          clearTimeout(timer.current);
          timer.current = setTimeout(() => search(value), 200);
        }}
        onFocus={() => {
          if (!assist) void import("./SearchAssist").then(setAssist);
          setCaret(text.length);
        }}
        onBlur={forget}
        onKeyDown={(e) => {
          const chosen = options[active];
          if (chosen && (e.key === "Enter" || e.key === "Tab")) {
            e.preventDefault();
            take(chosen);
          } else if (options.length > 0 && (e.key === "ArrowDown" || e.key === "ArrowUp")) {
            e.preventDefault();
            setActive((i) => (i + (e.key === "ArrowDown" ? 1 : -1) + options.length + (i < 0 && e.key === "ArrowUp" ? 1 : 0)) % options.length);
          } else if (options.length > 0 && text !== "" && e.key === "Escape") {
            e.preventDefault();
            forget();
          } else if (e.key === "Enter") {
            search(text);
            forget();
          } else if (e.key === "Escape") {
            e.preventDefault();
            setText("");
            search("");
            e.currentTarget.blur();
            document.querySelector<HTMLElement>("[data-row] a[tabindex='0'], [data-row] a")?.focus();
          } else if (e.key === "ArrowDown") {
            e.preventDefault();
            document.querySelector<HTMLElement>("[data-row] a")?.focus();
          }
        }}
      />
      {assist && options.length > 0 && <assist.SearchAssist options={options} active={active} onTake={take} />}
      {text === "" ? (
        <span className="pointer-events-none absolute end-2 max-md:hidden">
          <Kbd keys="/" />
        </span>
      ) : (
        <Button
          aria-label={w.clearSearch}
          className="absolute end-0 w-8 justify-center px-0"
          onPress={() => {
            setText("");
            search("");
            input.current?.focus();
          }}
        >
          <X size={15} aria-hidden="true" />
        </Button>
      )}
    </div>
  );
}

