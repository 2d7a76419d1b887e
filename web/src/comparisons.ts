/** Ready-made comparisons, each with one sentence. */
import type { Settings } from "./settings";

export interface Comparison {
  id: string;
  name: string;
  sentence: string;
  space: string;
  /** Settings that differ from the library's own for the space. */
  set: Partial<Settings>;
}

export const COMPARISONS: readonly Comparison[] = [
  {
    id: "collapse",
    name: "Watch DARTS collapse",
    sentence: "Plain DARTS leans on operations without weights while its cells disagree; Λ-DARTS brings them to agree. With the command, over seeds 0 to 4, Λ is 0.17 against 0.78, and the cell that is found, trained in full on CIFAR-10, reaches 73 % (54 to 90) against 91 %.",
    space: "nas-bench-201",
    set: { left: "darts", right: "lambda-darts", batch: 64, seed: 1 },
  },
  {
    id: "skip-or-convolve",
    name: "Skip or convolve",
    sentence: "Space S2 leaves each edge two candidates, a skip connection and a convolution: the plainest form of the contest.",
    space: "s2",
    set: { left: "darts", right: "lambda-darts" },
  },
  {
    id: "two-forms",
    name: "Cosine against sign",
    sentence: "The two regularizers of the paper side by side: agreement by angle, and agreement by sign.",
    space: "nas-bench-201",
    set: { left: "lambda-darts", right: "lambda-darts-sign" },
  },
  {
    id: "darts-space",
    name: "The DARTS space, small",
    sentence: "Fourteen edges with seven candidates each, and two cell types; slower, and closer to the papers.",
    space: "darts",
    set: { left: "darts", right: "lambda-darts" },
  },
  {
    id: "own",
    name: "My own settings",
    sentence: "Everything is yours to set; the address of this page holds it all, so a link repeats the run.",
    space: "nas-bench-201",
    set: {},
  },
];

export const DEFAULT_COMPARISON = COMPARISONS[0] as Comparison;

/** The one that stands for settings without a ready-made comparison. */
export const OWN_COMPARISON = COMPARISONS[COMPARISONS.length - 1] as Comparison;

export const comparisonNamed = (id: string): Comparison | undefined => COMPARISONS.find((comparison) => comparison.id === id);
