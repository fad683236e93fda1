// Sentences of the server's in another language. They come in English, some with
// what people wrote in them, and are known by their shape.

export type Shapes = readonly (readonly [said: RegExp, as: string])[];

/** The text as the first shape that it has says it; undefined where it has none. */
export function shaped(text: string, shapes: Shapes): string | undefined {
  const shape = shapes.find(([said]) => said.test(text));
  return shape === undefined ? undefined : text.replace(shape[0], shape[1]);
}
