/** Ready-made comparisons, each with one sentence. */
import type { Settings } from "./settings";

export interface Preset {
  id: string;
  name: string;
  sentence: string;
  space: string;
  /** What differs from the library's small settings for the space. */
  set: Partial<Settings>;
}

export const PRESETS: readonly Preset[] = [
  {
    id: "collapse",
    name: "Watch DARTS collapse",
    sentence: "One seed, one data set, two methods: plain DARTS leans on skip connections while its cells disagree, Λ-DARTS brings them to agree. A whole collapse takes harder images than these digits.",
    space: "nas-bench-201",
    set: { left: "darts", right: "lambda-darts" },
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
    sentence: "Fourteen edges with seven candidates each, and two kinds of cell; slower, and closer to the papers.",
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

export const DEFAULT_PRESET = PRESETS[0] as Preset;

/** The preset that stands for settings without a ready-made comparison. */
export const OWN_PRESET = PRESETS[PRESETS.length - 1] as Preset;

export const presetNamed = (id: string): Preset | undefined => PRESETS.find((preset) => preset.id === id);
