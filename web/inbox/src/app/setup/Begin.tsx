// The first admin, and what the business is called.

import { useId, useState, useSyncExternalStore, type ReactNode } from "react";
import { problem } from "../../api/client";
import { enter } from "../../session";
import { saidOf } from "../../setup";
import { Button } from "../../ui/controls";
import { field, Labelled } from "../SchemaForm";
import { language, languageName, languages } from "../../words/language";
import { Refusal } from "./parts";
import { words } from "./words";

// The printed address has it behind the #, which is never sent.
function codeOfAddress(): string {
  return new URLSearchParams(location.hash.slice(1)).get("code") ?? "";
}

// Whoever opens the address in a tab that shows this page already loads nothing anew.
function onAddress(l: () => void): () => void {
  addEventListener("hashchange", l);
  return () => removeEventListener("hashchange", l);
}

const zones = (): string[] => (typeof Intl.supportedValuesOf === "function" ? Intl.supportedValuesOf("timeZone") : []);

export function Begin(): ReactNode {
  const w = words().begin;
  const known = useSyncExternalStore(onAddress, codeOfAddress);
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState("");
  const [was, setWas] = useState(known);
  if (was !== known) {
    setWas(known);
    setRefusal(""); // it was of the other code
  }
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const ids = { code: useId(), name: useId(), email: useId(), password: useId(), workspace: useId(), locale: useId(), zone: useId(), zones: useId() };

  async function submit(form: FormData): Promise<void> {
    setBusy(true);
    setRefusal("");
    try {
      const text = (name: string): string => {
        const v = form.get(name);
        return typeof v === "string" ? v : "";
      };
      const res = await fetch("/api/v1/setup", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          code: text("code").trim(),
          name: text("name").trim(),
          email: text("email").trim(),
          password: text("password"),
          workspace: text("workspace").trim(),
          locale: text("locale"),
          zone: text("zone").trim(),
        }),
      });
      const answer: unknown = await res.json().catch(() => null);
      if (!res.ok) throw await problem(res.status, answer);
      history.replaceState(history.state, "", location.pathname); // the code is used up
      await enter(answer);
    } catch (e) {
      setRefusal(saidOf(e));
      setBusy(false);
    }
  }

  return (
    <form
      className="mt-5 flex max-w-md flex-col gap-4"
      onSubmit={(e) => {
        e.preventDefault();
        void submit(new FormData(e.currentTarget));
      }}
    >
      <Labelled id={ids.code} words={w.code} help={w.codeHelp}>
        <input key={known} id={ids.code} name="code" defaultValue={known} required autoComplete="off" spellCheck={false} aria-describedby={`${ids.code}-help`} className={`${field} font-mono`} />
      </Labelled>
      <Labelled id={ids.workspace} words={w.workspace} help={w.workspaceHelp}>
        <input id={ids.workspace} name="workspace" required maxLength={200} autoComplete="organization" aria-describedby={`${ids.workspace}-help`} className={field} />
      </Labelled>
      <Labelled id={ids.name} words={w.name}>
        <input id={ids.name} name="name" required maxLength={200} autoComplete="name" className={field} />
      </Labelled>
      <Labelled id={ids.email} words={w.email}>
        <input id={ids.email} name="email" type="email" required autoComplete="username" className={field} />
      </Labelled>
      <Labelled id={ids.password} words={w.password} help={w.passwordHelp}>
        <input id={ids.password} name="password" type="password" required minLength={10} autoComplete="new-password" aria-describedby={`${ids.password}-help`} className={field} />
      </Labelled>
      <div className="flex flex-wrap gap-4">
        <Labelled id={ids.locale} words={w.locale}>
          <select id={ids.locale} name="locale" defaultValue={language()} className={`${field} max-w-40`}>
            {languages.map((l) => (
              <option key={l} value={l} lang={l}>
                {languageName[l]}
              </option>
            ))}
          </select>
        </Labelled>
        <Labelled id={ids.zone} words={w.zone}>
          <input id={ids.zone} name="zone" list={ids.zones} defaultValue={here} required autoComplete="off" spellCheck={false} className={`${field} max-w-60`} />
          <datalist id={ids.zones}>
            {zones().map((z) => (
              <option key={z} value={z} />
            ))}
          </datalist>
        </Labelled>
      </div>
      <Refusal words={refusal} />
      <Button type="submit" look="solid" className="h-9 w-fit justify-center px-4" isDisabled={busy}>
        {busy ? w.going : w.go}
      </Button>
    </form>
  );
}
