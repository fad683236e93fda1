// Figures, dates and spans as the page's language writes them. Whoever formats
// thousands of them needs no new formatter for each: they are kept by locale.

import { locale } from "./language";

const kept = new Map<string, unknown>();

function once<T>(kind: string, tag: string, options: object, make: () => T): T {
  const k = `${kind} ${tag} ${JSON.stringify(options)}`;
  let f = kept.get(k) as T | undefined;
  if (f === undefined) {
    f = make();
    kept.set(k, f);
  }
  return f;
}

export function numbers(options: Intl.NumberFormatOptions = {}, tag = locale()): Intl.NumberFormat {
  return once("number", tag, options, () => new Intl.NumberFormat(tag, options));
}

export function dates(options: Intl.DateTimeFormatOptions, tag = locale()): Intl.DateTimeFormat {
  return once("date", tag, options, () => new Intl.DateTimeFormat(tag, options));
}

/** A whole number with its thousands apart. */
export function figure(n: number): string {
  return numbers().format(n);
}

/** "Ana, Ben and Cem". */
export function listed(names: readonly string[], tag = locale()): string {
  return once("list", tag, {}, () => new Intl.ListFormat(tag, { type: "conjunction" })).format(names);
}

/**
 * The form that a number takes, with `#` as the number: plural(2, { one: "# order",
 * other: "# orders" }). A language says as many forms as it has.
 */
export function plural(n: number, forms: Partial<Record<Intl.LDMLPluralRule, string>> & { readonly other: string }, tag = locale()): string {
  const form = once("plural", tag, {}, () => new Intl.PluralRules(tag)).select(n);
  return (forms[form] ?? forms.other).replaceAll("#", numbers({}, tag).format(n));
}
