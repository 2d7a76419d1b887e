/** All controls in the page's address and back. Only what differs from the preset appears in it. */
import { DEFAULT_PRESET, OWN_PRESET, presetNamed, type Preset } from "./presets";
import { changed, FIELDS, parse, type Settings } from "./settings";

/** What an address asks for, before the library's own settings are known. */
export interface Asked {
  preset: Preset;
  space: string;
  values: Partial<Settings>;
  /** What could not be understood, to be told to the visitor. */
  ignored: string[];
}

export function read(query: string): Asked {
  const found = new URLSearchParams(query);
  const ignored: string[] = [];
  const id = found.get("preset");
  let preset = DEFAULT_PRESET;
  if (id !== null) {
    const named = presetNamed(id);
    if (named === undefined) ignored.push(`preset=${id.slice(0, 40)}`);
    else preset = named;
  }
  let values: Partial<Settings> = {};
  for (const field of FIELDS) {
    const text = found.get(field.key);
    if (text === null) continue;
    const value = parse(field, text);
    if (value === undefined) ignored.push(`${field.key}=${text.slice(0, 40)}`);
    else values = { ...values, [field.key]: value };
  }
  const space = values.space ?? preset.space;
  // A preset is for one space; on another one its settings would mean something else.
  if (space !== preset.space) preset = OWN_PRESET;
  return { preset, space, values, ignored };
}

/** The settings a preset stands for on a space, on top of the library's own. */
export function presetSettings(preset: Preset, library: Settings): Settings {
  return { ...library, ...preset.set };
}

/** The settings that an address asks for. */
export function apply(base: Settings, values: Partial<Settings>): Settings {
  let settings = base;
  for (const { key } of FIELDS) {
    const value = values[key];
    if (value !== undefined) settings = changed(settings, key, value);
  }
  return settings;
}

/** The query that stands for these settings; empty for the default preset. */
export function write(preset: Preset, base: Settings, settings: Settings): string {
  const query = new URLSearchParams();
  if (preset !== DEFAULT_PRESET) query.set("preset", preset.id);
  for (const { key } of FIELDS) {
    const differs = settings[key] !== base[key] || (key === "space" && settings.space !== preset.space);
    if (differs) query.set(key, String(settings[key]));
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}
