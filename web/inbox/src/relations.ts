// What an agent says of who, which conversation and which order: each is done
// by the server in one piece, seen by everybody at once, and can be undone. A
// refusal comes back as words for the place where it happened; "" means done.

import { api, ApiError, body } from "./api/client";
import * as parse from "./parse";
import * as parseCustomer from "./parsecustomer";
import { queries, store } from "./runtime";
import { putConversations, putCustomers, putOrders } from "./state";
import { words } from "./togetherwords";
import type { Conversation, Customer, Policy } from "./types";
import { toast } from "./ui/signals";
import { words as pageWords } from "./words/language";

async function attempt(what: () => Promise<void>): Promise<string> {
  try {
    await what();
    return "";
  } catch (e) {
    return e instanceof ApiError || e instanceof Error ? e.message : pageWords().notices.notDone;
  }
}

function stale(...keys: string[]): void {
  for (const k of keys) void queries.invalidateQueries({ queryKey: [k] });
}

/** For an undo in a toast: what went wrong is said there too. */
function orSay(refusal: Promise<string>): void {
  void refusal.then((w) => {
    if (w !== "") toast(w, { tone: "bad" });
  });
}

const path = (id: string): { params: { path: { id: string } } } => ({ params: { path: { id } } });

function took(...customers: Customer[]): void {
  store.update((s) => putCustomers(s, customers));
  stale("panel", "merges", "links");
}

/** Two customers are one person. */
export function mergeCustomers(id: string, other: Customer): Promise<string> {
  return attempt(async () => {
    const c = parseCustomer.customer(await body(api.POST("/api/v1/customers/{id}/merge", { ...path(id), body: { with: other.id } })));
    took(c);
    toast(words().joinedWith(other.name || words().other), {
      undo: () =>
        orSay(
          attempt(async () => {
            const { items } = parse.page(await body(api.GET("/api/v1/customers/{id}/merges", path(c.id))), parseCustomer.merge);
            const mine = items.find((m) => !m.automatic);
            if (mine) await undoMerge(c.id, mine.id);
          }),
        ),
    });
  });
}

async function undoMerge(customer: string, edge: string): Promise<void> {
  const o = parse.record(await body(api.POST("/api/v1/customers/{id}/unmerge", { ...path(customer), body: { edgeId: edge } })), "unmerge");
  took(parseCustomer.customer(o["kept"]), parseCustomer.customer(o["restored"]));
}

/** Takes a merge back: everything returns to where it came from. */
export function unmerge(customer: string, edge: string): Promise<string> {
  return attempt(async () => {
    await undoMerge(customer, edge);
    toast(words().apart);
  });
}

/** Says that two customers are not the same, for good or for a week. */
export function refuseMatch(id: string, other: Customer, later: boolean): Promise<string> {
  return attempt(async () => {
    await body(api.POST("/api/v1/customers/{id}/refusals", { ...path(id), body: { with: other.id, ...(later ? { later } : {}) } }));
    stale("panel");
    toast(later ? words().later : words().notSame(other.name || words().other), {
      undo: () =>
        orSay(
          attempt(async () => {
            await body(api.DELETE("/api/v1/customers/{id}/refusals/{with}", { params: { path: { id, with: other.id } } }));
            stale("panel");
          }),
        ),
    });
  });
}

/** Corrects a value of the profile; "" takes the agents' own word back. */
export function editCustomer(id: string, field: string, value: string): Promise<string> {
  return attempt(async () => {
    took(parseCustomer.customer(await body(api.PATCH("/api/v1/customers/{id}", { ...path(id), body: { fields: { [field]: value } } }))));
  });
}

export type Verdict = "linked" | "rejected" | "none";

async function putVerdict(conversation: string, order: string, verdict: Verdict): Promise<void> {
  const page = parse.page(
    await body(
      api.PUT("/api/v1/conversations/{id}/orders/{orderId}", {
        params: { path: { id: conversation, orderId: order } },
        body: { verdict },
      }),
    ),
    parseCustomer.orderLink,
  );
  tookLinks(conversation, page.items);
}

function tookLinks(conversation: string, items: ReturnType<typeof parseCustomer.orderLink>[] | readonly ReturnType<typeof parseCustomer.orderLink>[]): void {
  store.update((s) => putOrders(s, items.flatMap((l) => l.order ?? [])));
  queries.setQueryData(["links", conversation], items);
}

/** Links an order, or says that it is not meant; undoing takes the word back. */
export function judgeOrder(conversation: string, order: { id: string; number: string }, verdict: Verdict): Promise<string> {
  return attempt(async () => {
    await putVerdict(conversation, order.id, verdict);
    if (verdict === "none") return;
    toast(verdict === "linked" ? words().about(order.number) : words().notAbout(order.number), {
      undo: () => orSay(attempt(() => putVerdict(conversation, order.id, "none"))),
    });
  });
}

export function linkByNumber(conversation: string, number: string): Promise<string> {
  return attempt(async () => {
    const page = parse.page(await body(api.POST("/api/v1/conversations/{id}/orders", { ...path(conversation), body: { number } })), parseCustomer.orderLink);
    tookLinks(conversation, page.items);
  });
}

const claimPath = (conversation: string, claim: string): { params: { path: { id: string; claimId: string } } } => ({
  params: { path: { id: conversation, claimId: claim } },
});

/** Has a code sent to the address of the order that is claimed, if there is one: nobody here learns which. */
export function sendCode(conversation: string, claim: string): Promise<string> {
  return attempt(async () => {
    const page = parse.page(await body(api.POST("/api/v1/conversations/{id}/claims/{claimId}/code", claimPath(conversation, claim))), parseCustomer.orderLink);
    tookLinks(conversation, page.items);
  });
}

async function putClaimVerdict(conversation: string, claim: string, verdict: "rejected" | "none"): Promise<void> {
  const page = parse.page(
    await body(api.PUT("/api/v1/conversations/{id}/claims/{claimId}", { ...claimPath(conversation, claim), body: { verdict } })),
    parseCustomer.orderLink,
  );
  tookLinks(conversation, page.items);
}

/** Says that what they name is no order of theirs, or takes that back. */
export function judgeClaim(conversation: string, claim: { id: string; mention: string }, verdict: "rejected" | "none"): Promise<string> {
  return attempt(async () => {
    await putClaimVerdict(conversation, claim.id, verdict);
    if (verdict === "none") return;
    toast(words().notTheirs(claim.mention || words().it), {
      undo: () => orSay(attempt(() => putClaimVerdict(conversation, claim.id, "none"))),
    });
  });
}

/** Opens a stranger's order: by what only its buyer knows, or on an agent's own word, which is kept. */
export function verifyClaim(
  conversation: string,
  claim: string,
  by: { readonly postcode: string; readonly item: string } | { readonly code: string } | { readonly override: string },
): Promise<string> {
  return attempt(async () => {
    const page = parse.page(
      await body(
        api.POST("/api/v1/conversations/{id}/claims/{claimId}/verify", {
          ...claimPath(conversation, claim),
          body: { ...by },
        }),
      ),
      parseCustomer.orderLink,
    );
    tookLinks(conversation, page.items);
  });
}

function tookConversations(...list: Conversation[]): void {
  store.update((s) => putConversations(s, list));
  for (const c of list) void queries.invalidateQueries({ queryKey: ["messages", c.id] });
  stale("facts", "related", "links", "panel", "counts");
}

async function undoFactNow(fact: string): Promise<void> {
  const page = parse.page(await body(api.POST("/api/v1/facts/{id}/undo", path(fact))), parse.conversation);
  tookConversations(...page.items);
}

export function undoFact(fact: string): Promise<string> {
  return attempt(() => undoFactNow(fact));
}

/** Takes other into c: its messages are shown here, its address leads here. */
export function mergeConversations(c: Conversation, other: Conversation): Promise<string> {
  return attempt(async () => {
    const o = parse.record(await body(api.POST("/api/v1/conversations/{id}/merge", { ...path(c.id), body: { with: other.id } })), "merge");
    tookConversations(parse.conversation(o["conversation"]));
    const fact = parse.str(o, "factId");
    toast(words().joined(other.number, c.number), { undo: () => orSay(undoFact(fact)) });
  });
}

/** Moves messages to another conversation, or to a new one. Resolves to where they are. */
export async function moveMessages(
  c: Conversation,
  messages: readonly string[],
  into: string,
): Promise<{ refusal: string; to: Conversation | null }> {
  let to: Conversation | null = null;
  const refusal = await attempt(async () => {
    const o = parse.record(
      await body(
        api.POST("/api/v1/conversations/{id}/split", {
          ...path(c.id),
          body: { messages: [...messages], ...(into === "" ? {} : { into }) },
        }),
      ),
      "split",
    );
    const moved = parse.conversation(o["conversation"]);
    to = moved;
    tookConversations(moved);
    void queries.invalidateQueries({ queryKey: ["messages", c.id] });
    const fact = parse.str(o, "factId");
    toast(words().moved(moved.number), { undo: () => orSay(undoFact(fact)) });
  });
  return { refusal, to };
}

/** Says whether a value is one person's, several people's or nobody's; "" leaves it to what is counted. */
export function setKeyPolicy(kind: "email" | "phone", value: string, policy: Policy | "", note: string): Promise<string> {
  return attempt(async () => {
    await body(api.PUT("/api/v1/keys", { body: { kind, value, policy, note } }));
    stale("keys");
  });
}
