/** What the curves show of two sides: their runs, or the means over the seeds of each. */
import type { Group } from "./groups";
import { marksOf } from "./changes";
import type { Run } from "./run";
import { labelOf } from "./run-words";
import { methodLabel, SIDES, type SideName } from "./settings";
import type { EpochEvent } from "./types";
import type { Series } from "./views/curves";

export type Runs = Readonly<Record<SideName, Run | undefined>>;

/** What one side shows. */
export interface SideSeries extends Series<EpochEvent> {
  look: SideName;
}

/** A series for each run. */
export function seriesOf(runs: Runs, label: (run: Run) => string): SideSeries[] {
  return SIDES.flatMap((side) => {
    const run = runs[side];
    return run === undefined ? [] : [{ look: side, label: label(run), runs: [run.epochs], clip: run.config.weights.clip, marks: marksOf(run), past: run.past ?? 0 }];
  });
}

/** A series for the group of each run. Two seeds of one search have one mean. */
export function meansOf(runs: Runs, groups: readonly Group[]): SideSeries[] {
  const groupOf = (run: Run | undefined): Group | undefined => groups.find((group) => run !== undefined && group.runs.includes(run));
  return seriesOf(runs, labelOf).flatMap((series) => {
    const run = runs[series.look];
    const group = groupOf(run);
    if (run === undefined || group === undefined || (series.look === "right" && group === groupOf(runs.left))) return [];
    const { seeds } = group;
    if (seeds.length === 1) return [series];
    return [{ ...series, label: `${methodLabel(run.config.method.name)}, mean of ${seeds.length} seeds`, runs: seeds.map(({ epochs }) => epochs), marks: [] }];
  });
}
