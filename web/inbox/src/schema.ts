// Settings by their JSON Schema: what a form shows of them, and what it sends.
// Pure.

export type Doc = Readonly<Record<string, unknown>>;

/** The part of JSON Schema that settings use. */
export interface Schema {
  readonly type: string;
  readonly description: string;
  readonly format: string;
  readonly options: readonly string[];
  readonly secret: boolean;
  readonly required: readonly string[];
  readonly properties: readonly (readonly [string, Schema])[];
  readonly items: Schema | null;
  /** Of values under names of one's own choice. */
  readonly further: Schema | null;
}

const isRecord = (x: unknown): x is Record<string, unknown> => typeof x === "object" && x !== null && !Array.isArray(x);
const texts = (x: unknown): string[] => (Array.isArray(x) ? x.filter((v) => typeof v === "string") : []);

/** Reads a schema. What it doesn't know is taken as any JSON. */
export function asSchema(x: unknown): Schema {
  const o = isRecord(x) ? x : {};
  const properties = isRecord(o["properties"]) ? o["properties"] : {};
  const required = texts(o["required"]);
  return {
    type: typeof o["type"] === "string" ? o["type"] : "",
    description: typeof o["description"] === "string" ? o["description"] : "",
    format: typeof o["format"] === "string" ? o["format"] : "",
    options: texts(o["enum"]),
    secret: o["writeOnly"] === true,
    required,
    // What the server writes by itself is no field of the form, and stays in what is sent back.
    properties: Object.entries(properties)
      .filter(([, p]) => !isRecord(p) || p["readOnly"] !== true)
      .map(([name, p]) => [name, asSchema(p)] as const),
    items: isRecord(o["items"]) ? asSchema(o["items"]) : null,
    further: isRecord(o["additionalProperties"]) ? asSchema(o["additionalProperties"]) : null,
  };
}

const capitals = /^(imap|smtp|url|id|sid|ami|api|csv|tls|ca|pem|mb|jwt|html)$/i;

/** A field's name as people read it: authServId is "Auth serv ID". */
export function label(name: string): string {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
    .split(" ")
    .map((w) => (capitals.test(w) ? w.toUpperCase() : w.toLowerCase()))
    .join(" ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A secret that is set, as the server shows one. */
export const isSet = (x: unknown): boolean => isRecord(x) && x["set"] === true;

/** Whether there is nothing in a value. */
export function isEmpty(x: unknown): boolean {
  if (x === undefined || x === null || x === "" || x === false) return true;
  if (Array.isArray(x)) return x.every(isEmpty);
  return isRecord(x) && Object.values(x).every(isEmpty);
}

/** Which fields stand in the open: what is needed, what is set, and secrets; the rest is folded away. */
export function inTheOpen(s: Schema, value: Doc, depth: number): { open: readonly string[]; folded: readonly string[] } {
  const needed = s.properties.filter(([name]) => s.required.includes(name)).map(([, p]) => p);
  // The server that mail is sent by asks for the same as the one that it is received by.
  const likeNeeded = (p: Schema): boolean => p.required.length > 0 && needed.some((n) => n.required.join() === p.required.join());
  const parts: [string[], string[], string[], string[]] = [[], [], [], []];
  for (const [name, p] of s.properties) {
    const rank = s.required.includes(name) ? 0 : depth === 0 && likeNeeded(p) ? 1 : !isEmpty(value[name]) || (depth === 0 && p.secret) ? 2 : 3;
    parts[rank].push(name);
  }
  return { open: parts.slice(0, 3).flat(), folded: parts[3] };
}

/** What is sent of what was written: nothing that is empty, but what is needed. */
export function pruned(s: Schema, value: Doc): Doc {
  const out: Record<string, unknown> = {};
  for (const [name, v] of Object.entries(value)) {
    const p = s.properties.find(([n]) => n === name)?.[1];
    if (isEmpty(v) && !(s.required.includes(name) && v !== undefined && v !== "")) continue;
    if (Array.isArray(v)) out[name] = v.filter((x) => !isEmpty(x));
    else out[name] = p && p.properties.length > 0 && isRecord(v) && !isSet(v) ? pruned(p, v) : v;
  }
  return out;
}

/** The schema but for a field that has a form of its own. */
export const without = (s: Schema, field: string): Schema => ({ ...s, properties: s.properties.filter(([name]) => name !== field) });

export function at(value: Doc, name: string): Doc {
  const v = value[name];
  return isRecord(v) ? v : {};
}
