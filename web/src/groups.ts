/** Runs that differ only in the seed, and the two runs that a report opens on. */
import { differing, flatSettings, sharedSettings, type FlatSettings } from "./flat";
import type { Run } from "./run";

export interface Group {
  /** Settings that its runs share. */
  settings: FlatSettings;
  runs: Run[];
  /** The first run of each seed: more runs of a seed are the same search once more. */
  seeds: Run[];
}

/** Groups in the order of their first runs. */
export function groupsOf(runs: readonly Run[]): Group[] {
  const groups = new Map<string, Group>();
  for (const run of runs) {
    const settings = sharedSettings(flatSettings(run.config));
    // Where settings changed on the way, the same end is not the same search.
    const key = JSON.stringify([...settings, ...run.changes.map(({ epoch, step, changed }) => [`change ${epoch}/${step}`, changed.join(" ")] as const)].sort());
    const group = groups.get(key) ?? { settings, runs: [], seeds: [] };
    groups.set(key, group);
    group.runs.push(run);
    if (group.seeds.every(({ config }) => config.seed !== run.config.seed)) group.seeds.push(run);
  }
  return [...groups.values()];
}

/** Names of the settings by which a group differs from the others of its method on its space. */
export function ownSettings(group: Group, groups: readonly Group[]): string[] {
  const alike = groups.filter(({ settings }) => ["method.name", "space"].every((name) => settings.get(name) === group.settings.get(name)));
  return differing(alike.map(({ settings }) => settings));
}

/** Places of the two runs to compare first: two methods before two settings, and these before two seeds of one search. */
export function openingPair(runs: readonly Run[], groups: readonly Group[]): [left: number, right: number] {
  const groupOf = new Map(groups.flatMap((group) => group.runs.map((run) => [run, group] as const)));
  // Each of these outweighs all that follow.
  const worth = (a: Run, b: Run): number =>
    [
      a.config.method.name !== b.config.method.name,
      groupOf.get(a) !== groupOf.get(b),
      a.config.space === b.config.space,
      a.config.seed === b.config.seed,
    ].reduce((sum, holds) => 2 * sum + Number(holds), 0);
  let best: [number, number] = [0, 1];
  let most = -1;
  runs.forEach((left, l) =>
    runs.slice(l + 1).forEach((right, r) => {
      const found = worth(left, right);
      if (found <= most) return;
      most = found;
      best = [l, l + 1 + r];
    }),
  );
  return best;
}
