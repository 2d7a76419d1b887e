/** The price of a collapse, in numbers: what two trained cells reach, and whether the gap is more than chance. */
import type { Genotype } from "./types";
import { hasNoWeights } from "./views/operations";

/** A trained cell. */
export interface Trained {
  /** Name of the method that has found the cell. */
  label: string;
  genotype: Genotype;
  /** Share of the test images that are classified correctly. */
  accuracy: number;
}

/** Numbers of the operations of all cell types, and of those without weights. */
export function countOperations({ cells }: Genotype): { all: number; free: number } {
  const operations = cells.flatMap(({ nodes }) => nodes.flat().map(([operation]) => operation));
  return { all: operations.length, free: operations.filter(hasNoWeights).length };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const points = (gap: number): string => `${(100 * gap).toFixed(1)} points`;

function about({ label, genotype, accuracy }: Trained): string {
  const { all, free } = countOperations(genotype);
  return `the cell of ${label}, with ${free} of ${all} operations without weights, reaches ${percent(accuracy)}`;
}

/** Largest gap between two accuracies that is chance in 19 of 20 cases, on this number of test images. */
export function chance(left: number, right: number, images: number): number {
  return 1.96 * Math.sqrt((left * (1 - left) + right * (1 - right)) / images);
}

/** What the collapse has cost, or that it has cost nothing. `images` is the number of test images, if that is known. */
export function verdict(left: Trained, right: Trained, images: number | undefined): string {
  const both = `${about(left)}; ${about(right)}.`;
  const capital = both.charAt(0).toUpperCase() + both.slice(1);
  if (JSON.stringify(left.genotype) === JSON.stringify(right.genotype)) return `Both searches have found the same cell, so there is nothing to lose. ${capital}`;
  const [better, worse] = left.accuracy > right.accuracy ? [left, right] : [right, left];
  const gap = better.accuracy - worse.accuracy;
  const limit = images === undefined ? 0 : chance(left.accuracy, right.accuracy, images);
  if (gap === 0 || gap < limit) {
    const known = images === undefined ? "" : `, and on ${images.toLocaleString("en")} test images chance makes up to ${points(limit)}`;
    return `No gap beyond chance: ${points(gap)} of test accuracy lie between the cells${known}. ${capital}`;
  }
  const [lost, kept] = [countOperations(worse.genotype), countOperations(better.genotype)];
  if (lost.free <= kept.free) return `${better.label} is ${points(gap)} of test accuracy ahead, though its cell has no fewer operations without weights. ${capital}`;
  if (2 * lost.free < lost.all) return `${better.label} is ${points(gap)} of test accuracy ahead, and neither cell has collapsed. ${capital}`;
  const turn = worse === right ? "The other way round here: the" : "The";
  return `${turn} collapse of ${worse.label} cost ${points(gap)} of test accuracy: ${both}`;
}
