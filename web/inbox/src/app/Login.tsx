import { useRouter } from "@tanstack/react-router";
import { useEffect, useState, type ReactNode } from "react";
import { FieldError, Form, Input, Label, TextField } from "react-aria-components";
import { home } from "../place";
import { onSession, Refused, signedIn, signIn } from "../session";
import { Button } from "../ui/controls";
import { useWords } from "../words/language";
import { Logo } from "./Logo";
import { PlaceLink } from "./PlaceLink";

// Only a place of this app: an address from outside must not lead away.
function target(search: string): string {
  const to = new URLSearchParams(search).get("to") ?? "";
  return /^\/(?![/\\])/.test(to) && !to.startsWith("/login") ? to : `/${home}`;
}

export function Login(): ReactNode {
  const router = useRouter();
  const w = useWords().login;
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState("");

  // Here, or in another tab.
  useEffect(
    () =>
      onSession(() => {
        if (signedIn()) router.history.replace(target(location.search));
      }),
    [router],
  );

  async function submit(data: FormData): Promise<void> {
    const field = (name: string): string => {
      const v = data.get(name);
      return typeof v === "string" ? v : "";
    };
    setBusy(true);
    setRefusal("");
    try {
      await signIn(field("email").trim(), field("password"));
    } catch (e) {
      setRefusal(e instanceof Refused ? e.message : w.unreadable);
      setBusy(false);
    }
  }

  const input =
    "h-9 w-full rounded-md border border-control bg-surface px-2.5 text-base text-text data-[focused]:border-focus max-md:h-11";
  return (
    <main className="flex h-full items-center justify-center bg-canvas p-4">
      <div className="w-full max-w-[336px]">
        <div className="mb-6 flex items-center gap-2.5">
          <Logo size={32} />
          <h1 className="text-lg font-semibold">{w.title}</h1>
        </div>
        <Form
          className="flex flex-col gap-4"
          onSubmit={(e) => {
            e.preventDefault();
            void submit(new FormData(e.currentTarget));
          }}
        >
          <TextField name="email" type="email" isRequired autoComplete="username" className="flex flex-col gap-1">
            <Label className="text-sm font-medium">{w.email}</Label>
            {/* eslint-disable-next-line jsx-a11y/no-autofocus -- the page is this form */}
            <Input autoFocus className={input} />
            <FieldError className="text-xs text-red-text" />
          </TextField>
          <TextField name="password" type="password" isRequired autoComplete="current-password" className="flex flex-col gap-1">
            <Label className="text-sm font-medium">{w.password}</Label>
            <Input className={input} />
            <FieldError className="text-xs text-red-text" />
          </TextField>
          <div role="alert" className="min-h-5 text-sm text-red-text empty:hidden">
            {refusal}
          </div>
          <Button type="submit" look="solid" className="h-9 justify-center" isDisabled={busy}>
            {busy ? w.signingIn : w.signIn}
          </Button>
          <PlaceLink to="/forgot" className="self-start text-sm text-accent-text underline underline-offset-2 max-md:py-3">
            {w.forgot}
          </PlaceLink>
        </Form>
      </div>
    </main>
  );
}
