/** Changes of settings in the course of a run, in words and as marks in its curves. */
import { flatSettings } from "./flat";
import { startConfig, type Run } from "./run";
import { methodLabel } from "./settings";
import type { Constraint, SearchConfig, Space } from "./types";
import { RULED } from "./views/held";
import type { Mark } from "./views/marks";
import { brief } from "./views/numbers";
import { edgeName } from "./views/topology";

/** Names of settings that formulas or people have. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ["method.alignment.lambda", "λ"],
  ["weights.lr", "learning rate of the weights"],
  ["architecture.lr", "learning rate of α"],
  ["architecture.temperature", "temperature"],
]);

const CONSTRAINTS = "architecture.constraints";

/** Returns a mark for each change of a run. */
export function marksOf(run: Run): Mark[] {
  let before = startConfig(run);
  return run.changes.map(({ epoch, step, config, changed }) => {
    const text = `epoch ${epoch}: ${changeWords(before, config, changed, run.space)}`;
    before = config;
    return { at: epoch - 1 + Math.min(1, step / Math.max(1, run.steps)), text };
  });
}

/** Returns the words for a change, such as “λ 0.25 → 0.5”. */
export function changeWords(before: SearchConfig, after: SearchConfig, changed: readonly string[], space: Space): string {
  const parts: string[] = [];
  let paths = changed;
  if (before.method.name !== after.method.name) {
    parts.push(`${methodLabel(before.method.name)} → ${methodLabel(after.method.name)}`);
    // The method's own settings come with it.
    paths = paths.filter((path) => path !== "method" && !path.startsWith("method."));
  }
  // The least rate only follows the first one down.
  if (paths.includes("weights.lr")) paths = paths.filter((path) => path !== "weights.lr_min");
  const [old, now] = [flatSettings(before), flatSettings(after)];
  for (const path of paths) {
    if (path === CONSTRAINTS) parts.push(...constraintWords(before, after, space));
    else parts.push(settingWords(NAMES.get(path) ?? path, old.get(path), now.get(path)));
  }
  return parts.join(", ");
}

function settingWords(name: string, before: string | undefined, after: string | undefined): string {
  return before === undefined && after === undefined ? `${name} changed` : `${name} ${short(before)} → ${short(after)}`;
}

/** Value without digits that say nothing; a number keeps three. */
export function short(value = "none"): string {
  const number = Number(value);
  if (value.trim() === "" || !Number.isFinite(number)) return value.slice(0, 60);
  const text = String(Number(number.toPrecision(3)));
  return text.includes("e") ? brief(number) : text.replace("-", "−");
}

/** Edge in words; the type of cell is named where there are several. */
export function edgeWords({ cell, from, to }: Pick<Constraint, "cell" | "from" | "to">, { cell_types }: Space): string {
  const kind = cell_types.find(({ name }) => name === cell);
  const edge = kind === undefined ? `${from}→${to}` : edgeName(kind, { from, to });
  return `edge ${edge}${cell_types.length > 1 ? ` of the ${cell} cells` : ""}`;
}

/** What distinguishes one constraint from another, besides its rule. */
const keyOf = ({ cell, from, to, operation }: Constraint): string => JSON.stringify([cell, from, to, operation]);

function constraintWords(before: SearchConfig, after: SearchConfig, space: Space): string[] {
  const all = (config: SearchConfig): Map<string, Constraint> => new Map((config.architecture?.constraints ?? []).map((one) => [keyOf(one), one]));
  const [old, now] = [all(before), all(after)];
  const word = (one: Constraint, rule: string): string => `${edgeWords(one, space)}: ${one.operation} ${rule}`;
  const set = [...now].flatMap(([key, one]) => (old.get(key)?.rule === one.rule ? [] : [word(one, RULED[one.rule])]));
  const replaced = (one: Constraint): boolean => [...now.values()].some(({ cell, from, to }) => cell === one.cell && from === one.from && to === one.to);
  // An edge with a new rule is not also said to be freed of the old one.
  const freed = [...old].flatMap(([key, one]) => (now.has(key) || (set.length > 0 && replaced(one)) ? [] : [word(one, "freed")]));
  return [...set, ...freed];
}
