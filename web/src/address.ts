/** All controls in the page's address and back. Only what differs from the comparison appears in it. */
import { comparisonNamed, DEFAULT_COMPARISON, OWN_COMPARISON, type Comparison } from "./comparisons";
import { changed, parse, type Field, type Settings } from "./settings";

/** Settings that an address asks for, before the library's own settings are known. */
export interface Asked {
  comparison: Comparison;
  space: string;
  values: Partial<Settings>;
  /** Parts of the address that were not understood, for a message to the visitor. */
  ignored: string[];
}

export function read(query: string, fields: readonly Field[]): Asked {
  const found = new URLSearchParams(query);
  const ignored: string[] = [];
  const id = found.get("preset");
  let comparison = DEFAULT_COMPARISON;
  if (id !== null) {
    const named = comparisonNamed(id);
    if (named === undefined) ignored.push(`preset=${id.slice(0, 40)}`);
    else comparison = named;
  }
  let values: Partial<Settings> = {};
  for (const field of fields) {
    const text = found.get(field.key);
    if (text === null) continue;
    const value = parse(field, text);
    if (value === undefined) ignored.push(`${field.key}=${text.slice(0, 40)}`);
    else values = { ...values, [field.key]: value };
  }
  const space = values.space ?? comparison.space;
  // A comparison is for one space; on another one its settings would mean something else.
  if (space !== comparison.space) comparison = OWN_COMPARISON;
  return { comparison, space, values, ignored };
}

/** The settings of a comparison, on top of the library's own for its space. */
export function comparisonSettings({ set }: Comparison, library: Settings): Settings {
  return apply(library, set);
}

/** The settings with some of them changed. */
export function apply(base: Settings, values: Partial<Settings>): Settings {
  let settings = base;
  for (const [key, value] of Object.entries(values)) {
    if (value !== undefined) settings = changed(settings, key, value);
  }
  return settings;
}

/** The query that stands for these settings; empty for the default comparison. */
export function write(comparison: Comparison, base: Settings, settings: Settings, fields: readonly Field[]): string {
  const query = new URLSearchParams();
  if (comparison !== DEFAULT_COMPARISON) query.set("preset", comparison.id);
  for (const { key } of fields) {
    const value = settings[key];
    if (value === undefined) continue;
    if (value !== base[key] || (key === "space" && value !== comparison.space)) query.set(key, String(value));
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}
