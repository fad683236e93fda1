// Who works here, who is invited, the teams and what each may see: for those who
// run the place.

import { useQuery } from "@tanstack/react-query";
import { api, ApiError, body } from "./api/client";
import { list, page, record, str, num, need, flag } from "./parse";
import { queries } from "./runtime";

export const roles = ["agent", "supervisor", "admin"] as const;
export type Role = (typeof roles)[number];

export function roleOf(s: string): Role {
  return roles.find((r) => r === s) ?? "agent";
}

export interface Member {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly active: boolean;
  readonly orderActions: boolean;
  readonly inboxes: readonly string[];
  readonly teams: readonly string[];
  readonly seenAt: string;
  readonly open: number;
}

export interface Invitation {
  readonly id: string;
  readonly email: string;
  readonly role: Role;
  readonly expiresAt: string;
  readonly mailed: boolean;
}

/** A link that is shown once. */
export interface Shown {
  readonly link: string;
  readonly mailed: boolean;
  readonly for: string;
}

const text = (x: unknown): string => (typeof x === "string" ? x : "");

function member(x: unknown): Member {
  const o = record(x, "member");
  return {
    id: need(o, "id", "member"),
    name: str(o, "name"),
    email: str(o, "email"),
    role: roleOf(str(o, "role")),
    active: flag(o, "active"),
    orderActions: flag(o, "orderActions"),
    inboxes: list(o, "inboxes", text),
    teams: list(o, "teams", text),
    seenAt: str(o, "seenAt"),
    open: num(o, "open"),
  };
}

function invitation(x: unknown): Invitation {
  const o = record(x, "invitation");
  return { id: need(o, "id", "invitation"), email: str(o, "email"), role: roleOf(str(o, "role")), expiresAt: str(o, "expiresAt"), mailed: flag(o, "mailed") };
}

export interface Fetched<T> {
  readonly items: readonly T[];
  readonly loading: boolean;
  readonly error: Error | null;
}

function useAll<T>(key: string, fetch: () => Promise<readonly T[]>): Fetched<T> {
  const q = useQuery({ queryKey: ["agents", key], queryFn: fetch });
  return { items: q.data ?? [], loading: q.isPending, error: q.data === undefined ? q.error : null };
}

// What is fetched below "agents" is fetched anew when any agent changes.
export const useMembers = (): Fetched<Member> => useAll("members", async () => page(await body(api.GET("/api/v1/agents")), member).items);
export const useInvitations = (): Fetched<Invitation> => useAll("invitations", async () => page(await body(api.GET("/api/v1/invitations")), invitation).items);

/** Does something and says why not, in words; "" when it is done. */
export async function attempt(what: () => Promise<unknown>): Promise<string> {
  try {
    await what();
    await queries.invalidateQueries({ queryKey: ["agents"] });
    return "";
  } catch (e) {
    if (e instanceof ApiError || e instanceof Error) return e.message;
    throw e;
  }
}

const of = (id: string): { params: { path: { id: string } } } => ({ params: { path: { id } } });

export interface Change {
  readonly name?: string;
  readonly role?: Role;
  readonly inboxes?: string[];
  readonly teams?: string[];
  readonly orderActions?: boolean;
}

export const changeMember = (id: string, change: Change): Promise<string> => attempt(() => body(api.PATCH("/api/v1/agents/{id}", { ...of(id), body: change })));

let turns: Promise<unknown> = Promise.resolve();

/** Changes what somebody belongs to, shown at once; one change after the other, so that the last is the one that stays. */
export async function turnMember(id: string, change: Pick<Change, "inboxes" | "teams">): Promise<string> {
  const queryKey = ["agents", "members"];
  await queries.cancelQueries({ queryKey });
  queries.setQueryData<readonly Member[]>(queryKey, (all) => all?.map((m) => (m.id === id ? { ...m, ...change } : m)));
  const done = turns.then(() => changeMember(id, change));
  turns = done;
  const words = await done;
  if (words !== "") await queries.invalidateQueries({ queryKey });
  return words;
}

export const deactivate = (id: string, to: { readonly agentId?: string; readonly teamId?: string }): Promise<string> =>
  attempt(() => body(api.POST("/api/v1/agents/{id}/deactivate", { ...of(id), body: { ...to } })));

export const reactivate = (id: string): Promise<string> => attempt(() => body(api.POST("/api/v1/agents/{id}/reactivate", of(id))));

export const signOutEverywhere = (id: string): Promise<string> => attempt(() => body(api.POST("/api/v1/agents/{id}/sign-out", of(id))));

export const changePassword = (current: string, password: string): Promise<string> =>
  attempt(() => body(api.POST("/api/v1/me/password", { body: { current, password } })));

export async function passwordLink(m: Member): Promise<Shown> {
  const o = record(await body(api.POST("/api/v1/agents/{id}/password-link", of(m.id))), "link");
  return { link: str(o, "link"), mailed: flag(o, "mailed"), for: m.name };
}

function shown(x: unknown): Shown {
  const o = record(x, "invitation and link");
  const v = invitation(o["invitation"]);
  return { link: str(o, "link"), mailed: v.mailed, for: v.email };
}

export async function invite(who: { readonly email: string; readonly role: Role; readonly inboxes: string[]; readonly teams: string[] }): Promise<Shown> {
  return shown(await body(api.POST("/api/v1/invitations", { body: who })));
}

export async function inviteAgain(id: string): Promise<Shown> {
  return shown(await body(api.POST("/api/v1/invitations/{id}/resend", of(id))));
}

export const withdraw = (id: string): Promise<string> => attempt(() => body(api.DELETE("/api/v1/invitations/{id}", of(id))));

export const makeTeam = (name: string): Promise<string> => attempt(() => body(api.POST("/api/v1/teams", { body: { name } })));

export const renameTeam = (id: string, name: string): Promise<string> => attempt(() => body(api.PUT("/api/v1/teams/{id}", { ...of(id), body: { name } })));

export const deleteTeam = (id: string, to: string): Promise<string> =>
  attempt(() => body(api.DELETE("/api/v1/teams/{id}", { params: { path: { id }, query: to === "" ? {} : { to } } })));
