// The frame of the settings: their pages in sections beside the one that is
// open, or one after the other where there is no room for both.

import { ArrowLeft, ChevronRight } from "lucide-react";
import { Suspense, useEffect, type ReactNode } from "react";
import { useMe } from "../data";
import { home } from "../place";
import { Trouble } from "../ui/controls";
import { useMedia } from "../ui/hooks";
import { language } from "../words/language";
import { Logo } from "./Logo";
import { Notices, OfflineBar } from "./Notices";
import { PlaceLink } from "./PlaceLink";
import { useWords } from "./settings/framewords";
import { allowed, pages, sections, type Page, type Section } from "./settings/pages";

/** @param path what follows /settings/ in the address */
export default function Settings({ path }: { path: string }): ReactNode {
  const { me, error } = useMe();
  const w = useWords();
  const wide = useMedia("(min-width: 64rem)");
  const [tab = "", ...rest] = path.split("/").filter((p) => p !== "");
  const role = me?.agent.role ?? "agent";
  const shown = pages.filter((p) => allowed(p.may, role));
  const open = tab === "" && wide ? pages[0] : pages.find((p) => p.tab === tab);
  const said = open?.words[language()] ?? w.title;
  useEffect(() => {
    document.title = `${said} · Skein`;
  }, [said]);
  const back = wide || tab === "" ? { to: `/${home}`, words: w.inbox } : { to: "/settings", words: w.title };
  return (
    <div className="flex h-full flex-col bg-canvas">
      <OfflineBar />
      <header className="flex h-14 shrink-0 items-center gap-3 px-4">
        <Logo size={24} />
        <PlaceLink to={back.to} className="flex h-8 items-center gap-1.5 rounded-md px-2 text-sm text-secondary data-[hovered]:bg-hover max-md:h-11">
          <ArrowLeft size={15} aria-hidden="true" />
          {back.words}
        </PlaceLink>
      </header>
      <div className="flex min-h-0 flex-1">
        {wide && (
          <div className="w-60 shrink-0 overflow-y-auto px-3 pb-10">
            <Pages of={shown} current={open?.tab ?? ""} />
          </div>
        )}
        <main className="min-h-0 min-w-0 flex-1 overflow-auto px-4 pb-10">
          <div className="mx-auto max-w-4xl">
            {tab === "" && !wide ? (
              <>
                <h1 className="text-lg font-semibold">{w.title}</h1>
                <Pages of={shown} current="" roomy />
              </>
            ) : open === undefined ? (
              <Trouble words={w.none} kept={w.noneKept} />
            ) : me === undefined ? (
              error && <Trouble words={w.failed} kept={error.message} />
            ) : open.may !== "agent" && !allowed(open.may, role) ? (
              <Trouble words={w.denied[open.may]} kept={w.deniedKept} />
            ) : (
              <Suspense fallback={null}>
                <open.page me={me} rest={rest} />
              </Suspense>
            )}
          </div>
        </main>
      </div>
      <Notices />
    </div>
  );
}

function Pages({ of, current, roomy = false }: { of: readonly Page[]; current: string; roomy?: boolean }): ReactNode {
  const w = useWords();
  return (
    <nav aria-label={w.title}>
      {(Object.keys(sections) as Section[]).map((s) => {
        const here = of.filter((p) => p.section === s);
        if (here.length === 0) return null;
        return (
          <section key={s} aria-labelledby={`section-${s}`} className={roomy ? "mt-5" : "mt-4 first:mt-0"}>
            <h2 id={`section-${s}`} className={`text-xs font-medium text-muted ${roomy ? "mb-1.5 px-1" : "mb-1 px-2.5"}`}>
              {sections[s][language()]}
            </h2>
            <ul className={roomy ? "rounded-md bg-surface" : ""}>
              {here.map((p) => (
                <li key={p.tab} className={roomy ? "border-b border-line last:border-0" : ""}>
                  <PlaceLink
                    to={`/settings/${p.tab}`}
                    current={p.tab === current}
                    className={`flex items-center gap-2.5 text-sm ${roomy ? "h-12 px-3.5" : "h-8 rounded-md px-2.5"} ${p.tab === current ? "bg-selected font-medium" : "data-[hovered]:bg-hover " + (roomy ? "" : "text-secondary")}`}
                  >
                    <p.icon size={16} strokeWidth={1.75} className="shrink-0 text-muted" aria-hidden="true" />
                    <span className="min-w-0 flex-1 truncate">{p.words[language()]}</span>
                    {roomy && <ChevronRight size={16} className="text-muted" aria-hidden="true" />}
                  </PlaceLink>
                </li>
              ))}
            </ul>
          </section>
        );
      })}
    </nav>
  );
}
