// The routes. All places of the inbox are drawn by one Shell, which reads
// where it is from the address (place.ts): going from list to conversation
// never mounts it anew.

import { createRootRoute, createRoute, createRouter, Outlet, redirect } from "@tanstack/react-router";
import { Suspense, type ReactNode } from "react";
import { Commands } from "./app/Commands";
import { Login } from "./app/Login";
import { Shell } from "./app/Shell";
import { home, placeOf } from "./place";
import { refresh, signedIn, unbegun } from "./session";
import { SignedOut } from "./tokens";
import { Button } from "./ui/controls";
import { lazyPage } from "./ui/later";
import { useWords } from "./words/language";

// Not of the first screen: fetched when it is gone to.
const Settings = lazyPage(() => import("./app/Settings"));
const QueuesPage = lazyPage(() => import("./app/Queues"));
const Join = lazyPage(() => import("./app/Join"));
const Setup = lazyPage(() => import("./app/setup/Setup"));

/** Every page of somebody who is signed in; the command bar is on each. */
function Signed(): ReactNode {
  return (
    <>
      <Outlet />
      <Commands />
    </>
  );
}

/** What is left to do when a page broke: its cause is in the browser's console. */
function Broken(): ReactNode {
  const w = useWords().notices;
  return (
    <main role="alert" className="flex h-full flex-col items-center justify-center gap-2 p-6 text-center">
      <h1 className="text-sm font-medium">{w.broke}</h1>
      <p className="text-sm text-muted">{w.kept}</p>
      <Button look="outline" className="mt-2" onPress={() => location.reload()}>
        {w.reload}
      </Button>
    </main>
  );
}

const root = createRootRoute({ component: Outlet });

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  beforeLoad: async () => {
    if (await unbegun()) throw redirect({ to: "/setup/$", params: { _splat: "" } });
  },
  component: Login,
});

// What the links of invitations and new passwords open, and where one asks for the
// latter: a token stands behind the #, which is sent to nobody.
const entrance = <const W extends "join" | "password" | "forgot">(way: W) =>
  createRoute({
    getParentRoute: () => root,
    path: `/${way}`,
    component: () => (
      <Suspense fallback={null}>
        <Join way={way} />
      </Suspense>
    ),
  });

// The first run: who makes the first admin is nobody yet.
const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup/$",
  beforeLoad: async () => {
    if (!signedIn()) await refresh().catch(() => undefined);
  },
  component: function SetupPage() {
    return (
      <Suspense fallback={null}>
        <Setup step={setup.useParams()._splat ?? ""} />
      </Suspense>
    );
  },
});

const signed = createRoute({
  getParentRoute: () => root,
  id: "signed",
  component: Signed,
  beforeLoad: async ({ location }) => {
    if (signedIn()) return;
    try {
      await refresh();
    } catch (e) {
      // Only a session that is over leads to the sign-in; a server that is away shows as such in the page.
      if (e instanceof SignedOut) throw redirect({ to: "/login", search: { to: location.href } });
    }
  },
});

const inbox = createRoute({
  getParentRoute: () => signed,
  id: "inbox",
  component: Shell,
});

// Which page it is, and what of it, app/settings/pages.ts says.
const settings = createRoute({
  getParentRoute: () => signed,
  path: "/settings/$",
  component: function SettingsPage() {
    return (
      <Suspense fallback={null}>
        <Settings path={settings.useParams()._splat ?? ""} />
      </Suspense>
    );
  },
});

const queues = createRoute({
  getParentRoute: () => signed,
  path: "/queues",
  component: () => (
    <Suspense fallback={null}>
      <QueuesPage />
    </Suspense>
  ),
});

const anywhere = createRoute({
  getParentRoute: () => inbox,
  path: "$",
  beforeLoad: ({ location }) => {
    if (placeOf(location.pathname, location.searchStr) === null) throw redirect({ to: "/$", params: { _splat: home } });
  },
  component: () => null,
});

// Search parameters are plain text: the addresses are read by people.
const plain = {
  parseSearch: (s: string): Record<string, unknown> => Object.fromEntries(new URLSearchParams(s)),
  stringifySearch: (o: Record<string, unknown>): string => {
    const q = new URLSearchParams();
    for (const [k, v] of Object.entries(o)) if (typeof v === "string" && v !== "") q.set(k, v);
    const s = q.toString();
    return s === "" ? "" : `?${s}`;
  },
};

export const router = createRouter({
  routeTree: root.addChildren([
    login,
    setup,
    entrance("join"),
    entrance("password"),
    entrance("forgot"),
    signed.addChildren([settings, queues, inbox.addChildren([anywhere])]),
  ]),
  ...plain,
  defaultErrorComponent: Broken,
  defaultPendingMs: 0,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
