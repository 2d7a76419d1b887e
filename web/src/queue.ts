/** Queue of seeds: the same comparison for one seed after the other, and the mean of those that have finished. */
import { groupsOf } from "./groups";
import type { Run } from "./run";
import { meansOf, seriesOf, type Runs } from "./series";
import { methodLabel, SIDES, type SideName } from "./settings";
import type { SeedQueue } from "./store";
import type { EpochEvent, SearchConfig } from "./types";
import type { Series } from "./views/curves";

export type Configs = Record<SideName, SearchConfig>;

/** Settings of both sides with another seed. */
export const withSeed = ({ left, right }: Configs, seed: number): Configs => ({ left: { ...left, seed }, right: { ...right, seed } });

export class Queue {
  /** Runs of the seeds that have finished, in their order. */
  readonly finished: Runs[] = [];

  constructor(
    readonly about: SeedQueue,
    readonly configs: Configs,
    readonly device: string,
  ) {}

  /** Seed that follows; undefined after the last one. */
  get next(): number | undefined {
    const done = new Set(this.finished.flatMap(({ left, right }) => [left, right].flatMap((run) => run?.config.seed ?? [])));
    return this.about.seeds.find((seed) => !done.has(seed));
  }

  /** Takes finished runs; false if they are known already. */
  take(runs: Runs): boolean {
    if (this.finished.some(({ left, right }) => left === runs.left && right === runs.right)) return false;
    this.finished.push(runs);
    return true;
  }

  /** Sentence on its progress. */
  get progress(): string {
    const { seeds } = this.about;
    const left = seeds.length - this.finished.length;
    if (left === 0) return `All ${seeds.length} seeds have finished: ${seeds.join(", ")}.`;
    return `Seed ${this.next}, ${this.finished.length + 1} of ${seeds.length} (${seeds.join(", ")}). The next one begins when both searches have ended.`;
  }

  /** Series of the curves: the runs, and the means of the seeds that have finished. */
  series(runs: Runs): Series<EpochEvent>[] {
    const own = seriesOf(runs, ({ config }) => methodLabel(config.method.name));
    const [first] = this.finished;
    if (first === undefined) return own;
    const all = this.finished.flatMap((pair) => SIDES.flatMap((side): Run[] => (pair[side] === undefined ? [] : [pair[side]])));
    return [...own, ...meansOf(first, groupsOf(all)).map((series) => ({ ...series, look: `${series.look} mean` }))];
  }
}
