/** Means over runs. */
import { deviation, mean } from "d3-array";

/** Mean of some values, with their sample standard deviation where there are two or more. */
export interface Average {
  mean: number;
  deviation: number | undefined;
}

/** Average of the values that are known; undefined without one. */
export function average(values: readonly (number | undefined)[]): Average | undefined {
  const known = values.filter((value) => value !== undefined);
  const middle = mean(known);
  return middle === undefined ? undefined : { mean: middle, deviation: deviation(known) };
}

/** Averages epoch by epoch, as far as all runs have come: the mean of fewer runs would jump where one ends. */
export function averages<E>(runs: readonly (readonly E[])[], of: (epoch: E) => number | undefined): (Average | undefined)[] {
  const length = Math.min(...runs.map((epochs) => epochs.length));
  return [...Array(length).keys()].map((at) => average(runs.map((epochs) => of(epochs[at] as E))));
}
