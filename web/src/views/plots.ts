/** The plots over the epochs of searches, in their order. */
import { words } from "../method";
import * as quantities from "../quantities";
import type { Quantity } from "../quantities";
import type { EpochEvent } from "../types";

/** A line of each run. */
export interface Line<E> {
  quantity: Quantity<E>;
  /** Name that tells it from the other lines of the plot. */
  name?: string;
}

export interface Plot<E> {
  key: string;
  title: string;
  /** Remark that completes the title. */
  note: string;
  lines: readonly Line<E>[];
  /** Values that the scale always holds. */
  hold: readonly number[];
  /** True if only whole numbers have ticks. */
  whole?: boolean;
  /** True if the plot is left out where no run has a value. */
  optional?: boolean;
  /** True if the norm that gradients are clipped to belongs into the plot, whose values may be far apart. */
  norms?: boolean;
}

/** A plot of one quantity, under its key. */
export const plotOf = <E>(quantity: Quantity<E>, plot: Omit<Plot<E>, "key" | "lines">): Plot<E> => ({ key: quantity.key, lines: [{ quantity }], ...plot });

export const PLOTS: readonly Plot<EpochEvent>[] = [
  plotOf(quantities.ALIGNMENT, { title: "Layer alignment Λ", note: "on the training batches", hold: [0, 0.5] }),
  plotOf(quantities.PARAMETER_FREE, { title: "Operations without weights", note: "in the derived cell", hold: [0, 4], whole: true }),
  plotOf(quantities.SATURATION, { title: "Saturation of the softmax", note: "1 − h, 0 = undecided", hold: [0] }),
  plotOf(quantities.VALID_LOSS, { title: "Validation loss", note: "what α descends", hold: [0] }),
  plotOf(quantities.TRAIN_LOSS, { title: "Training loss", note: "what the weights descend", hold: [0] }),
  plotOf(quantities.SUPERNET_ACCURACY, { title: "Supernet accuracy", note: "on the validation half", hold: [0, 1] }),
  {
    key: "gradient-norms",
    title: "Gradient of the weights, norm",
    note: "of the loss; dotted: of the regularizer",
    lines: [
      { quantity: quantities.LOSS_GRADIENT, name: "loss" },
      { quantity: quantities.REGULARIZER_GRADIENT, name: "regularizer" },
    ],
    hold: [],
    norms: true,
  },
  plotOf(quantities.CURVATURE, { title: "Curvature", note: "dominant eigenvalue of α’s Hessian", hold: [0], optional: true }),
  plotOf(quantities.TABLE_ACCURACY, {
    title: "Derived cell, trained in full",
    note: "CIFAR-10 test, by NAS-Bench-201",
    hold: [],
    optional: true,
  }),
];

/** The plot of a measure that a part of a method adds to the epochs, such as `gumbel_hard.tau`. */
export function plotOfMeasure(name: string): Plot<EpochEvent> {
  const [part = name, measure = ""] = name.split(".");
  return plotOf(quantities.measureOf(name), { title: words(measure), note: `of ${words(part).toLowerCase()}`, hold: [0], optional: true });
}
