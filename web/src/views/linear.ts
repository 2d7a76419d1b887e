/** A linear scale: a place for each value, from one end of a range to the other. */
import { ticks } from "d3-array";

type Ends = readonly [first: number, last: number];

export interface Linear {
  (value: number): number;
  /** The value at a place. */
  invert(place: number): number;
  /** About so many round values. */
  ticks(count: number): number[];
}

export function linear([low, high]: Ends, [from, to]: Ends): Linear {
  const scale = (value: number): number => {
    const share = (value - low) / (high - low);
    return from * (1 - share) + to * share;
  };
  return Object.assign(scale, {
    invert: (place: number) => low + ((place - from) / (to - from)) * (high - low),
    ticks: (count: number) => ticks(low, high, count),
  });
}
