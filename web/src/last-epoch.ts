/** What the quantities of runs are at their last epochs. */
import { ALIGNMENT, CURVATURE, PARAMETER_FREE, SATURATION, SUPERNET_ACCURACY, TABLE_ACCURACY, type Quantity } from "./quantities";
import type { EndedEpoch, Run } from "./run";
import type { Unit } from "./views/units";

const MEASURED: readonly (readonly [title: string, quantity: Quantity])[] = [
  ["Λ", ALIGNMENT],
  ["Saturation 1 − h", SATURATION],
  ["No weights", PARAMETER_FREE],
  ["Supernet accuracy", SUPERNET_ACCURACY],
  ["Curvature", CURVATURE],
  ["Trained in full, CIFAR-10 test", TABLE_ACCURACY],
];

/** A run at its last epoch. */
export interface Last {
  run: Run;
  epoch: EndedEpoch;
}

export const lastOf = (run: Run): Last[] => run.epochs.slice(-1).map((epoch) => ({ run, epoch }));

/** What a quantity is in a run at its end. A space without reduction cells is described by those that it has. */
export const valueOf = ({ of }: Quantity, { run, epoch }: Last, kind: number): number | undefined => of(epoch, Math.min(kind, run.space.cell_types.length - 1));

/** A quantity with a unit for all runs. */
export interface Measured {
  title: string;
  quantity: Quantity;
  unit: Unit;
}

/** The quantities that some run has. */
export function measured(lasts: readonly Last[], kind: number): Measured[] {
  return MEASURED.flatMap(([title, quantity]) => {
    const known = lasts.flatMap((last) => valueOf(quantity, last, kind) ?? []);
    return known.length === 0 ? [] : [{ title, quantity, unit: quantity.unit(Math.max(...known)) }];
  });
}
