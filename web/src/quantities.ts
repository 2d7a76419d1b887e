/** Quantities of an epoch that plots and tables show. `kind` is the cell type. */
import { mean } from "d3-array";
import type { EpochEvent } from "./types";
import { COUNT, FINE_PERCENT, PERCENT, PLAIN, shareUnit, type Unit } from "./views/units";

export interface Quantity<E = EpochEvent> {
  key: string;
  of(epoch: E, kind: number): number | undefined;
  /** The unit for values of which `top` is the largest. */
  unit(top: number): Unit;
}

/** Null where another program wrote the run. */
const maybe = (value: number | null | undefined): number | undefined => value ?? undefined;

/** Mean of 1 − h over the edges. Rounding may take an even edge a little below 0. */
const saturation = (entropy: readonly number[] = []): number | undefined => {
  const found = mean(entropy, (h) => 1 - h);
  return found === undefined ? undefined : Math.max(0, found);
};

export const ALIGNMENT: Quantity = { key: "alignment", of: (epoch, kind) => maybe(epoch.cell_types[kind]?.alignment), unit: () => PLAIN };
export const SATURATION: Quantity = { key: "saturation", of: (epoch, kind) => saturation(epoch.cell_types[kind]?.saturation.entropy), unit: shareUnit };
export const PARAMETER_FREE: Quantity = { key: "parameter-free", of: (epoch) => epoch.parameter_free, unit: () => COUNT };
export const VALID_LOSS: Quantity = { key: "valid-loss", of: (epoch) => epoch.valid_loss, unit: () => PLAIN };
export const TRAIN_LOSS: Quantity = { key: "train-loss", of: (epoch) => epoch.train_loss, unit: () => PLAIN };
export const SUPERNET_ACCURACY: Quantity = { key: "supernet-accuracy", of: (epoch) => epoch.supernet_accuracy, unit: () => PERCENT };
export const LOSS_GRADIENT: Quantity = { key: "loss-gradient-norm", of: (epoch) => maybe(epoch.loss_gradient_norm), unit: () => PLAIN };
export const REGULARIZER_GRADIENT: Quantity = { key: "regularizer-gradient-norm", of: (epoch) => maybe(epoch.regularizer_gradient_norm), unit: () => PLAIN };
export const CURVATURE: Quantity = { key: "curvature", of: (epoch) => maybe(epoch.curvature), unit: () => PLAIN };
export const TABLE_ACCURACY: Quantity = { key: "table-accuracy", of: (epoch) => maybe(epoch.benchmark?.cifar10_test), unit: () => FINE_PERCENT };

/** A measure that a part of a method adds to the epochs, such as `gumbel_hard.tau`. */
export const measureOf = (name: string): Quantity => ({ key: name, of: (epoch) => maybe(epoch.measures?.[name]), unit: () => PLAIN });

/** Number of operations in a derived architecture, over all cell types. */
export const operationsIn = ({ operations }: EpochEvent): number => Object.values(operations).reduce((sum, count) => sum + count, 0);
