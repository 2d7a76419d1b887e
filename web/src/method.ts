/** Published methods and the settings of their parts, as the library describes them. */
import { choices, inOneLine, plain, type Schema } from "./schema";
import type { Field, Value } from "./settings";
import type { PresetInfo } from "./types";

/** Setting of a part of a method. */
export type PartField = Field & {
  part: string;
  property: string;
  /** Value in a configuration; undefined to leave it out. */
  toJson(value: Value): unknown;
  /** Value of the control for that of a configuration; undefined if it has none. */
  fromJson(json: unknown): Value | undefined;
};

/** Part of a method with a control for each of its settings. */
export interface Part {
  name: string;
  label: string;
  hint: string;
  fields: readonly PartField[];
}

/** Methods and parts that the library has. */
export interface Catalog {
  methods: readonly PresetInfo[];
  parts: readonly Part[];
}

export type Loose = Readonly<Record<string, unknown>>;

export const isLoose = (x: unknown): x is Loose => typeof x === "object" && x !== null && !Array.isArray(x);

/** Letters that formulas write for a name. */
const LETTERS: ReadonlyMap<string, string> = new Map(
  Object.entries({ alpha: "α", beta: "β", gamma: "γ", epsilon: "ε", lambda: "λ", sigma: "σ", tau: "τ" }),
);

/** Lists without choices in the schema, whose texts are known all the same. */
const KNOWN_TEXTS: ReadonlyMap<string, readonly string[]> = new Map([["cell_types", ["normal", "reduce"]]]);

/** Part whose settings keep the short names that addresses of this page have always had. */
const SHORT = "alignment";

/** Makes the list of methods and parts from the library's answers. */
export function catalogOf(methods: readonly PresetInfo[], schema: Schema): Catalog {
  const names = new Set(methods.flatMap(({ method }) => Object.keys(method)));
  names.delete("name");
  const parts = [...names].flatMap((name) => {
    const property = schema.properties?.[name];
    if (property === undefined) return [];
    // Beside the reference stands only that this is a part.
    const { description: _, ...reference } = property;
    const settings = plain(reference, schema);
    const known = methods.map(({ method }) => partOf(method, name)).find((part) => part !== undefined) ?? {};
    // A schema has its properties by the alphabet, a configuration in the order of the documentation.
    const properties = new Set([...Object.keys(known), ...Object.keys(settings.properties ?? {})]);
    const fields = [...properties].flatMap((key) => fieldOf(name, key, settings.properties?.[key], schema, publishedOf(methods, name, key)) ?? []);
    return [{ name, label: words(name), hint: inOneLine(settings.description), fields }];
  });
  return { methods, parts };
}

/** Returns the parts that a method has. */
export function partsOf({ methods, parts }: Catalog, method: string): Part[] {
  const own = methods.find(({ name }) => name === method)?.method ?? {};
  return parts.filter(({ name }) => partOf(own, name) !== undefined);
}

/** Returns the settings of a part in a configuration of a method. */
export function partOf(method: object, part: string): Loose | undefined {
  const found = (method as Loose)[part];
  return isLoose(found) ? found : undefined;
}

/** Name of a setting in plain words. */
export function words(name: string): string {
  const text = name.replaceAll(/[_-]+/g, " ");
  return LETTERS.get(name) ?? text.charAt(0).toUpperCase() + text.slice(1);
}

/** Values of a setting in the methods that have its part, as text. */
const publishedOf = (methods: readonly PresetInfo[], part: string, property: string): Set<string> =>
  new Set(methods.flatMap(({ method }) => (partOf(method, part) === undefined ? [] : [JSON.stringify(partOf(method, part)?.[property]) ?? ""])));

function fieldOf(part: string, property: string, schema: Schema | undefined, root: Schema, published: ReadonlySet<string>): PartField | undefined {
  if (schema === undefined) return undefined;
  const { type, description, items, minimum, maximum, ...rest } = plain(schema, root);
  // Where methods differ, blank stands for what each of them has published.
  const optional = rest.optional || published.size > 1;
  const key = part === SHORT ? property : `${part}.${property}`;
  const about = { key, label: words(property), hint: inOneLine(description), part, property, optional };
  const blank = optional ? ([["", "automatic"]] as const) : [];
  if (type === "number" || type === "integer") {
    const range = { min: minimum ?? -Infinity, max: maximum ?? Infinity, whole: type === "integer" };
    const fromJson = (json: unknown): Value | undefined => (typeof json === "number" ? json : undefined);
    return { ...about, ...range, toJson: leftOut, fromJson };
  }
  if (type === "boolean") {
    const options = [...blank, ["no", "no"], ["yes", "yes"]] as const;
    const fromJson = (json: unknown): Value | undefined => (typeof json === "boolean" ? (json ? "yes" : "no") : undefined);
    return { ...about, options, toJson: (value) => (value === "" ? undefined : value === "yes"), fromJson };
  }
  if (type === "array") {
    const inside = items === undefined ? [] : choices(plain(items, root));
    const texts = inside.length > 0 ? inside.map(({ value }) => value) : KNOWN_TEXTS.get(property);
    if (texts === undefined) return undefined;
    const options = texts.map((text) => [text, text.replaceAll(/[_-]+/g, " ")] as const);
    const fromJson = (json: unknown): Value | undefined => (Array.isArray(json) ? json.join(",") : undefined);
    return { ...about, options, several: true, toJson: (value) => String(value).split(",").filter((one) => one !== ""), fromJson };
  }
  const options = choices(rest).map(({ value, description }) => [value, value.replaceAll(/[_-]+/g, " "), description] as const);
  if (options.length === 0) return undefined;
  const fromJson = (json: unknown): Value | undefined => (options.some(([value]) => value === json) ? (json as string) : undefined);
  return { ...about, options: [...blank, ...options], toJson: leftOut, fromJson };
}

/** A blank control leaves its setting out. */
const leftOut = (value: Value): unknown => (value === "" ? undefined : value);
