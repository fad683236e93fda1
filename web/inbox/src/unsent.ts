// Replies that have not left: how long they can be taken back, and taking back.

import { api, body } from "./api/client";
import { loadDraft, saveDraft, takenBack, type Draft } from "./draft";
import { words } from "./messagewords";
import { message, record } from "./parse";
import { store } from "./runtime";
import { myId } from "./session";
import { putMessages } from "./state";
import type { Message } from "./types";
import { dismiss, toast, toastTime } from "./ui/signals";
import { words as pageWords } from "./words/language";

const paragraphs = (text: string): string =>
  text === ""
    ? ""
    : `<p>${text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/\n{2,}/g, "</p><p>").replace(/\n/g, "<br>")}</p>`;

/** What still offers to undo a sending, by the message. */
const offers = new Map<string, number>();

function withdraw(m: Message): void {
  const offer = offers.get(m.id);
  if (offer !== undefined) dismiss(offer);
  offers.delete(m.id);
}

/** Takes a reply back into the composer, before what is written there. Resolves to the reason when refused. */
export async function unsend(m: Message): Promise<string> {
  try {
    const o = record(await body(api.POST("/api/v1/messages/{id}/unsend", { params: { path: { id: m.id } } })), "unsent");
    const was = message(o["message"]);
    const { draft: old, standing } = loadDraft(myId(), was.conversationId);
    const draft: Draft = {
      ...old,
      tab: "reply",
      html: (was.html || paragraphs(was.text)) + old.html,
      text: [was.text, old.text].filter((t) => t.trim() !== "").join("\n\n"),
      to: was.to,
      cc: was.cc,
      ...(was.bcc.length === 0 ? {} : { bcc: was.bcc }),
      attachments: [...was.attachments, ...old.attachments],
      seenSeq: old.seenSeq === 0 ? was.seq - 1 : Math.min(old.seenSeq, was.seq - 1),
      at: Date.now(),
    };
    saveDraft(myId(), was.conversationId, draft, { ...standing, lacks: true });
    takenBack.set({ conversationId: was.conversationId, draft });
    withdraw(m);
    return "";
  } catch (e) {
    return e instanceof Error ? e.message : words().notTaken;
  }
}

/** Has a reply leave now that waits for its time. Resolves to the reason when refused. */
export async function sendNow(m: Message): Promise<string> {
  try {
    const now = message(await body(api.POST("/api/v1/messages/{id}/send", { params: { path: { id: m.id } } })));
    store.update((s) => putMessages(s, [now]));
    withdraw(m);
    return "";
  } catch (e) {
    return e instanceof Error ? e.message : pageWords().notices.notSent;
  }
}

/** Offers to undo the sending of a reply that leaves in a moment, wherever the agent has gone meanwhile. */
export function offerUndo(m: Message): void {
  const offer = toast(m.scheduled ? words().scheduled : words().sending, {
    undo: () =>
      void unsend(m).then((reason) => {
        if (reason !== "") toast(reason, { tone: "bad" });
      }),
  });
  offers.set(m.id, offer);
  setTimeout(() => offers.delete(m.id), toastTime);
}
