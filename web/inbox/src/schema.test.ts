import { describe, expect, it } from "vitest";
import { asSchema, inTheOpen, isEmpty, label, pruned } from "./schema";

const schema = asSchema({
  type: "object",
  required: ["imap"],
  properties: {
    imap: { type: "object", required: ["host"], properties: { host: { type: "string" }, port: { type: "integer" }, password: { type: "string", writeOnly: true } } },
    smtp: { type: "object", required: ["host"], properties: { host: { type: "string" } } },
    password: { type: "string", writeOnly: true },
    secrets: { type: "array", writeOnly: true, items: { type: "string" } },
    markSeen: { type: "boolean" },
    folder: { type: "string" },
  },
});

describe("settings by their schema", () => {
  it("shows what is needed, what is set and what is secret, and folds the rest", () => {
    expect(inTheOpen(schema, { folder: "Mail" }, 0)).toEqual({ open: ["imap", "smtp", "password", "secrets", "folder"], folded: ["markSeen"] });
  });

  it("sends nothing that is empty, and secrets as they were shown", () => {
    const kept = { set: true, at: 0 };
    expect(
      pruned(schema, { imap: { host: "mail", port: undefined, password: "" }, smtp: { host: "" }, password: { set: true }, secrets: [kept, "", "new"], markSeen: false, folder: "" }),
    ).toEqual({ imap: { host: "mail" }, password: { set: true }, secrets: [kept, "new"] });
  });

  it("reads names as people do", () => {
    expect(["authServId", "caPem", "imap", "maxMB", "apiUrl", "accountSid", "importSince"].map(label)).toEqual([
      "Auth serv ID",
      "CA PEM",
      "IMAP",
      "Max MB",
      "API URL",
      "Account SID",
      "Import since",
    ]);
  });

  it("knows nothing from something", () => {
    expect([undefined, "", false, [], [""], {}, { a: "" }].every(isEmpty)).toBe(true);
    expect([0, "x", true, [1], { set: true }].some(isEmpty)).toBe(false);
  });
});
