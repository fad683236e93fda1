import type { ReactNode } from "react";
import { hereAt } from "../../around";
import { around } from "../../runtime";
import { useOf } from "../../ui/signals";
import { useNow } from "../../ui/hooks";
import { age, exactly } from "../../words";
import { useWords } from "./panelwords";
import { Section } from "./Section";

/** What the customer looks at this moment. */
export function NowViewing({ customer }: { customer: string }): ReactNode {
  const here = useOf(around, (a) => hereAt(a, `customer:${customer}`));
  const now = useNow();
  const w = useWords();
  if (!here.customer.online) return null;
  const page = here.customer.pages[0];
  return (
    <Section title={w.now}>
      <p className="flex min-h-7 items-center gap-2 text-sm">
        <span aria-hidden="true" className="size-2 shrink-0 rounded-full bg-green" />
        {page ? (
          <>
            <span className="sr-only">{w.viewing} </span>
            {page.url === "" ? (
              <span className="min-w-0 flex-1 truncate">{page.title}</span>
            ) : (
              <a href={page.url} target="_blank" rel="noreferrer noopener" title={page.url} className="min-w-0 flex-1 truncate hover:underline">
                {page.title || page.url}
              </a>
            )}
            <time dateTime={page.since} title={exactly(page.since)} className="figures shrink-0 text-xs text-muted">
              {age(page.since, now)}
            </time>
          </>
        ) : (
          <span>{w.online}</span>
        )}
      </p>
    </Section>
  );
}
