// The senders that are blocked, and by whom.

import { useInfiniteQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { api, body } from "../../api/client";
import { need, page, record, str } from "../../parse";
import { attempt } from "../../people";
import { queries } from "../../runtime";
import { Button, Trouble } from "../../ui/controls";
import { useNow } from "../../ui/hooks";
import { exactly, when } from "../../words";
import { Refusal } from "./form";
import { useWords } from "./sortingwords";

interface Sender {
  readonly identityId: string;
  readonly address: string;
  readonly name: string;
  readonly at: string;
  readonly by: string;
  readonly note: string;
}

const key = ["blocked-senders"];

function sender(x: unknown): Sender {
  const o = record(x, "sender");
  return { identityId: need(o, "identityId", "sender"), address: str(o, "address"), name: str(o, "name"), at: str(o, "at"), by: str(o, "by"), note: str(o, "note") };
}

export default function Senders(): ReactNode {
  const w = useWords();
  const q = useInfiniteQuery({
    queryKey: key,
    initialPageParam: "",
    queryFn: async ({ pageParam, signal }) => page(await body(api.GET("/api/v1/senders/blocked", { signal, params: { query: pageParam === "" ? {} : { cursor: pageParam } } })), sender),
    getNextPageParam: (p) => (p.next === "" ? undefined : p.next),
    staleTime: 0,
  });
  const all = q.data?.pages.flatMap((p) => p.items) ?? [];
  return (
    <>
      <h1 className="text-lg font-semibold">{w.senders}</h1>
      <p className="mt-1 max-w-2xl text-sm text-secondary">{w.sendersLead}</p>
      {q.isError && all.length === 0 ? (
        <Trouble words={w.sendersFailed} kept={q.error.message} />
      ) : (
        <ul className="mt-4 rounded-md bg-surface">
          {all.map((s) => (
            <Row key={s.identityId} of={s} />
          ))}
          {!q.isPending && all.length === 0 && <li className="px-4 py-8 text-center text-sm text-muted">{w.sendersEmpty}</li>}
        </ul>
      )}
      {q.hasNextPage && (
        <Button className="mt-3" isDisabled={q.isFetchingNextPage} onPress={() => void q.fetchNextPage()}>
          {w.more}
        </Button>
      )}
    </>
  );
}

function Row({ of: s }: { of: Sender }): ReactNode {
  const w = useWords();
  const now = useNow();
  const [refusal, setRefusal] = useState("");
  const unblock = (): void => {
    void attempt(async () => {
      await body(api.DELETE("/api/v1/identities/{id}/block", { params: { path: { id: s.identityId } } }));
      await queries.invalidateQueries({ queryKey: key });
    }).then(setRefusal);
  };
  return (
    <li className="flex min-h-12 flex-wrap items-center gap-3 border-b border-line px-4 py-2 last:border-0">
      <span className="min-w-0 flex-1">
        <span className="block truncate text-sm select-text">{s.address}</span>
        <span className="block truncate text-xs text-muted" title={exactly(s.at)}>
          {s.name !== s.address && `${s.name} · `}
          {w.by(s.by, when(s.at, now))}
          {s.note !== "" && ` · ${s.note}`}
        </span>
      </span>
      <Button look="outline" aria-label={w.of(w.unblock, s.address)} onPress={unblock}>
        {w.unblock}
      </Button>
      <Refusal words={refusal} />
    </li>
  );
}
