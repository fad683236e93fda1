// Replies that colleagues began and left, above the field where one goes on.

import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { api, ApiError, body } from "../api/client";
import { byOf } from "../draft";
import * as parse from "../parse";
import { queries } from "../runtime";
import { Button } from "../ui/controls";
import { useNow } from "../ui/hooks";
import { when } from "../words";
import { useWords, words as offerWords } from "./offerwords";

interface Offer {
  readonly agentId: string;
  readonly name: string;
  readonly version: number;
  readonly text: string;
  readonly html: string;
  /** The account that it was to leave by, see `byOf` of drafts. */
  readonly by: string | undefined;
  readonly seenSeq: number;
  readonly at: string;
}

function offer(x: unknown): Offer {
  const o = parse.record(x, "offer");
  return {
    agentId: parse.str(o, "agentId"),
    name: parse.str(o, "name"),
    version: parse.num(o, "version"),
    text: parse.str(o, "text"),
    html: parse.str(o, "html"),
    by: byOf(o),
    seenSeq: parse.num(o, "seenSeq"),
    at: parse.str(o, "at"),
  };
}

const line = "mx-2 mt-1.5 flex flex-wrap items-center gap-x-2 gap-y-1 rounded-md bg-sunken px-2 py-1 text-sm text-secondary";

// The newest reply that somebody began and left: taken over, it goes on here.
function OfferLine({ conversation, onTake }: { conversation: string; onTake: (o: Offer) => void }): ReactNode {
  const w = useWords();
  const now = useNow();
  const key = ["draft-offers", conversation];
  const { data } = useQuery({
    queryKey: key,
    staleTime: 30_000,
    queryFn: async () => parse.page(await body(api.GET("/api/v1/conversations/{id}/draft/offers", { params: { path: { id: conversation } } })), offer).items,
  });
  const [passed, setPassed] = useState<readonly string[]>([]);
  const [words, setWords] = useState("");
  const o = (data ?? []).find((x) => !passed.includes(`${x.agentId} ${x.version}`));
  const pass = (x: Offer): void => setPassed((p) => [...p, `${x.agentId} ${x.version}`]);

  const take = async (x: Offer): Promise<void> => {
    try {
      await body(
        api.POST("/api/v1/conversations/{id}/draft/take", { params: { path: { id: conversation } }, body: { agentId: x.agentId, version: x.version } }),
      );
    } catch (e) {
      setWords(e instanceof ApiError ? e.message : offerWords().failed);
      void queries.invalidateQueries({ queryKey: key });
      return;
    }
    pass(x);
    setWords(offerWords().taken(x.name));
    onTake(x);
  };

  return (
    <div role="status">
      {words !== "" && <p className={line}>{words}</p>}
      {o && (
        <div className={line}>
          <span className="min-w-0 flex-1 basis-full md:basis-60">
            <span className="font-medium text-text">{o.name}</span>
            {w.left(when(o.at, now))}
            <span className="block truncate text-xs">{o.text}</span>
          </span>
          <Button look="outline" className="h-7! max-md:h-11!" onPress={() => void take(o)}>
            {w.take}
          </Button>
          <Button className="h-7! max-md:h-11!" onPress={() => pass(o)}>
            {w.notNow}
          </Button>
        </div>
      )}
    </div>
  );
}

// Says to an agent who comes back that a colleague went on with the draft.
function TakenLine({ name }: { name: string }): ReactNode {
  const w = useWords();
  return <div role="status">{name !== "" && <p className={line}>{w.takenBy(name)}</p>}</div>;
}

export function Offers({
  conversation,
  takenBy,
  offered,
  onTake,
}: {
  conversation: string;
  /** Who took over what is written here; "" for nobody. */
  takenBy: string;
  offered: boolean;
  onTake: (o: Offer) => void;
}): ReactNode {
  return (
    <>
      <TakenLine name={takenBy} />
      {offered && <OfferLine conversation={conversation} onTake={onTake} />}
    </>
  );
}
