/** A cell of a genotype without a search: its own edges, and no weights of operations. */
import type { Edge, Genotype, Space } from "../types";
import type { Shown } from "./topology";

/** One cell type of a genotype, for the drawing of a cell. */
export function derivedCell(space: Space, genotype: Genotype, kind: number): Shown | undefined {
  const [cell, own] = [space.cell_types[kind], genotype.cells[kind]];
  if (cell === undefined || own === undefined) return undefined;
  const edges = own.nodes.flatMap((reads, node): Edge[] => {
    const sources = new Set(reads.map(([, from]) => from));
    return [...sources].map((from) => ({ from, to: own.inputs + node, operations: reads.filter(([, read]) => read === from).map(([operation]) => operation) }));
  });
  return {
    kind: { ...cell, inputs: own.inputs, edges },
    places: [],
    epoch: 0,
    genotype: own,
    report: {
      name: cell.name,
      alignment: null,
      probabilities: [],
      saturation: { entropy: [], jacobian: [], cells: [], cosines: [], mean_cosine: null, mean_sign_agreement: null },
    },
  };
}
