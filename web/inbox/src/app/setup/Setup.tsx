// The first run, step by step: from the first admin to the first linked answer.
// Each step has an address, can be passed over and come back to; how far it has
// come the server knows.

import { useRouter } from "@tanstack/react-router";
import { Check, Circle, SkipForward } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { useMe } from "../../data";
import { home } from "../../place";
import { onSession, signedIn, unbegun } from "../../session";
import { isDone, saveSetup, setupSteps, useSetup, type Setup as Progress, type SetupStep } from "../../setup";
import type { Me } from "../../types";
import { Button, Trouble } from "../../ui/controls";
import { Logo } from "../Logo";
import { Notices, OfflineBar } from "../Notices";
import { PlaceLink } from "../PlaceLink";
import { Answer } from "./Answer";
import { Begin } from "./Begin";
import { Mailbox } from "./Mailbox";
import { Orders } from "./Orders";
import { Refusal } from "./parts";
import { People } from "./People";
import { Widget } from "./Widget";
import { words } from "./words";

export default function Setup({ step }: { step: string }): ReactNode {
  const w = words();
  const [signed, setSigned] = useState(signedIn);
  const [fresh, setFresh] = useState<boolean | null>(null);
  useEffect(() => onSession(() => setSigned(signedIn())), []);
  useEffect(() => {
    if (!signed) void unbegun().then(setFresh);
  }, [signed]);
  useEffect(() => {
    document.title = `${w.title} · Skein`;
  }, [w.title]);
  return (
    <div className="flex h-full flex-col bg-canvas">
      <OfflineBar />
      <main className="min-h-0 flex-1 overflow-auto px-4 pb-10">
        <div className="mx-auto max-w-4xl">
          <div className="flex h-14 items-center gap-3">
            <Logo size={24} />
            <h1 className="text-lg font-semibold">{signed ? w.title : w.begin.title}</h1>
            {signed && (
              <PlaceLink to={`/${home}`} className="ms-auto flex h-8 items-center rounded-md px-2 text-sm text-secondary data-[hovered]:bg-hover max-md:h-11">
                {w.back}
              </PlaceLink>
            )}
          </div>
          {signed ? (
            <Steps step={step} />
          ) : fresh === true ? (
            <>
              <p className="max-w-xl text-sm text-secondary">{w.begin.text}</p>
              <Begin />
            </>
          ) : (
            fresh === false && (
              <>
                <p className="text-sm">{w.begin.done}</p>
                <PlaceLink to="/login?to=/setup" className="mt-3 inline-flex h-8 items-center rounded-md bg-accent px-3 text-sm font-medium text-on-accent max-md:h-11">
                  {w.begin.signIn}
                </PlaceLink>
              </>
            )
          )}
        </div>
      </main>
      <Notices />
    </div>
  );
}

function Steps({ step }: { step: string }): ReactNode {
  const w = words();
  const router = useRouter();
  const { me } = useMe();
  const admin = me?.agent.role === "admin";
  const { setup, error } = useSetup(admin);
  const here = setupSteps.find((s) => s === step);
  const next = setup && (setupSteps.find((s) => !isDone(setup, s) && !setup.skipped.includes(s)) ?? "answer");
  // Where it goes on is an address of its own: what is done there stays in sight.
  useEffect(() => {
    if (here === undefined && next !== undefined) router.history.replace(`/setup/${next}`);
  }, [here, next, router]);
  if (me !== undefined && !admin) return <Trouble words={w.admins} kept={w.adminsKept} />;
  if (error) return <Trouble words={w.failed} kept={error.message} />;
  const open = here ?? next;
  if (me === undefined || setup === undefined || open === undefined) return null;
  return (
    <div className="mt-2 flex gap-8 max-md:flex-col max-md:gap-4">
      <nav aria-label={w.steps} className="w-52 shrink-0 max-md:w-full">
        <ol className="flex flex-col gap-0.5 max-md:flex-row max-md:overflow-x-auto">
          {setupSteps.map((s) => (
            <StepLink key={s} step={s} of={setup} current={s === open} />
          ))}
        </ol>
        <p className="mt-4 px-2.5 text-xs text-muted max-md:hidden">{w.later}</p>
      </nav>
      <OneStep key={open} step={open} me={me} setup={setup} />
    </div>
  );
}

function StepLink({ step, of, current }: { step: SetupStep; of: Progress; current: boolean }): ReactNode {
  const w = words();
  const state = isDone(of, step) ? "done" : of.skipped.includes(step) ? "skipped" : "open";
  const Icon = { done: Check, skipped: SkipForward, open: Circle }[state];
  return (
    <li className="shrink-0">
      <PlaceLink
        to={`/setup/${step}`}
        current={current}
        className={`flex h-9 items-center gap-2.5 rounded-md px-2.5 text-sm max-md:h-11 ${current ? "bg-selected font-medium" : "text-secondary data-[hovered]:bg-hover"}`}
      >
        <Icon size={16} className={`shrink-0 ${state === "done" ? "text-green-text" : "text-muted"}`} aria-hidden="true" />
        {w.step[step].word}
        <span className="sr-only">({w.states[state]})</span>
      </PlaceLink>
    </li>
  );
}

function OneStep({ step, me, setup }: { step: SetupStep; me: Me; setup: Progress }): ReactNode {
  const w = words();
  const router = useRouter();
  const [refusal, setRefusal] = useState("");
  const n = setupSteps.indexOf(step);
  const done = isDone(setup, step);
  const following = setupSteps[n + 1];
  const go = async (skip: boolean): Promise<void> => {
    const skipped = setup.skipped.filter((s) => s !== step);
    const said = await saveSetup(skip ? [...skipped, step] : skipped, setup.finished);
    setRefusal(said);
    if (said === "") router.history.push(following === undefined ? `/${home}` : `/setup/${following}`);
  };
  return (
    <section className="min-w-0 flex-1" aria-labelledby="step-title">
      <p className="text-xs text-muted">{w.stepOf(n + 1, setupSteps.length)}</p>
      <h2 id="step-title" className="text-lg font-semibold">
        {w.step[step].title}
      </h2>
      <p className="mt-1 mb-5 max-w-xl text-sm text-secondary">{w.step[step].text}</p>
      {step === "mailbox" ? (
        <Mailbox me={me} setup={setup} />
      ) : step === "orders" ? (
        <Orders me={me} setup={setup} />
      ) : step === "people" ? (
        <People me={me} setup={setup} />
      ) : step === "widget" ? (
        <Widget me={me} setup={setup} />
      ) : (
        <Answer setup={setup} />
      )}
      {step !== "answer" && (
        <div className="mt-6 flex items-center gap-2 border-t border-line pt-4">
          {done ? (
            <Button look="solid" onPress={() => void go(false)}>
              {w.next}
            </Button>
          ) : (
            <Button look="outline" onPress={() => void go(true)}>
              {w.skip}
            </Button>
          )}
          <Refusal words={refusal} />
        </div>
      )}
    </section>
  );
}
