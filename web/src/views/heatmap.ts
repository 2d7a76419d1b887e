/** Saturation across cells: a row for each cell, from stem to classifier, a column for each edge they share. */
import { select } from "d3-selection";
import { brief, largest } from "./numbers";
import { glyph, isSkip, shortName } from "./operations";
import { roving } from "./roving";
import { sized } from "./sized";
import { describe } from "./tip";
import { edgeName, nodeName, type Shown } from "./topology";
import { percent, shareUnit, write } from "./units";
import type { CellType } from "../types";

/** Meaning of the colour. */
export type Measure = "saturation" | "transmitted" | "pull";

export interface HeatmapData extends Shown {
  measure: Measure;
  /** The value at the dark end of the scale. */
  top: number;
}

/** The figure of one square. */
export function figure({ report: { saturation } }: Shown, measure: Measure, cell: number, edge: number): number {
  if (measure === "saturation") return 1 - (saturation.entropy[edge] ?? 1);
  const own = saturation.cells[cell];
  return (measure === "pull" ? own?.pull : own?.transmitted[edge]) ?? 0;
}

interface Square {
  key: string;
  cell: number;
  edge: number;
  operation: string;
  value: number;
  agrees: boolean;
}

const LEFT = 58;
const RIGHT = 74;
const HEAD = 40;
const GAP = 3;
/** Between the cells and the row of what α has chosen. */
const APART = 12;

export function heatmap(host: HTMLElement, label: string): (data: HeatmapData) => void {
  const svg = select(host).append("svg").attr("class", "heatmap").attr("role", "group").attr("aria-label", label);
  const heads = svg.append("g").attr("class", "heads");
  const rows = svg.append("g").attr("class", "rows");
  const chosen = svg.append("g").attr("class", "chosen");
  const squares = svg.append("g").attr("class", "squares");

  return sized(host, (data, width) => {
    const { kind, report, measure, top, places } = data;
    const { saturation, probabilities } = report;
    const edges = kind.edges.length;
    const [left, right] = width < 440 && edges > 8 ? [34, 34] : [LEFT, RIGHT];
    const w = (width - left - right) / edges;
    const h = Math.max(26, Math.min(46, w * 0.72));
    const x = (edge: number): number => left + edge * w;
    const y = (cell: number): number => HEAD + cell * h;
    const count = saturation.cells.length;
    const end = y(count) + APART;
    const height = end + h + 4;
    svg.attr("width", width).attr("height", height).attr("viewBox", `0 0 ${width} ${height}`);

    const roomy = w >= 33;
    heads
      .selectAll("text.from")
      .data(kind.edges)
      .join("text")
      .attr("class", roomy ? "from" : "from tight")
      .attr("x", (_, e) => x(e) + w / 2)
      .attr("y", HEAD - 9)
      .text((edge) => nodeName(kind, edge.from));
    drawTargets(kind, x, w);

    const preferred = probabilities.map((row, e) => kind.edges[e]?.operations[largest(row)] ?? "");
    const all: Square[] = saturation.cells.flatMap((own, cell) =>
      kind.edges.map((edge, e) => {
        const operation = edge.operations[own.asks[e] ?? 0] ?? "";
        const value = figure(data, measure, cell, e);
        return { key: `${cell}/${e}`, cell, edge: e, operation, value, agrees: operation === preferred[e] };
      }),
    );

    const part = squares.selectAll<SVGGElement, Square>("g.square").data(all, (square) => square.key);
    const entering = part.enter().append("g").attr("class", "square").attr("role", "img");
    entering.append("rect").attr("class", "ground");
    entering.append("rect").attr("class", "pill");
    entering.append("text");
    part.exit().remove();
    entering
      .merge(part)
      .attr("transform", ({ cell, edge }) => `translate(${x(edge) + GAP / 2},${y(cell) + GAP / 2})`)
      .attr("data-x", ({ edge }) => edge)
      .attr("data-y", ({ cell }) => cell)
      .attr("data-cell", ({ cell }) => cell)
      .attr("data-edge", ({ edge }) => edge)
      .attr("data-value", ({ value }) => value)
      .attr("data-asks", ({ operation }) => operation)
      .classed("skip", ({ operation }) => isSkip(operation))
      .classed("agrees", ({ agrees }) => agrees)
      .each(function (square) {
        const own = saturation.cells[square.cell];
        const t = top > 0 ? Math.max(0, Math.min(1, square.value / top)) : 0;
        this.style.setProperty("--t", `${(100 * t).toFixed(1)}%`);
        this.classList.toggle("deep", t > 0.52);
        const mark = select(this);
        mark.select(".ground").attr("width", w - GAP).attr("height", h - GAP).attr("rx", 3);
        const text = roomy ? shortName(square.operation) : glyph(square.operation);
        const wide = Math.min(w - GAP - 2, text.length * 6.6 + 9);
        mark
          .select(".pill")
          .attr("x", (w - GAP - wide) / 2)
          .attr("y", (h - GAP) / 2 - 9)
          .attr("width", wide)
          .attr("height", 18)
          .attr("rx", 9);
        mark.select("text").attr("x", (w - GAP) / 2).attr("y", (h - GAP) / 2).text(text);
        const edge = kind.edges[square.edge];
        const saturated = 1 - (saturation.entropy[square.edge] ?? 1);
        describe(this, {
          title: `Cell ${places[square.cell] ?? square.cell + 1}, edge ${edge === undefined ? "" : edgeName(kind, edge)}`,
          lines: [
            ["asks for", square.operation],
            ["α prefers", preferred[square.edge] ?? ""],
            ["saturation 1 − h", write(shareUnit(saturated), saturated)],
            ["‖J(p)‖", brief(saturation.jacobian[square.edge])],
            ["transmitted ‖J g‖", brief(own?.transmitted[square.edge])],
            ["share ‖J g‖ / ‖g‖", percent(own?.transmitted_share[square.edge] ?? 0)],
            ["cell's pull on α", percent(own?.pull ?? 0)],
          ],
        });
      });

    drawRows(data, { left, right, width, h, y, end });
    chosen
      .selectAll<SVGTextElement, string>("text")
      .data(preferred)
      .join("text")
      .attr("x", (_, e) => x(e) + w / 2)
      .attr("y", end + h / 2)
      .attr("data-edge", (_, e) => e)
      .attr("data-prefers", (operation) => operation)
      .classed("skip", isSkip)
      .text((operation) => (roomy ? shortName(operation) : glyph(operation)));
    roving(svg.node() as SVGSVGElement, "g.square");
  });

  /** Edges stand in the order of the node they lead to: that node is named once, over all its edges. */
  function drawTargets(kind: CellType, x: (edge: number) => number, w: number): void {
    const groups = [...Array(kind.nodes).keys()].flatMap((node) => {
      const into = kind.edges.flatMap((edge, e) => (edge.to === node + kind.inputs ? [e] : []));
      const [first, last] = [into[0], into.at(-1)];
      return first === undefined || last === undefined ? [] : [{ node: node + kind.inputs, from: x(first) + GAP, to: x(last) + w - GAP }];
    });
    heads
      .selectAll("text.to")
      .data(groups)
      .join("text")
      .attr("class", "to")
      .attr("x", ({ from, to }) => (from + to) / 2)
      .attr("y", 8)
      .text(({ node, from, to }) => (to - from > 40 ? `into ${nodeName(kind, node)}` : `→${nodeName(kind, node)}`));
    heads
      .selectAll("line")
      .data(groups)
      .join("line")
      .attr("x1", ({ from }) => from)
      .attr("x2", ({ to }) => to)
      .attr("y1", 18)
      .attr("y2", 18);
  }

  interface Frame {
    left: number;
    right: number;
    width: number;
    h: number;
    y(cell: number): number;
    end: number;
  }

  /** At the left the cells' places, at the right what each has of the pull on α. */
  function drawRows({ report, places }: HeatmapData, { left, right, width, h, y, end }: Frame): void {
    const cells = report.saturation.cells;
    const narrow = left < LEFT;
    const start = width - right + 8;
    const length = right - (narrow ? 8 : 44);
    const row = rows.selectAll<SVGGElement, number>("g").data(cells.map(({ pull }) => pull));
    const entering = row.enter().append("g");
    entering.append("text").attr("class", "name");
    entering.append("rect").attr("class", "track");
    entering.append("rect").attr("class", "pull");
    entering.append("text").attr("class", "share");
    row.exit().remove();
    const merged = entering.merge(row).attr("data-pull", (pull) => pull);
    merged
      .select(".name")
      .attr("x", left - 8)
      .attr("y", (_, cell) => y(cell) + h / 2)
      .text((_, cell) => (narrow ? `${places[cell]}` : `cell ${places[cell]}`));
    for (const name of [".track", ".pull"]) {
      merged
        .select(name)
        .attr("x", start)
        .attr("y", (_, cell) => y(cell) + h / 2 - 4)
        .attr("height", 8)
        .attr("rx", 4)
        .attr("width", (pull) => Math.max(0, length * (name === ".pull" ? Math.min(1, pull) : 1)));
    }
    merged
      .select(".share")
      .attr("x", width)
      .attr("y", (_, cell) => y(cell) + h / 2)
      .text((pull) => (narrow ? "" : `${Math.round(100 * pull)} %`));
    const texts: [string, string, number, number][] = [
      ["name", narrow ? "α" : "α prefers", left - 8, end + h / 2],
      ["head", narrow ? "pull" : "pull on α", start, HEAD - 9],
    ];
    svg
      .selectAll<SVGTextElement, (typeof texts)[number]>("text.frame")
      .data(texts)
      .join("text")
      .attr("class", ([name]) => `frame ${name}`)
      .attr("x", ([, , x]) => x)
      .attr("y", ([, , , at]) => at)
      .text(([, text]) => text);
  }
}
