import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { router } from "./router";
import { queries, run } from "./runtime";
import { onSession, signedIn } from "./session";
import "@fontsource-variable/inter/wght.css";
import "./styles/app.css";

run();

// A session that ends while the page is open leads back to the sign-in, and
// from there to the same place.
onSession(() => {
  if (signedIn() || location.pathname === "/login") return;
  router.history.push(`/login?${new URLSearchParams({ to: location.pathname + location.search }).toString()}`);
});

const element = document.getElementById("root");
if (!element) throw new Error("no #root in the page");

createRoot(element).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
