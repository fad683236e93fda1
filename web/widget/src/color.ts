// The brand's colour, made readable: on it, beside it, in light and in dark.
// Contrast as WCAG 2.2 counts it.

type Rgb = readonly number[];

const white: Rgb = [255, 255, 255];
const black: Rgb = [0, 0, 0];

const parse = (color: string): Rgb => {
  const hex = /^#[\da-f]{6}$/iu.test(color) ? color : "#0d6660";
  return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
};

const light = (c: Rgb): number =>
  c.reduce((sum, v, i) => {
    const s = v / 255;
    return sum + (s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4) * ([0.2126, 0.7152, 0.0722][i] ?? 0);
  }, 0.05);

/** From 1, the same, to 21, black on white. */
const contrast = (a: Rgb, b: Rgb): number => {
  const [x, y] = [light(a), light(b)];
  return x > y ? x / y : y / x;
};

/** The colours for a panel: the brand's surface, what is written on it, and the nearest to the brand that can be read as text. */
export function palette(color: string, dark: boolean): { readonly brand: Rgb; readonly on: Rgb; readonly ink: Rgb } {
  const ground = parse(dark ? "#151a1a" : "#ffffff");
  const end = dark ? white : black;
  const brand = parse(color);
  let ink = brand;
  for (let share = 0; contrast(ink, ground) < 4.5; share += 0.04) ink = brand.map((v, i) => Math.round(v + ((end[i] ?? 0) - v) * share));
  return { brand, on: contrast(brand, white) >= 4.5 ? white : black, ink }; // where white is too little, black is enough
}

export { contrast, parse };
