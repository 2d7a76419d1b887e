/** The weights of three candidates as a point in a triangle, and what pulls at it. */
import { select } from "d3-selection";
import { norm } from "../alignment";
import { onPlane, sumOf, throughSoftmax, type Moment } from "../softmax";
import { brief } from "./numbers";
import { isSkip, shortName } from "./operations";
import { roving } from "./roving";
import { sized } from "./sized";
import { describe } from "./tip";

export interface SimplexData extends Moment {
  /** The candidates of the edge, and which of them are the corners. */
  operations: readonly string[];
  corners: readonly number[];
  /** p at the end of each epoch until now. */
  trail: readonly (readonly number[])[];
  /** The places of the cells in the network. */
  places: readonly number[];
}

interface Point {
  x: number;
  y: number;
}

type What = "cell" | "turned" | "sum" | "through";

/** A vector of all candidates, drawn as its part in the plane of the corners. */
interface Arrow {
  key: string;
  what: What;
  cell: number;
  title: string;
  vector: readonly number[];
}

/** Of the longest arrow, as a share of a side of the triangle. */
const REACH = 0.34;
const MARGIN = { side: 70, top: 34, bottom: 38 };
const LARGEST = 330;
/** On an edge of two candidates all arrows lie on one line, so each has a row of its own. */
const ROW = 11;
/** Lengths of the heads. */
const HEAD = { cell: 8, turned: 8, sum: 10, through: 13 };

/** The corners of a triangle with sides of length 1, the first at the lower left; two are the ends of a line. */
const CORNERS: readonly (readonly Point[])[] = [
  [],
  [{ x: 0.5, y: 0 }],
  [{ x: 0, y: 0 }, { x: 1, y: 0 }],
  [{ x: 0, y: 0 }, { x: 0.5, y: -Math.sqrt(0.75) }, { x: 1, y: 0 }],
];

/** Σ w_i·C_i: a point where the weights add up to 1, a vector where they add up to 0. */
const placed = (weights: readonly number[], corners: readonly Point[]): Point =>
  corners.reduce((sum, { x, y }, at) => ({ x: sum.x + (weights[at] ?? 0) * x, y: sum.y + (weights[at] ?? 0) * y }), { x: 0, y: 0 });

/** The weights of the corners as shares of their sum. */
function shares(p: readonly number[], corners: readonly number[]): number[] {
  const kept = corners.map((corner) => p[corner] ?? 0);
  const sum = kept.reduce((a, b) => a + b, 0);
  return kept.map((weight) => (sum > 0 ? weight / sum : 1 / kept.length));
}

/** Everything that pulls at the point, in the order of drawing. */
function arrowsOf({ p, pulls, turned, places }: Moment & Pick<SimplexData, "places">): Arrow[] {
  if (pulls.length === 0) return [];
  const name = (cell: number): string => `Cell ${places[cell] ?? cell + 1}`;
  const sum = sumOf(pulls, p.length);
  return [
    ...pulls.map((vector, cell): Arrow => ({ key: `cell/${cell}`, what: "cell", cell, title: `${name(cell)}, −g`, vector })),
    ...turned.map((vector, cell): Arrow => ({ key: `turned/${cell}`, what: "turned", cell, title: `${name(cell)}, −g turned along δ`, vector })),
    { key: "sum", what: "sum", cell: pulls.length, title: "Sum of −g over the cells", vector: sum },
    { key: "through", what: "through", cell: pulls.length, title: "J(p) times the sum: what reaches α", vector: throughSoftmax(p, sum) },
  ];
}

export function simplex(host: HTMLElement, label: string): (data: SimplexData) => void {
  const svg = select(host).append("svg").attr("class", "simplex").attr("role", "group").attr("aria-label", label);
  const outline = svg.append("path").attr("class", "outline");
  const trail = svg.append("path").attr("class", "trail");
  const cornerLayer = svg.append("g").attr("class", "corners");
  const arrowLayer = svg.append("g").attr("class", "arrows");
  const point = svg.append("circle").attr("class", "point").attr("r", 6).attr("role", "img");

  return sized(host, (data: SimplexData, width) => {
    const { p, corners, operations } = data;
    const form = CORNERS[corners.length] ?? [];
    const arrows = arrowsOf(data);
    const flat = corners.length < 3;
    const side = Math.min(LARGEST, width - 2 * MARGIN.side);
    const base = MARGIN.top + (flat ? ROW : side * Math.sqrt(0.75));
    const height = base + MARGIN.bottom + (flat ? ROW * (arrows.length + 1) : 0);
    const left = (width - side) / 2;
    const on = ({ x, y }: Point): Point => ({ x: left + side * x, y: base + side * y });
    const at = (weights: readonly number[]): Point => on(placed(shares(weights, corners), form));
    svg.attr("width", width).attr("height", height).attr("viewBox", `0 0 ${width} ${height}`);

    const line = (points: readonly Point[]): string => points.map(({ x, y }, n) => `${n === 0 ? "M" : "L"}${x.toFixed(2)},${y.toFixed(2)}`).join("");
    outline.attr("d", `${line(form.map(on))}Z`);
    const here = at(p);
    trail.attr("d", line([...data.trail.map(at), here]));
    drawCorners(data, form.map(on));

    const planes = arrows.map(({ vector }) => placed(onPlane(vector, corners), form));
    const longest = Math.max(...planes.map(({ x, y }) => Math.hypot(x, y)));
    const scale = longest > 0 ? (REACH * side) / longest : 0;
    const part = arrowLayer.selectAll<SVGGElement, Arrow>("g").data(arrows, ({ key }) => key);
    const entering = part.enter().append("g").attr("role", "img");
    for (const name of ["wide", "line", "head"]) entering.append("path").attr("class", name);
    entering.append("text");
    part.exit().remove();
    entering
      .merge(part)
      .order()
      .attr("class", ({ what }) => `arrow ${what}`)
      .attr("data-what", ({ what }) => what)
      .attr("data-cell", ({ what, cell }) => (what === "cell" || what === "turned" ? cell : null))
      .attr("data-vector", ({ vector }) => vector.join())
      .attr("data-x", (_, n) => n)
      .attr("data-y", 0)
      .each(function ({ what, title, vector, cell }, n) {
        const { x, y } = planes[n] ?? { x: 0, y: 0 };
        const from = { x: here.x, y: here.y + (flat ? ROW * (n + 1.5) : 0) };
        const tip = { x: from.x + scale * x, y: from.y + scale * y };
        const mark = select(this);
        const length = Math.hypot(tip.x - from.x, tip.y - from.y);
        const size = Math.min(HEAD[what], length) / Math.max(length, 1e-9);
        const neck = { x: tip.x - size * (tip.x - from.x), y: tip.y - size * (tip.y - from.y) };
        mark.select(".wide").attr("d", line([from, tip]));
        mark.select(".line").attr("d", line([from, neck]));
        mark.select(".head").attr("d", head(neck, tip));
        const beyond = (length + 9) / Math.max(length, 1e-9);
        const shown = what === "cell" && length > HEAD.cell;
        mark
          .select("text")
          .attr("x", from.x + beyond * (tip.x - from.x))
          .attr("y", from.y + beyond * (tip.y - from.y))
          .text(shown ? (data.places[cell] ?? cell + 1) : "");
        describe(this, {
          title,
          lines: [["length", brief(norm(vector))], ...operations.map((operation, k) => [operation, brief(vector[k])] as const)],
        });
      });

    point.attr("cx", here.x).attr("cy", here.y).attr("data-x", arrows.length).attr("data-y", 0).attr("data-p", p.join());
    describe(point.node() as SVGCircleElement, { title: "Softmax p", lines: operations.map((operation, k) => [operation, brief(p[k])] as const) });
    roving(svg.node() as SVGSVGElement, ".arrow, .point");
  });

  function drawCorners({ corners, operations }: SimplexData, places: readonly Point[]): void {
    cornerLayer
      .selectAll("text")
      .data(corners.map((corner) => operations[corner] ?? ""))
      .join("text")
      .classed("skip", isSkip)
      .attr("x", (_, n) => places[n]?.x ?? 0)
      .attr("y", (_, n) => (places[n]?.y ?? 0) + (n === 1 || corners.length < 3 ? -16 : 20))
      .text(shortName);
  }
}

function head(neck: Point, tip: Point): string {
  const aside = { x: 0.45 * (neck.y - tip.y), y: 0.45 * (tip.x - neck.x) };
  return `M${tip.x},${tip.y}L${neck.x + aside.x},${neck.y + aside.y}L${neck.x - aside.x},${neck.y - aside.y}Z`;
}
