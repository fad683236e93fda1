// The ways in without a password: an invitation, a link to a new password, and
// asking for one.

import { useRouter } from "@tanstack/react-router";
import { useEffect, useState, type ReactNode } from "react";
import { problem } from "../api/client";
import { record, str } from "../parse";
import { home } from "../place";
import { enter } from "../session";
import { Button, Trouble } from "../ui/controls";
import { language } from "../words/language";
import { useWords, type Words } from "./joinwords";
import { Logo } from "./Logo";
import { PlaceLink } from "./PlaceLink";
import { Line, Refusal } from "./settings/form";

export type Way = "join" | "password" | "forgot";

/** Asks without a session. Throws words for people. */
async function post(path: string, body: Readonly<Record<string, string>>, away: string): Promise<unknown> {
  let res: Response;
  try {
    res = await fetch(`/api/v1${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  } catch {
    throw new Error(away);
  }
  const answer: unknown = await res.json().catch(() => null);
  if (!res.ok) throw await problem(res.status, answer);
  return answer;
}

const told = (e: unknown): string => (e instanceof Error ? e.message : String(e));

export default function Join({ way }: { way: Way }): ReactNode {
  const w = useWords();
  useEffect(() => {
    document.title = `${w[way]} · Skein`;
  }, [w, way]);
  return (
    <main className="flex h-full items-center justify-center overflow-auto bg-canvas p-4">
      <div className="w-full max-w-[336px]">
        <div className="mb-4 flex items-center gap-2.5">
          <Logo size={32} />
          <h1 className="text-lg font-semibold">{w[way]}</h1>
        </div>
        {way === "forgot" ? <Forgot w={w} /> : <ByLink way={way} w={w} />}
      </div>
    </main>
  );
}

function Forgot({ w }: { w: Words }): ReactNode {
  const [email, setEmail] = useState("");
  const [asked, setAsked] = useState(false);
  const [refusal, setRefusal] = useState("");
  return (
    <div className="flex flex-col gap-4">
      <p role="status" className="text-sm text-secondary">
        {asked ? w.asked : w.forgotLead}
      </p>
      {!asked && (
        <form
          className="flex flex-col gap-4"
          onSubmit={(e) => {
            e.preventDefault();
            post("/password/forgot", { email: email.trim() }, w.away).then(
              () => setAsked(true),
              (err: unknown) => setRefusal(told(err)),
            );
          }}
        >
          <Line words={w.email} type="email" value={email} onChange={setEmail} autoComplete="username" />
          <Refusal words={refusal} />
          <Button type="submit" look="solid" className="h-9 justify-center" isDisabled={email.trim() === ""}>
            {w.ask}
          </Button>
        </form>
      )}
      <Back w={w} />
    </div>
  );
}

function Back({ w }: { w: Words }): ReactNode {
  return (
    <PlaceLink to="/login" className="self-start text-sm text-accent-text underline underline-offset-2 max-md:py-3">
      {w.signIn}
    </PlaceLink>
  );
}

function ByLink({ way, w }: { way: "join" | "password"; w: Words }): ReactNode {
  const router = useRouter();
  const [token] = useState(() => location.hash.slice(1));
  const [email, setEmail] = useState("");
  const [bad, setBad] = useState("");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState("");
  useEffect(() => {
    let here = true;
    post(way === "join" ? "/invitation" : "/password", { token }, w.away).then(
      (x) => here && setEmail(str(record(x, "link"), "email")),
      (e: unknown) => here && setBad(told(e)),
    );
    return () => {
      here = false;
    };
  }, [token, w, way]);
  if (bad !== "")
    return (
      <>
        <Trouble words={w.bad} kept={bad} />
        <Back w={w} />
      </>
    );
  if (email === "") return null;
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(e) => {
        e.preventDefault();
        setBusy(true);
        const answer =
          way === "join"
            ? post("/invitation/accept", { token, name, password, locale: language() }, w.away)
            : post("/password/reset", { token, password }, w.away);
        void answer.then(
          async (x) => {
            await enter(x);
            router.history.replace(`/${home}`);
          },
          (err: unknown) => {
            setBusy(false);
            setRefusal(told(err));
          },
        );
      }}
    >
      <p className="text-sm text-secondary">{way === "join" ? w.joinLead(email) : w.passwordLead(email)}</p>
      {/* So that the browser keeps the password with its address. */}
      <input type="text" name="username" autoComplete="username" value={email} readOnly hidden />
      {way === "join" && <Line words={w.name} help={w.nameHelp} value={name} onChange={setName} autoComplete="name" />}
      <Line words={w.word} help={w.wordHelp} type="password" value={password} onChange={setPassword} autoComplete="new-password" />
      <Refusal words={refusal} />
      <Button type="submit" look="solid" className="h-9 justify-center" isDisabled={busy || password === "" || (way === "join" && name.trim() === "")}>
        {way === "join" ? w.begin : w.set}
      </Button>
    </form>
  );
}
