/** The softmax of one edge and the gradients that reach it, at an epoch or between two. */
import { directions, dot, norm, type AlignmentMeasure } from "./alignment";
import { isObject } from "./loose";
import type { CellTypeReport, EpochEvent, SearchConfig } from "./types";

/** One edge at one moment. All vectors have an entry for each candidate. */
export interface Moment {
  p: number[];
  /** −g of every cell, the step that it asks for; none where the run has no gradients. */
  pulls: number[][];
  /** The same after a step of g along δ; none where the method does not align the cells. */
  turned: number[][];
}

/** Measure by which a method aligns the cells of a type in an epoch; undefined where it does not. */
export function alignsBy({ method }: SearchConfig, { lambda }: EpochEvent, cellType: string): AlignmentMeasure | undefined {
  const given = method["alignment"];
  const part = isObject(given) ? given : {};
  const types = part["cell_types"];
  if (lambda <= 0 || (Array.isArray(types) && !types.includes(cellType))) return undefined;
  return (part["measure"] ?? (method.name === "lambda-darts-sign" ? "sign" : "cosine")) === "sign" ? "sign" : "cosine";
}

const opposite = (a: readonly number[]): number[] => a.map((value) => -value);

/**
 * The edge at the end of an epoch. Λ does not change with the length of a gradient, so δ shrinks as that grows; the step
 * along it is ‖g‖²·δ, which is as long as g is.
 */
export function momentOf({ probabilities, saturation: { cells } }: CellTypeReport, edge: number, measure: AlignmentMeasure | undefined): Moment {
  const p = probabilities[edge] ?? [];
  const gradients = cells.flatMap(({ gradient }) => (gradient === undefined || gradient.length === 0 ? [] : [gradient]));
  if (gradients.length < cells.length) return { p, pulls: [], turned: [] };
  const start = probabilities.slice(0, edge).reduce((sum, row) => sum + row.length, 0);
  const whole = gradients.map((gradient) => gradient.flat());
  const own = (g: readonly number[]): number[] => g.slice(start, start + p.length);
  const steps = measure === undefined ? [] : directions(measure, whole);
  const turned = steps.map((delta, cell) => {
    const g = whole[cell] ?? [];
    const size = dot(g, g);
    return opposite(own(g.map((value, at) => value + size * (delta[at] ?? 0))));
  });
  return { p, pulls: whole.map((g) => opposite(own(g))), turned };
}

/** A moment between two, `share` of the way from the first to the second. */
export function between(a: Moment, b: Moment, share: number): Moment {
  const mixed = (from: readonly number[], to: readonly number[]): number[] => from.map((value, at) => value + share * ((to[at] ?? value) - value));
  const both = (key: "pulls" | "turned"): number[][] => (a[key].length === b[key].length ? a[key].map((from, cell) => mixed(from, b[key][cell] ?? from)) : share < 0.5 ? a[key] : b[key]);
  return { p: mixed(a.p, b.p), pulls: both("pulls"), turned: both("turned") };
}

/** J(p)·v, J(p) = diag(p) − p pᵀ: the part of v that the softmax lets through. */
export function throughSoftmax(p: readonly number[], v: readonly number[]): number[] {
  const mean = dot(p, v);
  return p.map((share, at) => share * ((v[at] ?? 0) - mean));
}

export const sumOf = (vectors: readonly (readonly number[])[], length: number): number[] =>
  vectors.reduce<number[]>((sum, v) => sum.map((value, at) => value + (v[at] ?? 0)), Array<number>(length).fill(0));

/** The entries of a vector for some candidates, less their mean: its part in the plane on which their weights have one sum. */
export function onPlane(v: readonly number[], corners: readonly number[]): number[] {
  const kept = corners.map((corner) => v[corner] ?? 0);
  const mean = kept.reduce((sum, value) => sum + value, 0) / Math.max(1, kept.length);
  return kept.map((value) => value - mean);
}

/** The angle between two vectors in degrees; undefined where one is zero. */
export function angle(a: readonly number[], b: readonly number[]): number | undefined {
  const size = norm(a) * norm(b);
  return size === 0 ? undefined : (180 / Math.PI) * Math.acos(Math.max(-1, Math.min(1, dot(a, b) / size)));
}
