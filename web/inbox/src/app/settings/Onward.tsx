// Where the agent goes from a conversation that is dealt with.

import { useState, type ReactNode } from "react";
import { api, body } from "../../api/client";
import { attempt } from "../../people";
import { queries } from "../../runtime";
import type { Me } from "../../types";
import { Refusal } from "./form";
import type { PageProps } from "./pages";
import { useWords } from "./sortingwords";

const ways = ["next", "list", "stay"] as const;

export default function Onward({ me }: PageProps): ReactNode {
  const w = useWords();
  const [refusal, setRefusal] = useState("");
  const choose = (onward: (typeof ways)[number]): void => {
    const was = queries.getQueryData<Me>(["me"]);
    if (was) queries.setQueryData<Me>(["me"], { ...was, agent: { ...was.agent, onward } });
    void attempt(() => body(api.PATCH("/api/v1/agents/{id}", { params: { path: { id: "me" } }, body: { onward } }))).then((words) => {
      setRefusal(words);
      if (words !== "") queries.setQueryData(["me"], was);
    });
  };
  return (
    <>
      <h1 className="text-lg font-semibold">{w.onward}</h1>
      <p className="mt-1 max-w-2xl text-sm text-secondary">{w.onwardLead}</p>
      <fieldset className="mt-4 rounded-md bg-surface px-4 py-2">
        <legend className="sr-only">{w.onward}</legend>
        {ways.map((x) => (
          <label key={x} className="flex min-h-10 items-center gap-3 text-sm max-md:min-h-11">
            <input type="radio" name="onward" checked={(me.agent.onward || "next") === x} onChange={() => choose(x)} className="size-4 accent-(--accent)" />
            {w.onwards[x]}
          </label>
        ))}
      </fieldset>
      <Refusal words={refusal} />
    </>
  );
}
