/** Short names of operations, for where there is little room. */

const SHORT: Record<string, [label: string, glyph: string]> = {
  none: ["none", "∅"],
  skip_connect: ["skip", "sk"],
  max_pool_3x3: ["max3", "m3"],
  avg_pool_3x3: ["avg3", "a3"],
  sep_conv_3x3: ["sep3", "s3"],
  sep_conv_5x5: ["sep5", "s5"],
  sep_conv_7x7: ["sep7", "s7"],
  dil_conv_3x3: ["dil3", "d3"],
  dil_conv_5x5: ["dil5", "d5"],
  conv_7x1_1x7: ["7×1", "c7"],
  nor_conv_1x1: ["1×1", "c1"],
  nor_conv_3x3: ["3×3", "c3"],
  noise: ["noise", "~"],
};

/** Four letters or so. */
export const shortName = (operation: string): string => SHORT[operation]?.[0] ?? operation.slice(0, 5);
/** Two letters. */
export const glyph = (operation: string): string => SHORT[operation]?.[1] ?? operation.slice(0, 2);

export const isSkip = (operation: string): boolean => operation === "skip_connect";

const WITHOUT_WEIGHTS: ReadonlySet<string> = new Set(["none", "skip_connect", "max_pool_3x3", "avg_pool_3x3", "noise"]);

/** True for operations that learn nothing: the library's `is_parameter_free`. */
export const hasNoWeights = (operation: string): boolean => WITHOUT_WEIGHTS.has(operation);
