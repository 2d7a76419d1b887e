/** The vertical axis of a plot: linear, or logarithmic where the values lie far apart. */
import { extent, nice, range } from "d3-array";
import { linear } from "./linear";

export interface Axis {
  /** Height of a value; of one beyond the axis, its end. */
  y(value: number): number;
  ticks: number[];
  logarithmic: boolean;
}

/** Values so many times apart are not seen side by side on a linear axis. */
const FAR = 30;

/** `far` allows a logarithmic axis for values above 0. */
export function axisOf(values: readonly number[], ends: readonly [bottom: number, top: number], { whole = false, far = false }): Axis {
  const [least, most] = extent(far ? values.filter((value) => value > 0) : values);
  if (far && least !== undefined && most > FAR * least) {
    const [lowest, highest] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most))];
    const exponents = range(lowest, highest + 1);
    const every = Math.ceil(exponents.length / 5);
    const scale = linear([lowest, highest], ends);
    return { y: (value) => scale(Math.log10(Math.max(10 ** lowest, value))), ticks: exponents.filter((_, at) => at % every === 0).map((exponent) => 10 ** exponent), logarithmic: true };
  }
  const [low = 0, high = 1] = extent(far ? [0, ...values] : values);
  const scale = linear(nice(low, high > low ? high : low + 1, 4), ends);
  return { y: scale, ticks: scale.ticks(4).filter((tick) => !whole || Number.isInteger(tick)), logarithmic: false };
}
