import { afterEach, describe, expect, it } from "vitest";
import de from "../../words/de";
import en from "../../words/en";
import { settle } from "../../words/language";
import { reason } from "./reasonwords";
import { linkWords, orderWord, steps, timelineWords } from "./said";

afterEach(() => settle("en-US", en));

describe("what the server tells", () => {
  it("shows a parcel as steps", () => {
    const done = (s: string): string => steps(s).steps.map((x) => (x.done ? "#" : "-")).join("");
    expect([done("label"), done("in_transit"), done("delivered"), done("exception"), done("?")]).toEqual(["#---", "##--", "####", "##--", "----"]);
    expect(steps("exception").trouble).toBe(true);
  });
  it("names what happened", () => {
    expect(timelineWords({ kind: "order", title: "HP-1", detail: "paid" })).toEqual({ title: "Order HP-1", detail: "Paid" });
    expect(timelineWords({ kind: "shipment", title: "HP-1", detail: "in_transit" })).toEqual({ title: "Shipment of HP-1", detail: "On its way" });
    expect(timelineWords({ kind: "note", title: "", detail: "x" }).title).toBe("Note");
    expect(timelineWords({ kind: "message", title: "", detail: "x", channel: "chat" }).title).toBe("In the chat");
    expect(timelineWords({ kind: "message", title: "", detail: "x", channel: "social" }).title).toBe("Direct message");
    expect(timelineWords({ kind: "message", title: "", detail: "x", channel: "social", comment: true }).title).toBe("Public comment");
    expect(timelineWords({ kind: "message", title: "", detail: "x", channel: "email" }).title).toBe("Mail without a subject");
  });
  it("is said in the page's language, and what is unknown as it came", () => {
    settle("de-DE", de);
    expect(["partially_refunded", "gift_wrapped"].map(orderWord)).toEqual(["Teilweise erstattet", "Gift wrapped"]);
    expect(timelineWords({ kind: "shipment", title: "HP-1", detail: "in_transit" })).toEqual({ title: "Sendung zu HP-1", detail: "Unterwegs" });
    expect(timelineWords({ kind: "status", title: "Kettle", detail: "pending" }).detail).toBe("Wartend");
    expect(linkWords({ state: "linked", meant: true }).lead).toBe("Darum geht es hier.");
  });
});

describe("a reason of the server's", () => {
  it("stays in English as it is", () => {
    expect(reason("They name HP-1; the sender is not proven")).toBe("They name HP-1; the sender is not proven");
  });
  it("is said by its shape, with what the customer wrote", () => {
    settle("de-DE", de);
    expect(
      [
        "They name $1; the sender is not proven",
        "Order HP-1: it holds Kettle, Tea & Co; they name its amount",
        "Their order HP-1 is nearly what they wrote: HP 1",
        "The same address a@x.example: both have proven it",
        "An agent: They name it",
        "not the same first name",
        "nobody knows; whatever: this",
      ].map(reason),
    ).toEqual([
      "Sie nennen $1; der Absender ist nicht belegt",
      "Bestellung HP-1: sie enthält Kettle, Tea & Co; sie nennen ihren Betrag",
      "Ihre Bestellung HP-1 ist fast, was sie schrieben: HP 1",
      "Dieselbe Adresse a@x.example: beide haben sie belegt",
      "Ein Agent: They name it",
      "nicht derselbe Vorname",
      "nobody knows; whatever: this",
    ]);
  });
});
