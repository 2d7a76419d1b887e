/** Units: how the values of a quantity are written. */
import { brief } from "./numbers";

export interface Unit {
  /** Number of these units in 1. */
  factor: number;
  /** What follows a number. */
  sign: string;
  /** A number of these units. */
  digits(value: number): string;
}

export const PLAIN: Unit = { factor: 1, sign: "", digits: brief };
export const COUNT: Unit = { factor: 1, sign: "", digits: (value) => (Number.isInteger(value) ? String(value) : value.toFixed(1)) };
export const PERCENT: Unit = { factor: 100, sign: " %", digits: (value) => value.toFixed(1) };
/** For accuracies in tables, where the hundredth of a per cent still tells two cells apart. */
export const FINE_PERCENT: Unit = { ...PERCENT, digits: (value) => value.toFixed(2) };

/** Units of shares, each with the least share that it suits. */
const SHARES: readonly (readonly [least: number, unit: Unit])[] = [
  [0.005, { factor: 100, sign: " %", digits: brief }],
  [0.000_05, { factor: 1000, sign: " ‰", digits: brief }],
];
const PARTS_PER_MILLION: Unit = { factor: 1e6, sign: " ppm", digits: brief };

/** The unit for shares that may all be tiny: `top` is the largest of them. */
export function shareUnit(top: number): Unit {
  // Nothing at all is 0 %.
  const [, unit] = SHARES.find(([least]) => top >= least || top <= 0) ?? [0, PARTS_PER_MILLION];
  return unit;
}

export const write = ({ factor, sign, digits }: Unit, value: number): string => digits(factor * value) + sign;

/** A mean with its standard deviation, which may be unknown. */
export function writeSpread(unit: Unit, mean: number, deviation: number | undefined): string {
  if (deviation === undefined) return write(unit, mean);
  return `${unit.digits(unit.factor * mean)} ± ${write(unit, deviation)}`;
}

/** The number of a tick: no more digits than it has. */
export function writeTick({ factor, sign }: Unit, value: number): string {
  const number = Number((factor * value).toPrecision(6));
  const size = Math.abs(number);
  const text = size !== 0 && (size < 0.001 || size >= 100_000) ? brief(number) : String(number).replace("-", "−");
  return text + sign;
}

export const percent = (share: number): string => write(PERCENT, share);
