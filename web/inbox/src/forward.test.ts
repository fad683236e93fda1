import { describe, expect, it } from "vitest";
import "./words/english";
import { message } from "./parse";
import { forwardSubject, forwardText } from "./forward";

describe("a forward", () => {
  it.each([
    ["Parcel", "Fwd: Parcel"],
    ["Fwd: Parcel", "Fwd: Parcel"],
    ["WG: Fw: Parcel", "Fwd: Parcel"],
    ["Re: Parcel", "Fwd: Re: Parcel"],
    ["", "Fwd:"],
  ])("of %j is called %j", (subject, want) => expect(forwardSubject(subject)).toBe(want));

  it("says who wrote what to whom", () => {
    const m = message({
      id: "1",
      conversationId: "c",
      author: { kind: "customer", name: "Cara Winter", address: "cara@x.example" },
      to: [{ address: "support@shop.example" }],
      subject: "Parcel",
      text: "Where is it?\n\nCara",
      sentAt: "2026-05-03T10:00:00Z",
    });
    const lines = forwardText(m).split("\n");
    expect(lines.slice(0, 4)).toEqual(["", "", "---------- Forwarded message ----------", "From: Cara Winter <cara@x.example>"]);
    expect(lines).toContain("Subject: Parcel");
    expect(lines).toContain("To: support@shop.example");
    expect(lines.some((l) => l.startsWith("Cc:"))).toBe(false);
    expect(lines.slice(-4)).toEqual(["", "Where is it?", "", "Cara"]);
  });
});
