// Made-up entities for tests.

import { conversation, message, task } from "./parse";
import type { Conversation, Message, Task } from "./types";

export function aConversation(id: string, more: Partial<Conversation> = {}): Conversation {
  return {
    ...conversation({
      id,
      number: 1,
      version: 1,
      inboxId: "support",
      status: "open",
      channel: "email",
      subject: "Where is my parcel?",
      customer: { customerId: "c1", identityId: "i1", name: "Ines Duarte", address: "ines@mail.test", proof: 2 },
      lastAt: "2026-01-01T10:00:00Z",
    }),
    ...more,
  };
}

export function aMessage(id: string, conversationId: string, more: Partial<Message> = {}): Message {
  return {
    ...message({ id, conversationId, seq: 1, version: 1, direction: "in", author: { kind: "customer", name: "Ines Duarte" } }),
    ...more,
  };
}

export function aTask(id: string, more: Partial<Task> = {}): Task {
  return {
    ...task({
      id,
      version: 1,
      kind: "callback",
      state: "open",
      dueAt: "2026-01-01T10:00:00Z",
      customer: { customerId: "c1", identityId: "i1", name: "Ines Duarte", address: "+351 912 345 678", proof: 1 },
    }),
    ...more,
  };
}
