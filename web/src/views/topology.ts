/** Names and places of cells, for labels. */
import type { CellType, CellTypeReport, Constraint, EpochEvent, Genotype, SearchConfig, Space } from "../types";

/** One cell type of a run, at one epoch: what most views draw. */
export interface Shown {
  kind: CellType;
  report: CellTypeReport;
  genotype: Genotype["cells"][number];
  /** The place of each cell of this type in the network, counted from 1. */
  places: number[];
  epoch: number;
  /** Operations that its edges are held to, or kept from. */
  held?: readonly Constraint[];
}

/** Constraints on one type of cell. */
export const constraintsOn = (config: SearchConfig | undefined, { name }: CellType): Constraint[] =>
  // Settings of a file may lack the whole table.
  (config?.architecture?.constraints ?? []).filter(({ cell }) => cell === name);

/** The places of the cells of one type among all cells that were searched in an epoch, from stem to classifier. */
export function places(space: Space, { cell_types }: EpochEvent, kind: number): number[] {
  const counts = cell_types.map(({ saturation }) => saturation.cells.length);
  const count = counts[kind] ?? 0;
  const all = [...Array(count).keys()].map((at) => at + 1);
  const reduce = space.cell_types.findIndex(({ name }) => name === "reduce");
  if (space.layout === "staged" || reduce < 0) return all;
  // Stages of a search may have networks of different depths.
  const total = counts.reduce((sum, own) => sum + own, 0);
  const reductions = new Set([Math.floor(total / 3), Math.floor((2 * total) / 3)]);
  const found: number[] = [];
  for (let cell = 0; cell < Math.min(total, 1000); cell++) {
    if (reductions.has(cell) === (kind === reduce)) found.push(cell + 1);
  }
  return found.length === count ? found : all;
}

/** One cell type at an epoch, if the run has it. */
export function shown(space: Space, config: SearchConfig, epoch: EpochEvent, kind: number): Shown | undefined {
  const [cell, report, genotype] = [space.cell_types[kind], epoch.cell_types[kind], epoch.genotype.cells[kind]];
  if (cell === undefined || report === undefined || genotype === undefined) return undefined;
  return { kind: cell, report, genotype, places: places(space, epoch, kind), epoch: epoch.epoch, held: constraintsOn(config, cell) };
}

/** Nodes as people name them: inputs by the cell they come from (k − 1 is the one before), intermediate nodes by number. */
export function nodeName({ inputs, nodes }: CellType, node: number): string {
  if (node >= inputs) return inputs === 1 && node === nodes ? "out" : String(node - (inputs === 1 ? 0 : inputs));
  if (inputs === 1) return "in";
  return node === inputs - 1 ? "k−1" : "k−2";
}

export const edgeName = (kind: CellType, edge: { from: number; to: number }): string =>
  `${nodeName(kind, edge.from)}→${nodeName(kind, edge.to)}`;
