// The tags of all conversations: named anew, merged, taken away.

import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { api, body } from "../../api/client";
import { page, tagCount } from "../../parse";
import { attempt } from "../../people";
import { queries } from "../../runtime";
import { Button, Trouble } from "../../ui/controls";
import { box, Refusal } from "./form";
import { useWords, type Words } from "./tagwords";

interface Tag {
  readonly tag: string;
  readonly count: number;
}

const key = ["all-tags"];

export default function TagsPage(): ReactNode {
  const w = useWords();
  const [working, setWorking] = useState("");
  // What is changed meanwhile by somebody else, or is on its way.
  const q = useQuery({ queryKey: key, refetchInterval: working === "" ? 15_000 : 1000, queryFn: async () => page(await body(api.GET("/api/v1/tags/all")), tagCount).items });
  const all = q.data ?? [];
  const busy = working !== "" && all.some((t) => t.tag === working);
  return (
    <>
      <h1 className="text-lg font-semibold">{w.title}</h1>
      <p className="mt-1 max-w-2xl text-sm text-secondary">{w.lead}</p>
      <p role="status" className="mt-2 text-sm text-secondary empty:hidden">
        {busy && w.working(working)}
      </p>
      {q.isError && all.length === 0 ? (
        <Trouble words={w.failed} kept={q.error.message} />
      ) : (
        <ul className="mt-4 rounded-md bg-surface">
          {all.map((t) => (
            <Row key={t.tag} of={t} all={all} w={w} onBegun={() => setWorking(t.tag)} />
          ))}
          {!q.isPending && all.length === 0 && <li className="px-4 py-8 text-center text-sm text-muted">{w.empty}</li>}
        </ul>
      )}
    </>
  );
}

function Row({ of: t, all, w, onBegun }: { of: Tag; all: readonly Tag[]; w: Words; onBegun: () => void }): ReactNode {
  const [doing, setDoing] = useState<"" | "rename" | "remove">("");
  const [to, setTo] = useState(t.tag);
  const [refusal, setRefusal] = useState("");
  const clean = to.trim().toLowerCase().replace(/\s+/g, " ");
  const other = clean !== t.tag && all.some((x) => x.tag === clean);
  const change = (name: string): void => {
    void attempt(async () => {
      await body(api.POST("/api/v1/tags/change", { body: { name: t.tag, ...(name === "" ? {} : { to: name }) } }));
      onBegun();
      await queries.invalidateQueries({ queryKey: key });
    }).then((words) => {
      setRefusal(words);
      if (words === "") setDoing("");
    });
  };
  return (
    <li className="flex min-h-12 flex-wrap items-center gap-3 border-b border-line px-4 py-2 last:border-0">
      <span className="min-w-40 flex-1 text-sm select-text">{t.tag}</span>
      <span className="figures text-xs text-muted">{w.count(t.count)}</span>
      {doing === "" && (
        <>
          <Button look="outline" aria-label={w.of(w.rename, t.tag)} onPress={() => setDoing("rename")}>
            {w.rename}
          </Button>
          <Button look="bad" aria-label={w.of(w.remove, t.tag)} onPress={() => setDoing("remove")}>
            {w.remove}
          </Button>
        </>
      )}
      {doing === "rename" && (
        <form
          className="flex w-full flex-wrap items-center gap-2"
          onSubmit={(e) => {
            e.preventDefault();
            change(clean);
          }}
        >
          {/* eslint-disable-next-line jsx-a11y/no-autofocus -- it was asked for */}
          <input autoFocus aria-label={w.name} value={to} onChange={(e) => setTo(e.target.value)} className={`${box} min-w-52`} />
          <Button look="solid" type="submit" isDisabled={clean === "" || clean === t.tag}>
            {other ? w.merge(clean) : w.save}
          </Button>
          <Button look="plain" onPress={() => setDoing("")}>
            {w.cancel}
          </Button>
        </form>
      )}
      {doing === "remove" && (
        <div className="flex w-full flex-wrap items-center gap-2 text-sm">
          {w.sure(t.tag, w.count(t.count))}
          <Button look="bad" onPress={() => change("")}>
            {w.remove}
          </Button>
          <Button look="plain" onPress={() => setDoing("")}>
            {w.cancel}
          </Button>
        </div>
      )}
      <Refusal words={refusal} />
    </li>
  );
}
