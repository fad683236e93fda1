import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode, type ReactNode } from "react";
import { I18nProvider } from "react-aria-components";
import { createRoot } from "react-dom/client";
import { router } from "./router";
import { queries, run } from "./runtime";
import { onSession, signedIn } from "./session";
import { begin, useLocale } from "./words/language";
import "@fontsource-variable/inter/wght.css";
import "./styles/app.css";

const speaking = begin();
run();

// A session that ends while the page is open leads back to the sign-in, and
// from there to the same place.
onSession(() => {
  if (signedIn() || location.pathname === "/login" || location.pathname.startsWith("/setup")) return;
  router.history.push(`/login?${new URLSearchParams({ to: location.pathname + location.search }).toString()}`);
});

const element = document.getElementById("root");
if (!element) throw new Error("no #root in the page");

function Page(): ReactNode {
  return (
    <I18nProvider locale={useLocale()}>
      <RouterProvider router={router} />
    </I18nProvider>
  );
}

const page = createRoot(element);
speaking.then(
  () =>
    page.render(
      <StrictMode>
        <QueryClientProvider client={queries}>
          <Page />
        </QueryClientProvider>
      </StrictMode>,
    ),
  // In both languages: neither is there.
  () => element.replaceChildren("Skein could not be loaded. Reload the page. – Skein konnte nicht geladen werden. Lade die Seite neu."),
);
