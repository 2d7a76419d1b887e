/** The cells of an architecture as graphs for Graphviz, as `lambda-darts report --dot` writes them: one for each type. */
import type { Genotype, Space } from "./types";

const quoted = (text: string): string => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;

export function toDot(name: string, space: Space, genotype: Genotype): string {
  return space.cell_types
    .map(({ name: kind, inputs }, c) => {
      const nodes = genotype.cells[c]?.nodes ?? [];
      const edges = nodes.flatMap((reads, n) => reads.map(([operation, from]) => `  ${from} -> ${inputs + n} [label=${quoted(operation)}];\n`));
      return `digraph ${quoted(`${name} ${kind}`)} {\n  rankdir=LR; node [shape=circle];\n${edges.join("")}}\n`;
    })
    .join("");
}
