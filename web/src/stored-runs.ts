/** Stored runs as experiments: their names in words, and which of them go when there are too many. */
import { methodLabel, SIDES, type SideName } from "./settings";
import type { StoredRun, StoredSearch, StoredTraining } from "./store";

const MOST_EXPERIMENTS = 30;
const MOST_BYTES = 200e6;

/** Runs of both sides that began together. */
export interface StoredExperiment {
  id: string;
  began: number;
  changed: number;
  searches: Partial<Record<SideName, StoredSearch>>;
  /** Trainings of the derived cells, which race. */
  trainings: Partial<Record<SideName, StoredTraining>>;
  /** All its runs, the trainings included. */
  runs: readonly StoredRun[];
  /** True if both searches and a training are here. */
  raced: boolean;
  /** True if there is nothing to go on with; trainings go on only together. */
  ended: boolean;
}

/** Experiments, the newest first. */
export function experimentsOf(stored: readonly StoredRun[]): StoredExperiment[] {
  const groups = new Map<string, StoredRun[]>();
  for (const run of stored) groups.set(run.experiment, [...(groups.get(run.experiment) ?? []), run]);
  const made = [...groups].map(([id, runs]): StoredExperiment => {
    const searches = runs.filter((run) => run.kind === "search");
    const trainings = runs.filter((run) => run.kind === "training");
    const raced = searches.length === SIDES.length && trainings.length > 0;
    return {
      id,
      began: Math.min(...runs.map(({ began }) => began)),
      changed: Math.max(...runs.map(({ changed }) => changed)),
      searches: Object.fromEntries(searches.map((run) => [run.side, run])),
      trainings: Object.fromEntries(trainings.map((run) => [run.side, run])),
      runs,
      raced,
      ended: (raced ? runs : searches).every(({ ended }) => ended),
    };
  });
  return made.sort((a, b) => b.changed - a.changed);
}

/** Experiments to remove so that the rest fits: the oldest unfinished ones first, then the oldest. The present one stays. */
export function surplus(stored: readonly StoredRun[], present: string | undefined, mostBytes = MOST_BYTES): StoredExperiment[] {
  const experiments = experimentsOf(stored);
  let count = experiments.length;
  let bytes = experiments.reduce((sum, one) => sum + bytesOf(one), 0);
  const others = experiments.filter(({ id }) => id !== present).sort((a, b) => Number(a.ended) - Number(b.ended) || a.changed - b.changed);
  const found: StoredExperiment[] = [];
  for (const one of others) {
    if (count <= MOST_EXPERIMENTS && bytes <= mostBytes) break;
    found.push(one);
    count -= 1;
    bytes -= bytesOf(one);
  }
  return found;
}

const bytesOf = ({ runs }: StoredExperiment): number => runs.reduce((sum, { eventBytes, snapshotBytes }) => sum + eventBytes + snapshotBytes, 0);

/** Name such as “DARTS and Λ-DARTS, seed 0”. */
export function nameOf({ searches }: StoredExperiment): string {
  const own = SIDES.flatMap((side) => searches[side] ?? []);
  return `${own.map(({ config }) => methodLabel(config.method.name)).join(" and ")}, seed ${own[0]?.config.seed ?? "–"}`;
}

/** Sentence such as “DARTS and Λ-DARTS, seed 0, epoch 7 of 20, 5 minutes ago”. */
export function describe(experiment: StoredExperiment, now: number): string {
  return `${nameOf(experiment)}, ${placeOf(experiment)}, ${ago(now - experiment.changed)}`;
}

function placeOf({ searches, trainings, raced, ended }: StoredExperiment): string {
  if (raced && ended) return "with the race of their cells";
  const training = raced && Object.values(searches).every(({ ended }) => ended);
  const own = Object.values<StoredRun>(training ? trainings : searches);
  const epochs = [...new Set(own.map(({ epochs }) => epochs))];
  const length = Math.max(...own.map(({ config }) => config.epochs));
  return `${training ? "training of their cells, " : ""}${epochs.length > 1 ? "epochs" : "epoch"} ${epochs.join(" and ")} of ${length}`;
}

const UNITS: readonly (readonly [unit: Intl.RelativeTimeFormatUnit, ms: number])[] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];

/** Time that has passed, in its largest unit. */
function ago(ms: number): string {
  const [unit, size] = UNITS.find(([, size]) => ms >= size) ?? [];
  if (unit === undefined || size === undefined) return "less than a minute ago";
  return new Intl.RelativeTimeFormat("en").format(-Math.floor(ms / size), unit);
}
