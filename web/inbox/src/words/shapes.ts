// Sentences of the server's in another language. They come in English, some with
// what people wrote in them, and are known by their shape.

export type Shapes = readonly (readonly [said: RegExp, as: string])[];

/** What the server says, as a sentence: it leaves out capital and full stop, for programs and logs. A field's path stays as it is. */
export function sentence(said: string): string {
  return /^[a-z']+[ ,:]/u.test(said) ? `${said.charAt(0).toUpperCase()}${said.slice(1)}${/[.?!]$/u.test(said) ? "" : "."}` : said;
}

/** The text as the first shape that it has says it; undefined where it has none. */
export function shaped(text: string, shapes: Shapes): string | undefined {
  const shape = shapes.find(([said]) => said.test(text));
  return shape === undefined ? undefined : text.replace(shape[0], shape[1]);
}
