/** Settings one by one, under names such as `method.alignment.lambda`. */
import type { SearchConfig, TrainingConfig } from "./types";

export type FlatSettings = ReadonlyMap<string, string>;

/** What tells two runs of one search or training apart: the seed, and where the images lay. */
const OF_A_RUN: ReadonlySet<string> = new Set(["seed", "data.dir"]);

export function flatSettings(config: SearchConfig | TrainingConfig): FlatSettings {
  return new Map(leaves(config, ""));
}

/** The settings without those of a single run. */
export function sharedSettings(settings: FlatSettings): FlatSettings {
  return new Map([...settings].filter(([name]) => !OF_A_RUN.has(name)));
}

function leaves(value: unknown, name: string): [name: string, value: string][] {
  if (typeof value !== "object" || value === null) return [[name, String(value)]];
  if (Array.isArray(value)) return [[name, value.map((one) => (typeof one === "object" ? JSON.stringify(one) : String(one))).join(", ")]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, name === "" ? key : `${name}.${key}`));
}

/** Names of the settings that are not the same in all of these; one that is missing differs. */
export function differing(all: readonly FlatSettings[]): string[] {
  const names = new Set(all.flatMap((one) => [...one.keys()]));
  return [...names].filter((name) => new Set(all.map((one) => one.get(name))).size > 1);
}
