// The two forms: a message for when nobody is there, and going on by mail.

import type { Person } from "./chat.ts";
import { button, h, say } from "./dom.ts";
import type { Delivery } from "./state.ts";
import { fill, type Words } from "./words.ts";

export interface FormConfig {
  readonly words: Words;
  readonly go: string;
  /** Asks for a name and a message too. */
  readonly long: boolean;
  readonly done: string;
  readonly back: () => void;
  readonly submit: (email: string, name: string, text: string) => void;
}

export type Form = ReturnType<typeof openForm>;

/** A form shows what it asks, and then what came of it. */
export function openForm({ words, go, long, done, back, submit }: FormConfig) {
  let address = "";
  let sending = false;
  const email = h("input", { type: "email", id: `email${String(long)}`, autocomplete: "email", required: true, dir: "ltr" });
  const name = h("input", { id: "name", autocomplete: "name", dir: "auto" });
  const text = h("textarea", { id: "text", rows: 4, required: true, maxlength: 8000, dir: "auto" });
  const field = (label: string, input: HTMLInputElement | HTMLTextAreaElement, problem: string) => {
    const error = h("p", { class: "problem", id: `${input.id}!`, hidden: true });
    input.setAttribute("aria-describedby", error.id);
    const check = (): boolean => {
      const good = input.value.trim() !== "" ? input.validity.valid : !input.required;
      say(error, good ? "" : problem);
      input.ariaInvalid = String(!good);
      return good;
    };
    input.addEventListener("input", () => error.hidden || check());
    return { el: h("div", { class: "field" }, h("label", { for: input.id }, label), input, error), input, check };
  };
  const fields = [field(words.email, email, words.noAddress), ...(long ? [field(words.name, name, ""), field(words.message, text, words.noText)] : [])];
  const why = h("p");
  const result = h("p", { role: "status" });
  const leave = button("link", back, words.chat);
  const form = h(
    "form",
    {
      novalidate: true,
      submit: (e: Event) => {
        e.preventDefault();
        const wrong = fields.filter((f) => !f.check());
        wrong[0]?.input.focus(); // the first that is wrong
        if (wrong.length > 0 || sending) return;
        address = email.value.trim();
        submit(address, name.value.trim(), text.value.trim());
      },
    },
    ...fields.map((f) => f.el),
    h("button", { class: "go" }, go),
  );

  return {
    el: h("div", { class: "form" }, why, form, result, leave),
    render(intro: string, state: Delivery | undefined, person: Person) {
      email.value ||= person.email ?? "";
      name.value ||= person.name ?? "";
      const sent = state === "sent" && address !== "";
      const focused = form.matches(":focus-within");
      sending = state === "sending";
      say(why, sent ? "" : intro);
      form.hidden = sent;
      say(result, sent ? fill(done, address) : state === "failed" ? words.refused : "");
      leave.hidden = long && !sent;
      if (sent && focused) leave.focus();
    },
    begun: () => text.value !== "" || address !== "",
    focus: () => (fields.find((f) => f.input.value === "")?.input ?? email).focus(),
  };
}
