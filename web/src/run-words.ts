/** Runs in words, for a report. */
import { dateOf } from "./environment";
import type { Loose } from "./loose";
import type { Run } from "./run";
import { FIELDS, methodLabel } from "./settings";
import type { SearcherRun } from "./searcher-run";
import type { Training } from "./training";
import { duration } from "./views/numbers";

/** The part of a run's folder that tells it from others. */
export const nameOf = ({ file = "" }: Run): string => file.replace(/[/\\]+$/, "").split(/[/\\]/).at(-1) || file;

export const labelOf = ({ config }: Run): string => `${methodLabel(config.method.name)}, seed ${config.seed}`;

export function spaceLabel(name: string): string {
  const field = FIELDS.find(({ key }) => key === "space");
  const known = field !== undefined && "options" in field ? field.options.find(([value]) => value === name) : undefined;
  // The rest of a label explains it to those who choose.
  return known?.[1].split(/[:,]/)[0] ?? name;
}

export function describeRun(run: Run, environment: Loose | undefined): string {
  const { config, device, epochs } = run;
  const length = epochs.length === config.epochs ? `${epochs.length} epochs` : `${epochs.length} of ${config.epochs} epochs${run.ended ? "" : ", unfinished"}`;
  const search = `${methodLabel(config.method.name)} on ${spaceLabel(config.space)}`;
  const parts = [search, `seed ${config.seed}`, length, `on ${device}`, duration(secondsOf(run)), dateOf(environment)];
  return parts.filter((part) => part !== undefined).join(", ");
}

export function describeTraining({ config, device, epochs, ended, seconds }: Training, environment: Loose | undefined): string {
  const length = ended ? `${epochs.length} epochs` : `${epochs.length} of ${config.epochs} epochs, unfinished`;
  const parts = [`training on ${spaceLabel(config.space)}`, `recipe ${config.recipe}`, `seed ${config.seed}`, length, `on ${device}`, duration(seconds)];
  return [...parts, dateOf(environment)].filter((part) => part !== undefined).join(", ");
}

/** Names of searchers; others have those of the command line. */
const SEARCHERS: ReadonlyMap<string, string> = new Map([
  ["random", "random search"],
  ["evolution", "regularized evolution"],
  ["local-search", "local search"],
  ["reinforce", "REINFORCE"],
  ["predictor", "progressive search"],
]);

export const searcherLabel = (name: string): string => SEARCHERS.get(name) ?? name;

export function describeSearcher({ searcher, space, seed, evaluations, ended, seconds }: SearcherRun, environment: Loose | undefined): string {
  const length = `${evaluations.length} evaluations${ended ? "" : ", unfinished"}`;
  const parts = [`${searcherLabel(searcher)} on ${spaceLabel(space.name)}`, `seed ${seed}`, length, duration(seconds), dateOf(environment)];
  return parts.filter((part) => part !== undefined).join(", ");
}

/** Seconds that the search has taken so far. */
export const secondsOf = ({ events }: Run): number => events.at(-1)?.seconds ?? 0;

/** Seconds of an epoch, on the mean. */
export const secondsPerEpoch = ({ epochs }: Run): number => (epochs.at(-1)?.seconds ?? 0) / Math.max(1, epochs.length);
