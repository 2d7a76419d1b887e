/** The cell as a graph: every edge as thick as its strongest candidate, the derived architecture in full ink. */
import { select } from "d3-selection";
import type { Constraint } from "../types";
import { brief, largest } from "./numbers";
import { isSkip, shortName } from "./operations";
import { roving } from "./roving";
import { sized } from "./sized";
import { describe } from "./tip";
import { drawHeld, heldOn, ruleOn, writeHeld } from "./held";
import { edgeName, nodeName, type Shown } from "./topology";

interface Point {
  x: number;
  y: number;
}

interface Drawn {
  key: string;
  index: number;
  name: string;
  /** The strongest candidate and its weight; without a weight in a cell that no search shows. */
  strongest: string;
  weight: number | undefined;
  /** Operation of the derived architecture on this edge, if it keeps the edge. */
  derived: string | undefined;
  weights: [operation: string, weight: number][];
  path: string;
  middle: Point;
  /** Operations that it is held to, or kept from. */
  held: readonly Constraint[];
}

/** Role of the edges: parts of a drawing, or buttons that open a menu. */
export type EdgeRole = "img" | "button";

const RADIUS = 15;
const WIDEST = 11;
/** Width of an edge whose weight is not known. */
const PLAIN = 5;
const MARGIN = 16;
/** Between two input nodes. */
const APART = 104;
/** Bend of an arc from an input for every node it passes. */
const ARC = 0.52;

/** Bend of an edge away from the straight line: up is negative. */
function bend(from: number, to: number, inputs: number, spread: number): number {
  const first = from - inputs;
  if (inputs === 1) {
    const steps = to - from;
    if (steps === 1) return 0;
    return (from % 2 === 0 ? -1 : 1) * spread * (steps - 1);
  }
  // Of two inputs one passes above, the other below.
  if (first < 0) return (from === 0 ? -1 : 1) * spread * ARC * (to - inputs);
  const steps = to - from;
  if (steps === 1) return 0;
  return (first % 2 === 0 ? -1 : 1) * spread * 0.5 * (steps - 1);
}

/** Between the operations of one edge, of which a genotype may have several. */
const BESIDE = " + ";

/** The operations that the genotype keeps on an edge. */
function derivedOn({ nodes, inputs }: Shown["genotype"], { from, to }: Shown["kind"]["edges"][number]): string | undefined {
  const kept = nodes[to - inputs]?.filter(([, read]) => read === from).map(([operation]) => operation) ?? [];
  return kept.length === 0 ? undefined : kept.join(BESIDE);
}

export function cellGraph(host: HTMLElement, label: string, role: EdgeRole = "img"): (data: Shown) => void {
  const svg = select(host).append("svg").attr("class", "cell-graph").attr("role", "group").attr("aria-label", label);
  const edgeLayer = svg.append("g").attr("class", "edges");
  const nodeLayer = svg.append("g").attr("class", "nodes");
  const labelLayer = svg.append("g").attr("class", "labels");
  const heldLayer = svg.append("g").attr("class", "held");
  const frame = svg.append("g").attr("class", "frame");

  return sized(host, (data: Shown, width) => {
    const { kind, report, genotype } = data;
    const wide = Math.min(width, 640);
    const two = kind.inputs > 1;
    const total = kind.inputs + kind.nodes;
    const columns = two ? kind.nodes + 1 : total;
    const step = (wide - 2 * RADIUS - 16) / Math.max(1, columns - 1);
    const spread = Math.min(70, 30 + step * 0.3);
    // The highest arc spans the cell; below it is as deep only with two inputs.
    const reach = two ? APART / 4 + ARC * spread * kind.nodes * 0.75 : spread * (total - 2);
    const base = MARGIN + Math.max(reach, two ? APART / 2 + RADIUS : 0);
    const depth = two ? reach + 46 : Math.max(spread * (total - 3), RADIUS);
    const height = base + depth + MARGIN;
    const offset = (width - wide) / 2 + RADIUS + 8;
    const point = (node: number): Point => {
      if (!two) return { x: offset + node * step, y: base };
      if (node < kind.inputs) return { x: offset, y: base + (node - (kind.inputs - 1) / 2) * APART };
      return { x: offset + (node - kind.inputs + 1) * step, y: base };
    };
    svg.attr("width", width).attr("height", height).attr("viewBox", `0 0 ${width} ${height}`);

    const drawn: Drawn[] = kind.edges.map((edge, index) => {
      const row = report.probabilities[index];
      const best = largest(row ?? []);
      const [a, b] = [point(edge.from), point(edge.to)];
      const lift = bend(edge.from, edge.to, kind.inputs, spread);
      const third = (b.x - a.x) * 0.3;
      // Both handles are lifted by 4/3 so that the middle is lifted by the whole.
      const [c, d] = [
        { x: a.x + third, y: a.y + (lift * 4) / 3 },
        { x: b.x - third, y: b.y + (lift * 4) / 3 },
      ];
      const at = (t: number, p: keyof Point): number =>
        (1 - t) ** 3 * a[p] + 3 * (1 - t) ** 2 * t * c[p] + 3 * (1 - t) * t * t * d[p] + t ** 3 * b[p];
      const t = two && edge.from < kind.inputs ? 0.56 : 0.5;
      return {
        key: `${edge.from}/${edge.to}`,
        index,
        name: edgeName(kind, edge),
        strongest: edge.operations[best] ?? "",
        weight: row?.[best],
        derived: derivedOn(genotype, edge),
        weights: row === undefined ? [] : edge.operations.map((operation, k) => [operation, row[k] ?? 0]),
        path: `M${a.x},${a.y}C${c.x},${c.y} ${d.x},${d.y} ${b.x},${b.y}`,
        middle: { x: at(t, "x"), y: at(t, "y") },
        held: heldOn(data.held, edge),
      };
    });

    // Before the first epoch nothing is stronger than anything else.
    const undecided = genotype.nodes.length === 0;
    const shown = (edge: Drawn): string => (undecided ? "" : (edge.derived ?? edge.strongest));
    edgeLayer
      .selectAll<SVGPathElement, Drawn>("path")
      .data(drawn, (edge) => edge.key)
      .join("path")
      .attr("d", (edge) => edge.path)
      .attr("role", role)
      .attr("aria-haspopup", role === "button" ? "menu" : null)
      .attr("data-held", (edge) => writeHeld(edge.held))
      .attr("data-x", (edge) => edge.index)
      .attr("data-y", 0)
      .attr("data-edge", (edge) => edge.index)
      .attr("data-weight", (edge) => edge.weight ?? null)
      .attr("data-strongest", (edge) => edge.strongest)
      .attr("data-derived", (edge) => edge.derived ?? "")
      .classed("derived", (edge) => edge.derived !== undefined && edge.derived !== "none")
      .classed("skip", (edge) => isSkip(shown(edge)))
      .classed("none", (edge) => shown(edge) === "none")
      .each(function (edge) {
        this.style.setProperty("stroke-width", `${(edge.weight === undefined ? PLAIN : 1.2 + WIDEST * edge.weight).toFixed(2)}px`);
        const kept = undecided ? "undecided" : edge.derived === undefined ? "not in the derived cell" : `derived: ${edge.derived}`;
        const lines = edge.weights.map(([operation, weight]) => [operation, `${brief(weight)}${ruleOn(edge.held, operation)}`] as const);
        describe(this, { title: `Edge ${edge.name}, ${kept}`, lines });
      });

    labelLayer
      .selectAll<SVGTextElement, Drawn>("text")
      .data(
        drawn.filter((edge) => edge.derived !== undefined),
        (edge) => edge.key,
      )
      .join("text")
      .attr("x", (edge) => edge.middle.x)
      .attr("y", (edge) => edge.middle.y)
      .classed("skip", (edge) => edge.derived !== undefined && isSkip(edge.derived))
      .classed("none", (edge) => edge.derived === "none")
      .text((edge) => (edge.derived ?? "").split(BESIDE).map(shortName).join(BESIDE));

    drawHeld(heldLayer, drawn);

    const nodes = nodeLayer.selectAll<SVGGElement, number>("g").data([...Array(total).keys()]);
    const entering = nodes.enter().append("g");
    entering.append("circle").attr("r", RADIUS);
    entering.append("text");
    nodes.exit().remove();
    entering
      .merge(nodes)
      .classed("input", (node) => node < kind.inputs)
      .attr("transform", (node) => `translate(${point(node).x},${point(node).y})`)
      .select("text")
      .text((node) => nodeName(kind, node));

    drawOutput(kind.output === "concat", point(kind.inputs).x, point(total - 1).x, height - 22);
    roving(svg.node() as SVGSVGElement, ".edges path");
  });

  /** A bracket under the nodes that are concatenated. */
  function drawOutput(concat: boolean, from: number, to: number, y: number): void {
    const parts = concat ? [{ from: from - RADIUS, to: to + RADIUS }] : [];
    frame
      .selectAll("path")
      .data(parts)
      .join("path")
      .attr("d", (part) => `M${part.from},${y - 16}v6H${part.to}v-6`);
    frame
      .selectAll("text")
      .data(parts)
      .join("text")
      .attr("x", (part) => (part.from + part.to) / 2)
      .attr("y", y + 6)
      .text("concatenated: the cell's output");
  }
}
