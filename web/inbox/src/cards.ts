// What of an order is put into a reply as a small card: filled in by the server,
// which says whether it may leave. Loaded when it is asked for.

import { api, body } from "./api/client";
import { loadDraft, putIn } from "./draft";
import { record, str } from "./parse";
import { myId } from "./session";
import type { Order } from "./types";
import { words } from "./words/language";

const texts = {
  items: "Order {{order.number}}\n{{order.items}}\n{{order.total}}",
  tracking: "Order {{order.number}}\n{{shipment.carrier}} {{shipment.tracking}}\n{{shipment.status}}",
} as const;

const escape = (s: string): string => s.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");

/** Puts a card of the meant order into the reply. Resolves to the reason when refused. */
export async function putCard(conversationId: string, o: Order, what: keyof typeof texts): Promise<string> {
  try {
    const { draft } = loadDraft(myId(), conversationId);
    const others = [...(draft.cc ?? []), ...(draft.bcc ?? [])];
    const filled = str(
      record(
        await body(
          api.POST("/api/v1/conversations/{id}/render", {
            params: { path: { id: conversationId } },
            body: {
              text: texts[what],
              ...(draft.to === null ? {} : { to: draft.to.map((p) => ({ ...p })) }),
              ...(others.length === 0 ? {} : { cc: others.map((p) => ({ ...p })) }),
            },
          }),
        ),
        "text",
      ),
      "text",
    );
    const [head = "", ...rest] = filled.split("\n").map(escape);
    const url = what === "tracking" ? (o.shipments.findLast((s) => s.tracking !== "" && filled.includes(s.tracking))?.url ?? "") : "";
    const link = /^https:\/\//.test(url) ? `<br><a href="${escape(url)}">${escape(url)}</a>` : "";
    putIn.set({ conversationId, html: `<blockquote><p><strong>${head}</strong><br>${rest.join("<br>")}${link}</p></blockquote><p></p>` });
    return "";
  } catch (e) {
    return e instanceof Error ? e.message : words().notices.notDone;
  }
}
