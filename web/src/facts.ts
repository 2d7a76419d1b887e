/** What is said of an epoch beside its drawings. */
import { mean } from "d3-array";
import { operationsIn, SATURATION } from "./quantities";
import type { Run } from "./run";
import type { EpochEvent } from "./types";
import { figure, type Measure } from "./views/heatmap";
import { brief, placeOf } from "./views/numbers";
import { hasNoWeights } from "./views/operations";
import type { Shown } from "./views/topology";
import { percent, write, type Unit } from "./views/units";

/** The cell and its supernet; `saturation` is the unit that both sides have in common. */
export function cellFacts(epoch: EpochEvent, kind: number, saturation: Unit): string {
  const own = SATURATION.of(epoch, kind);
  const parts = [
    `No weights ${epoch.parameter_free} of ${operationsIn(epoch)}${epoch.cell_types.length > 1 ? " in all cell types" : ""}`,
    `saturation ${own === undefined ? "–" : write(saturation, own)}`,
    `supernet ${percent(epoch.supernet_accuracy)}`,
    ...(epoch.clipped > 0 ? [`${percent(epoch.clipped)} of the steps clipped`] : []),
  ];
  return parts.join(" · ");
}

/** What the derived cell reaches by the benchmark; undefined on other spaces. */
export function worth(epoch: EpochEvent | undefined): string | undefined {
  const known = epoch?.benchmark;
  // Null where another program wrote the run.
  if (known === undefined || known === null) return undefined;
  return `Trained in full: ${percent(known.cifar10_test)}, rank ${placeOf(known)}`;
}

/** The last warnings up to an epoch; an epoch has them only when they appear. */
export function warningOf(run: Run | undefined, at: number): string {
  const told = run?.epochs.slice(0, at).filter(({ warnings = [] }) => warnings.length > 0).at(-1);
  return told === undefined ? "" : `Epoch ${told.epoch}: ${told.warnings?.join("; ") ?? ""}.`;
}

export function saturationFacts(now: Shown, measure: Measure): string {
  const { cells } = now.report.saturation;
  if (measure === "saturation") {
    const free = cells.flatMap(({ asks }) => asks.filter((asked, e) => hasNoWeights(now.kind.edges[e]?.operations[asked] ?? "")));
    const total = cells.length * now.kind.edges.length;
    return `The cells ask for an operation without weights on ${free.length} of ${total} squares; they agree with α on ${percent(mean(cells, ({ agreement }) => agreement) ?? 0)}.`;
  }
  if (measure === "pull") {
    const strongest = cells.reduce((best, { pull }, at) => (pull > (cells[best]?.pull ?? 0) ? at : best), 0);
    return `Cell ${now.places[strongest] ?? strongest + 1} pulls hardest, with ${percent(cells[strongest]?.pull ?? 0)} of all.`;
  }
  const all = cells.flatMap((_, cell) => now.kind.edges.map((__, edge) => figure(now, measure, cell, edge)));
  return `Largest ${brief(Math.max(0, ...all))}, mean ${brief(mean(all))}.`;
}

/** Only the number that the search measured in its steps, on the training batches, is called Λ. */
export function agreementFacts({ report: { alignment, saturation } }: Shown): string {
  if (alignment === null || alignment === undefined) return "A single cell of this type: nothing to compare.";
  return `Mean cosine ${brief(saturation.mean_cosine)}, of the validation gradients. Λ on the training batches: ${brief(alignment)}.`;
}
