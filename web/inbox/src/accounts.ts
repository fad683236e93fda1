// The accounts that connectors serve, for admins: what there is, how each is
// served just now, and the ways to change it.

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { api, ApiError, body } from "./api/client";
import type { components } from "./api/schema.gen";
import * as parse from "./parse";
import { queries } from "./runtime";
import { asSchema, type Doc, type Schema } from "./schema";
import { channels, type Channel } from "./types";
import { whyNot } from "./whynot";
import { words } from "./words/language";

export type State = "starting" | "running" | "retrying" | "refused" | "paused" | "stopped";
const states: readonly State[] = ["starting", "running", "retrying", "refused", "paused", "stopped"];

export interface Health {
  readonly state: State;
  readonly lastError: string;
  readonly errorAt: string;
  readonly lastItem: string;
  readonly lagSeconds: number;
  readonly received: number;
  readonly sent: number;
  readonly rejected: number;
  readonly doubted: number;
}

/** What an operator writes. */
export interface Draft {
  readonly id: string;
  readonly channel: Channel;
  readonly inboxId: string;
  readonly name: string;
  readonly address: string;
  readonly also: readonly string[];
  readonly maxProof: number;
  readonly kinds: readonly string[];
  readonly region: string;
  readonly plusAddress: boolean;
  readonly paused: boolean;
  readonly settings: Doc;
  readonly version: number;
}

export interface Account extends Draft {
  readonly health: Health;
  readonly webhook: string;
  readonly embed: string;
  readonly dead: number;
  /** Of a shop: what it can be asked to do, and may be. */
  readonly actions: readonly Offer[];
}

export interface Offer {
  readonly kind: string;
  readonly offered: boolean;
  readonly why: string;
}

/** What a channel's accounts are asked for. */
export interface Kind {
  readonly channel: Channel;
  readonly schema: Schema;
  /** What the address is: email, phone, or "" for anything. */
  readonly address: string;
  readonly maxProof: number;
  readonly kinds: readonly string[];
  readonly built: boolean;
  /** Whether an account can be tried out. */
  readonly trial: boolean;
}

export interface Dead {
  readonly id: string;
  readonly account: string;
  readonly reason: string;
  readonly at: string;
}

const text = (x: unknown): string => (typeof x === "string" ? x : "");
const channelOf = (x: unknown): Channel => channels.find((c) => c === x) ?? "email";

function health(x: unknown): Health {
  const o = parse.record(x, "health");
  return {
    state: states.find((s) => s === o["state"]) ?? "stopped",
    lastError: parse.str(o, "lastError"),
    errorAt: parse.str(o, "errorAt"),
    lastItem: parse.str(o, "lastItem"),
    lagSeconds: parse.num(o, "lagSeconds"),
    received: parse.num(o, "received"),
    sent: parse.num(o, "sent"),
    rejected: parse.num(o, "rejected"),
    doubted: parse.num(o, "doubted"),
  };
}

function account(x: unknown): Account {
  const o = parse.record(x, "account");
  return {
    id: parse.str(o, "id"),
    channel: channelOf(o["channel"]),
    inboxId: parse.str(o, "inboxId"),
    name: parse.str(o, "name"),
    address: parse.str(o, "address"),
    also: parse.list(o, "also", text),
    maxProof: parse.num(o, "maxProof"),
    kinds: parse.list(o, "kinds", text),
    region: parse.str(o, "region"),
    plusAddress: o["plusAddress"] === true,
    paused: o["paused"] === true,
    settings: parse.record(o["settings"] ?? {}, "settings"),
    version: parse.num(o, "version"),
    health: health(o["health"]),
    webhook: parse.str(o, "webhook"),
    embed: parse.str(o, "embed"),
    dead: parse.num(o, "dead"),
    actions: parse.list(o, "actions", (y) => {
      const f = parse.record(y, "offer");
      return { kind: parse.str(f, "kind"), offered: f["offered"] === true, why: whyNot(parse.str(f, "code"), parse.str(f, "why")) };
    }),
  };
}

function kind(x: unknown): Kind {
  const o = parse.record(x, "channel");
  return {
    channel: channelOf(o["channel"]),
    schema: asSchema(o["settings"]),
    address: parse.str(o, "address"),
    maxProof: parse.num(o, "maxProof"),
    kinds: parse.list(o, "kinds", text),
    built: o["built"] === true,
    trial: o["trial"] === true,
  };
}

function dead(x: unknown): Dead {
  const o = parse.record(x, "dead");
  return { id: parse.str(o, "id"), account: parse.str(o, "account"), reason: parse.str(o, "reason"), at: parse.str(o, "at") };
}

export interface Fetched<T> {
  readonly items: readonly T[];
  readonly loading: boolean;
  readonly error: Error | null;
}

// How they are served is told by no event: it is looked at while the page is open.
const lookEvery = 5_000;

export function useAccounts(on: boolean): Fetched<Account> {
  const q = useQuery({
    queryKey: ["accounts"],
    enabled: on,
    refetchInterval: lookEvery,
    queryFn: async () => parse.page(await body(api.GET("/api/v1/accounts")), account).items,
  });
  return { items: q.data ?? [], loading: q.isPending, error: q.data === undefined ? q.error : null };
}

export function useKinds(on: boolean): Fetched<Kind> {
  const q = useQuery({
    queryKey: ["channels"],
    enabled: on,
    staleTime: Infinity,
    queryFn: async () => parse.page(await body(api.GET("/api/v1/channels")), kind).items,
  });
  return { items: q.data ?? [], loading: q.isPending, error: q.data === undefined ? q.error : null };
}

export function useDead(id: string, count: number): Fetched<Dead> {
  const q = useQuery({
    queryKey: ["dead", id, count],
    enabled: count > 0,
    queryFn: async () => parse.page(await body(api.GET("/api/v1/dead", { params: { query: { account: id } } })), dead).items,
  });
  return { items: q.data ?? [], loading: q.isPending, error: q.data === undefined ? q.error : null };
}

export interface Letters extends Fetched<Dead> {
  readonly more: boolean;
  readonly fetchMore: () => void;
}

/** What could not be handled of all accounts, the newest first. */
export function useLetters(): Letters {
  const q = useInfiniteQuery({
    queryKey: ["dead"],
    staleTime: 0,
    refetchInterval: lookEvery,
    initialPageParam: "",
    queryFn: async ({ pageParam }) => parse.page(await body(api.GET("/api/v1/dead", { params: { query: { cursor: pageParam, limit: 50 } } })), dead),
    getNextPageParam: (last) => (last.next === "" ? undefined : last.next),
  });
  return {
    items: q.data?.pages.flatMap((p) => p.items) ?? [],
    loading: q.isPending,
    error: q.data === undefined ? q.error : null,
    more: q.hasNextPage,
    fetchMore: () => void q.fetchNextPage(),
  };
}

/** Does it and returns "", or what went wrong in words. */
async function attempt(what: () => Promise<unknown>): Promise<string> {
  try {
    await what();
    await queries.invalidateQueries({ queryKey: ["accounts"] });
    return "";
  } catch (e) {
    return e instanceof ApiError || e instanceof Error ? e.message : words().notices.notDone;
  }
}

export function draftBody(d: Draft): components["schemas"]["Account"] {
  return {
    id: d.id,
    channel: d.channel,
    inboxId: d.inboxId,
    name: d.name,
    address: d.address,
    also: [...d.also],
    maxProof: d.maxProof,
    kinds: [...d.kinds],
    region: d.region,
    plusAddress: d.plusAddress,
    paused: d.paused,
    settings: { ...d.settings },
    version: d.version,
  };
}

const path = (id: string): { params: { path: { id: string } } } => ({ params: { path: { id } } });

export function makeAccount(d: Draft): Promise<string> {
  return attempt(() => body(api.POST("/api/v1/accounts", { body: draftBody(d) })));
}

export function changeAccount(d: Draft): Promise<string> {
  return attempt(() => body(api.PUT("/api/v1/accounts/{id}", { ...path(d.id), body: draftBody(d) })));
}

export function pauseAccount(id: string, paused: boolean): Promise<string> {
  return attempt(() => body(api.POST("/api/v1/accounts/{id}/pause", { ...path(id), body: { paused } })));
}

export function removeAccount(id: string): Promise<string> {
  return attempt(() => body(api.DELETE("/api/v1/accounts/{id}", path(id))));
}

/** Hands what could not be handled back to be tried again, the oldest first. */
export function replay(items: readonly Dead[]): Promise<string> {
  return attempt(async () => {
    for (const d of [...items].reverse()) await body(api.POST("/api/v1/dead/{id}/replay", path(d.id)));
    await queries.invalidateQueries({ queryKey: ["dead"] });
  });
}

/** How a mailbox signs in at its provider; null for one with a password. */
export function consent(a: Account): { readonly provider: string; readonly signedIn: string } | null {
  const o = a.settings["oauth"];
  if (typeof o !== "object" || o === null) return null;
  const r = parse.record(o, "oauth");
  return { provider: parse.str(r, "provider"), signedIn: parse.str(r, "signedIn") };
}

/** Leaves for the page at which the provider asks for consent; "" on the way there, else what went wrong. */
export function signIn(id: string): Promise<string> {
  return attempt(async () => {
    location.assign(parse.str(parse.record(await body(api.POST("/api/v1/accounts/{id}/sign-in", path(id))), "sign-in"), "url"));
  });
}

/** Ends a sign-in by what the provider sent back, once however often it is called with the same. */
export function finishSignIn(code: string, state: string): Promise<{ readonly id: string; readonly words: string }> {
  let ending = ended.get(code);
  if (ending === undefined) {
    let id = "";
    ending = attempt(async () => {
      id = parse.str(parse.record(await body(api.POST("/api/v1/sign-ins", { body: { code, state } })), "sign-in"), "id");
    }).then((words) => ({ id, words }));
    ended.set(code, ending);
  }
  return ending;
}

// A code is good once, and a page may be drawn twice.
const ended = new Map<string, Promise<{ readonly id: string; readonly words: string }>>();

/** Removes what could not be handled for good. */
export function discard(items: readonly Dead[]): Promise<string> {
  return attempt(async () => {
    for (const d of items) await body(api.DELETE("/api/v1/dead/{id}", path(d.id)));
    await queries.invalidateQueries({ queryKey: ["dead"] });
  });
}
