/** Settings that a slider moves while a search runs. */
import { partOf } from "../method";
import type { SearchConfig } from "../types";

export interface Dial {
  /** Name of its elements in the document. */
  key: "lambda" | "weights-lr" | "alpha-lr" | "temperature";
  /** Value in a configuration; undefined where the method has no such setting. */
  of(config: SearchConfig): number | undefined;
  with(config: SearchConfig, value: number): SearchConfig;
  /** Value at a position of the slider, and the position of a value. */
  scale: { value(position: number): number; position(value: number): number };
}

const LINEAR: Dial["scale"] = { value: (position) => position, position: (value) => value };
/** A slider of decades; two digits are as many as a hand sets. */
const DECADES: Dial["scale"] = { value: (position) => Number((10 ** position).toPrecision(2)), position: (value) => Math.log10(Math.max(value, Number.MIN_VALUE)) };

/** Number that a part of the method has. */
function numberOf({ method }: SearchConfig, part: string, setting: string): number | undefined {
  const value = partOf(method, part)?.[setting];
  return typeof value === "number" ? value : undefined;
}

const withPart = (config: SearchConfig, part: string, setting: string, value: number): SearchConfig => ({
  ...config,
  method: { ...config.method, [part]: { ...partOf(config.method, part), [setting]: value } },
});

export const DIALS: readonly Dial[] = [
  {
    key: "lambda",
    of: (config) => numberOf(config, "alignment", "lambda"),
    with: (config, value) => withPart(config, "alignment", "lambda", value),
    scale: LINEAR,
  },
  {
    key: "weights-lr",
    of: ({ weights }) => weights.lr,
    with: (config, lr) => ({ ...config, weights: { ...config.weights, lr, lr_min: Math.min(config.weights.lr_min, lr) } }),
    scale: DECADES,
  },
  {
    key: "alpha-lr",
    of: ({ architecture }) => architecture.lr,
    with: (config, lr) => ({ ...config, architecture: { ...config.architecture, lr } }),
    scale: DECADES,
  },
  {
    key: "temperature",
    of: ({ architecture }) => architecture.temperature,
    with: (config, temperature) => ({ ...config, architecture: { ...config.architecture, temperature } }),
    scale: DECADES,
  },
];
