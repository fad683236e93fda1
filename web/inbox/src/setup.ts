// The first run: how far it has come, and what its steps ask of the server.

import { useQuery } from "@tanstack/react-query";
import type { Draft } from "./accounts";
import { draftBody } from "./accounts";
import { api, ApiError, authFetch, body, problem } from "./api/client";
import * as parse from "./parse";
import { queries } from "./runtime";

export const setupSteps = ["mailbox", "orders", "people", "widget", "answer"] as const;
export type SetupStep = (typeof setupSteps)[number];

export interface Setup {
  readonly skipped: readonly SetupStep[];
  readonly finished: boolean;
  readonly mailbox: string;
  readonly shop: string;
  readonly orders: number;
  readonly agents: number;
  readonly invited: number;
  readonly chat: string;
  readonly page: { readonly origin: string; readonly seenAt: string } | null;
  readonly first: { readonly number: number; readonly subject: string; readonly order: string; readonly answered: boolean } | null;
}

function setup(x: unknown): Setup {
  const o = parse.record(x, "setup");
  const page = o["page"] === undefined ? null : parse.record(o["page"], "page");
  const first = o["first"] === undefined ? null : parse.record(o["first"], "first");
  return {
    skipped: parse.list(o, "skipped", (s) => setupSteps.find((k) => k === s)).filter((s) => s !== undefined),
    finished: parse.str(o, "finishedAt") !== "",
    mailbox: parse.str(o, "mailbox"),
    shop: parse.str(o, "shop"),
    orders: parse.num(o, "orders"),
    agents: parse.num(o, "agents"),
    invited: parse.num(o, "invited"),
    chat: parse.str(o, "chat"),
    page: page && { origin: parse.str(page, "origin"), seenAt: parse.str(page, "seenAt") },
    first: first && { number: parse.num(first, "number"), subject: parse.str(first, "subject"), order: parse.str(first, "order"), answered: first["answered"] === true },
  };
}

/** Whether a step has nothing left to do. */
export function isDone(s: Setup, step: SetupStep): boolean {
  switch (step) {
    case "mailbox":
      return s.mailbox !== "";
    case "orders":
      return s.orders > 0;
    case "people":
      return s.agents > 1 || s.invited > 0;
    case "widget":
      return s.page !== null;
    case "answer":
      return s.first?.answered === true && s.first.order !== "";
  }
}

const key = ["setup"];

/** How far it has come; watched, it is asked for again and again, since no event tells what it waits for. */
export function useSetup(on: boolean, watched = true): { readonly setup: Setup | undefined; readonly error: Error | null } {
  const q = useQuery({
    queryKey: key,
    enabled: on,
    refetchInterval: watched ? 2_000 : false,
    queryFn: async () => setup(await body(api.GET("/api/v1/setup/progress"))),
  });
  return { setup: q.data, error: q.data === undefined ? q.error : null };
}

/** Keeps what was passed over; "" or what went wrong in words. */
export async function saveSetup(skipped: readonly SetupStep[], finished: boolean): Promise<string> {
  try {
    queries.setQueryData(key, setup(await body(api.PUT("/api/v1/setup/progress", { body: { skipped: [...skipped], finished } }))));
    return "";
  } catch (e) {
    return e instanceof Error ? e.message : String(e);
  }
}

const trialSteps = ["settings", "host", "port", "tls", "signIn", "folder"] as const;
export type TrialStep = (typeof trialSteps)[number];

export interface Trial {
  readonly server: "imap" | "smtp";
  readonly step: TrialStep;
  readonly ok: boolean;
  readonly detail: string;
}

function trial(x: unknown): Trial {
  const o = parse.record(x, "trial");
  return {
    server: o["server"] === "smtp" ? "smtp" : "imap",
    step: trialSteps.find((s) => s === o["step"]) ?? "settings",
    ok: o["ok"] === true,
    detail: parse.str(o, "detail"),
  };
}

/** Tries an account out as it is written. Throws ApiError for what can't be tried. */
export async function tryAccount(d: Draft): Promise<readonly Trial[]> {
  return parse.page(await body(api.POST("/api/v1/accounts/try", { body: draftBody(d) })), trial).items;
}

export interface OrderFile {
  readonly orders: number;
  readonly failed: number;
  readonly broken: readonly { readonly line: number; readonly reason: string }[];
  readonly first: readonly {
    readonly number: string;
    readonly email: string;
    readonly status: string;
    readonly currency: string;
    readonly total: number;
    readonly placedAt: string;
  }[];
}

function orderFile(x: unknown): OrderFile {
  const o = parse.record(x, "order file");
  return {
    orders: parse.num(o, "orders"),
    failed: parse.num(o, "failed"),
    broken: parse.list(o, "broken", (y) => {
      const b = parse.record(y, "line");
      return { line: parse.num(b, "line"), reason: parse.str(b, "reason") };
    }),
    first: parse.list(o, "first", (y) => {
      const b = parse.record(y, "order");
      return {
        number: parse.str(b, "number"),
        email: parse.str(b, "email"),
        status: parse.str(b, "status"),
        currency: parse.str(b, "currency"),
        total: parse.num(b, "total"),
        placedAt: parse.str(b, "placedAt"),
      };
    }),
  };
}

/** Sends a file of orders to a shop's account, to look at it or to take it in. */
export async function sendOrders(account: string, file: Blob, dry: boolean): Promise<OrderFile> {
  const url = `${location.origin}/api/v1/accounts/${encodeURIComponent(account)}/orders${dry ? "?dry=1" : ""}`;
  const res = await authFetch(new Request(url, { method: "POST", body: file, headers: { "content-type": "application/octet-stream" } }));
  const answer: unknown = await res.json().catch(() => null);
  if (!res.ok) throw await problem(res.status, answer);
  return orderFile(answer);
}

/** The words of what was thrown. */
export function saidOf(e: unknown): string {
  return e instanceof ApiError || e instanceof Error ? e.message : String(e);
}
