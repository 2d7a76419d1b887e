/** The vertical axis of a plot: linear, or logarithmic where the values lie far apart. */
import { extent } from "d3-array";
import { scaleLinear, scaleLog } from "d3-scale";

export interface Axis {
  /** Height of a value; of one beyond the axis, its end. */
  y(value: number): number;
  ticks: number[];
  logarithmic: boolean;
}

/** Values so many times apart are not seen side by side on a linear axis. */
const FAR = 30;

/** `far` allows a logarithmic axis for values above 0. */
export function axisOf(values: readonly number[], range: readonly [bottom: number, top: number], { whole = false, far = false }): Axis {
  const [least, most] = extent(far ? values.filter((value) => value > 0) : values);
  if (far && least !== undefined && most > FAR * least) {
    const scale = scaleLog([least, most], range).nice();
    const powers = scale.ticks(20).filter((tick) => Number.isInteger(Number(Math.log10(tick).toFixed(9))));
    const every = Math.ceil(powers.length / 5);
    const [floor = least] = scale.domain();
    return { y: (value) => scale(Math.max(floor, value)), ticks: powers.filter((_, at) => at % every === 0), logarithmic: true };
  }
  const [low = 0, high = 1] = extent(far ? [0, ...values] : values);
  const scale = scaleLinear([low, high > low ? high : low + 1], range).nice(4);
  return { y: scale, ticks: scale.ticks(4).filter((tick) => !whole || Number.isInteger(tick)), logarithmic: false };
}
