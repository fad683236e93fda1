// A mailbox that is signed in at its provider: the way there from the channel's
// page, and the page to which the provider sends the browser back.

import { useRouter } from "@tanstack/react-router";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { consent, finishSignIn, signIn, type Account } from "../accounts";
import { Button, Trouble } from "../ui/controls";
import { toast } from "../ui/signals";
import { exactly } from "../words";
import { catalogue } from "../words/language";
import { PlaceLink } from "./PlaceLink";

interface Words {
  readonly first: (provider: string) => string;
  readonly again: (provider: string) => string;
  readonly lead: (provider: string) => string;
  readonly since: (when: string) => string;
  readonly other: string;
  readonly done: string;
  readonly working: string;
  readonly failed: string;
  readonly declined: string;
  readonly back: string;
}

const en: Words = {
  first: (p) => `Sign in with ${p}`,
  again: (p) => `Sign in with ${p} again`,
  lead: (p) => `${p} asks whether Skein may read and send this mailbox's mail. Sign in there as the mailbox, not as yourself.`,
  since: (when) => `Signed in ${when}`,
  other: "the provider",
  done: "Signed in. Its mail comes within seconds.",
  working: "Signing in…",
  failed: "The mailbox is not signed in.",
  declined: "Nobody consented at the provider.",
  back: "To the channels",
};

const de: Words = {
  first: (p) => `Mit ${p} anmelden`,
  again: (p) => `Erneut mit ${p} anmelden`,
  lead: (p) => `${p} fragt, ob Skein die E-Mails dieses Postfachs lesen und senden darf. Melde dich dort als das Postfach an, nicht als du selbst.`,
  since: (when) => `Angemeldet ${when}`,
  other: "dem Anbieter",
  done: "Angemeldet. Die E-Mails kommen in wenigen Sekunden.",
  working: "Anmeldung läuft …",
  failed: "Das Postfach ist nicht angemeldet.",
  declined: "Beim Anbieter hat niemand zugestimmt.",
  back: "Zu den Kanälen",
};

const { useWords } = catalogue({ en, de });

const names: Record<string, string> = { google: "Google", microsoft: "Microsoft" };

export function SignIn({ of: a }: { of: Account }): ReactNode {
  const w = useWords();
  const [refusal, setRefusal] = useState("");
  const [leaving, setLeaving] = useState(false);
  const c = consent(a);
  if (c === null) return null;
  const provider = names[c.provider] ?? w.other;
  const wanted = c.signedIn === "" || a.health.state === "refused";
  return (
    <div className="mt-3 flex flex-wrap items-center gap-x-3 gap-y-2 text-sm">
      <Button
        look={wanted ? "solid" : "outline"}
        isDisabled={leaving}
        onPress={() => {
          setLeaving(true);
          void signIn(a.id).then((words) => {
            setRefusal(words);
            if (words !== "") setLeaving(false);
          });
        }}
      >
        {c.signedIn === "" ? w.first(provider) : w.again(provider)}
      </Button>
      {c.signedIn !== "" && (
        <span className="text-muted">{w.since(exactly(c.signedIn))}</span>
      )}
      {wanted && <p className="w-full max-w-xl text-secondary">{w.lead(provider.charAt(0).toUpperCase() + provider.slice(1))}</p>}
      <p role="alert" className="w-full text-xs break-words text-red-text empty:hidden">
        {refusal}
      </p>
    </div>
  );
}

export function SignInBack(): ReactNode {
  const w = useWords();
  const router = useRouter();
  const [refusal, setRefusal] = useState("");
  const told = useRef(false);
  useEffect(() => {
    if (told.current) return; // a code is good once, and words come in another language later
    told.current = true;
    const sent = new URLSearchParams(location.search);
    const code = sent.get("code") ?? "";
    if (code === "") {
      setRefusal(sent.get("error_description") ?? w.declined);
      return;
    }
    void finishSignIn(code, sent.get("state") ?? "").then(({ id, words }) => {
      setRefusal(words);
      if (words !== "") return;
      toast(w.done);
      router.history.replace(`/settings/channels/${id}`);
    });
  }, [router, w]);
  if (refusal === "") {
    return (
      <p role="status" className="py-8 text-sm text-secondary">
        {w.working}
      </p>
    );
  }
  return (
    <>
      <Trouble words={w.failed} kept={refusal} />
      <PlaceLink to="/settings/channels" className="mx-auto flex h-8 w-fit items-center rounded-md px-2 text-sm font-medium text-accent-text data-[hovered]:bg-hover max-md:h-11">
        {w.back}
      </PlaceLink>
    </>
  );
}
