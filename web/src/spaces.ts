/** The search spaces that the library knows, for where the library is not: the topology of the cells in a run. */
import { isObject } from "./loose";
import { need } from "./read-run";
import type { CustomSpace, Edge, Operation, SearchConfig, Space } from "./types";

const DARTS: Operation[] = ["max_pool_3x3", "avg_pool_3x3", "skip_connect", "sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5"];

/** The candidates of S1, two on each edge, in the order of the edges. */
const S1: Record<string, string> = {
  normal: "skip+dil3 skip+dil5 skip+dil5 skip+sep3 skip+dil3 max3+skip skip+sep3 skip+sep3 skip+dil3 skip+sep3 max3+skip skip+dil3 dil3+dil5 dil3+dil5",
  reduce: "max3+avg3 max3+dil3 max3+avg3 max3+avg3 skip+dil5 max3+avg3 max3+sep3 skip+dil3 skip+dil5 max3+avg3 max3+avg3 skip+dil5 skip+dil5 skip+dil5",
};
const SHORT: Record<string, Operation> = {
  skip: "skip_connect",
  max3: "max_pool_3x3",
  avg3: "avg_pool_3x3",
  sep3: "sep_conv_3x3",
  dil3: "dil_conv_3x3",
  dil5: "dil_conv_5x5",
};

/** The same candidates on every edge of both cell types. */
const stacked = (name: string, operations: Operation[]): CustomSpace => ({
  name,
  layout: "stacked",
  nodes: 4,
  cells: { normal: { operations }, reduce: { operations } },
});

const PUBLISHED: readonly CustomSpace[] = [
  {
    name: "nas-bench-201",
    layout: "staged",
    nodes: 3,
    cells: { normal: { operations: ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"] } },
  },
  stacked("darts", DARTS),
  stacked("darts-none", ["none", ...DARTS]),
  stacked("s1", []),
  stacked("s2", ["skip_connect", "sep_conv_3x3"]),
  stacked("s3", ["none", "skip_connect", "sep_conv_3x3"]),
  stacked("s4", ["noise", "sep_conv_3x3"]),
];

/** Every pair of nodes that an edge can join, in the order of the node it leads to. */
const pairs = (inputs: number, nodes: number): [from: number, to: number][] =>
  [...Array(nodes).keys()].flatMap((node) => [...Array(inputs + node).keys()].map((from): [number, number] => [from, inputs + node]));

function described({ name, layout, nodes, ...given }: CustomSpace): Space {
  const staged = layout === "staged";
  const inputs = given.inputs ?? (staged ? 1 : 2);
  const types = Object.entries(given.cells).sort(([a], [b]) => a.localeCompare(b));
  return {
    name,
    layout: staged ? "staged" : { stacked: { stem_multiplier: given.stem_multiplier ?? 3 } },
    style: given.style ?? (staged ? "nas-bench201" : "darts"),
    cell_types: types.map(([kind, { operations, edges }]) => ({
      name: kind,
      inputs,
      nodes,
      output: given.output ?? (staged ? "last" : "concat"),
      edges: pairs(inputs, nodes).flatMap(([from, to], at): Edge[] => {
        const own = name === "s1" ? S1[kind]?.split(" ")[at]?.split("+").flatMap((short) => SHORT[short] ?? []) : edges?.[`${from}->${to}`];
        const candidates = own ?? operations;
        return candidates.length === 0 ? [] : [{ from, to, operations: candidates }];
      }),
    })),
  };
}

const isList = (x: unknown): boolean => Array.isArray(x) && x.length <= 64 && x.every((operation) => typeof operation === "string");

/** Checks a description of any origin, as far as making its cells goes. */
function check(x: unknown): asserts x is CustomSpace {
  need(isObject(x) && typeof x["name"] === "string" && isObject(x["cells"]), "the custom space is not described");
  need([1, 2, undefined, null].includes(x["inputs"] as number), "a cell of the custom space has one or two inputs");
  const { nodes, cells } = x;
  need(Number.isInteger(nodes) && (nodes as number) >= 1 && (nodes as number) <= 16, "a cell of the custom space has 1 to 16 nodes");
  for (const [name, cell] of Object.entries(cells as object)) {
    const edges = isObject(cell) ? (cell["edges"] ?? {}) : undefined;
    need(["normal", "reduce"].includes(name) && isObject(cell) && isList(cell["operations"]), "a cell type of the custom space is not described");
    need(isObject(edges) && Object.values(edges).every(isList), "an edge of the custom space is not described");
  }
}

/** The space of a search. Throws a sentence where it is not known. */
export function spaceOf({ space, custom_space: custom }: SearchConfig): Space {
  const found = custom ?? PUBLISHED.find(({ name }) => name === space);
  need(found !== undefined, `unknown search space ${space.slice(0, 64)}`);
  check(found);
  return described(found);
}
