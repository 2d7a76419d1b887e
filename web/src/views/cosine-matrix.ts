/** The cosine between the gradients of every two cells: do they want the same thing? */
import { select } from "d3-selection";
import { brief } from "./numbers";
import { roving } from "./roving";
import { sized } from "./sized";
import { describe } from "./tip";
import type { Shown } from "./topology";

interface Entry {
  key: string;
  row: number;
  column: number;
  value: number;
}

/** Without the sign of a value that rounds to nothing. */
const twoPlaces = (value: number): string => value.toFixed(2).replace(/^-(?=0\.00$)/, "").replace("-", "−");

const LEFT = 58;
const HEAD = 24;
const GAP = 3;

export function cosineMatrix(host: HTMLElement, label: string): (data: Shown) => void {
  const svg = select(host).append("svg").attr("class", "cosine-matrix").attr("role", "group").attr("aria-label", label);
  const names = svg.append("g").attr("class", "names");
  const squares = svg.append("g").attr("class", "squares");

  return sized(host, ({ report: { saturation }, places }: Shown, width) => {
    const count = saturation.cosines.length;
    const side = Math.max(8, Math.min(64, (width - LEFT) / Math.max(1, count), 320 / Math.max(1, count)));
    const [w, h] = [LEFT + side * count, HEAD + side * count];
    svg.attr("width", w).attr("height", h).attr("viewBox", `0 0 ${w} ${h}`);
    const entries = saturation.cosines.flatMap((line, row) =>
      line.map((value, column): Entry => ({ key: `${row}/${column}`, row, column, value })),
    );

    const part = squares.selectAll<SVGGElement, Entry>("g.entry").data(entries, ({ key }) => key);
    const entering = part.enter().append("g").attr("class", "entry").attr("role", "img");
    entering.append("rect").attr("rx", 3);
    entering.append("text");
    part.exit().remove();
    entering
      .merge(part)
      .attr("transform", ({ row, column }) => `translate(${LEFT + column * side},${HEAD + row * side})`)
      .attr("data-x", ({ column }) => column)
      .attr("data-y", ({ row }) => row)
      .attr("data-row", ({ row }) => row)
      .attr("data-column", ({ column }) => column)
      .attr("data-value", ({ value }) => value)
      .classed("against", ({ value }) => value < 0)
      .classed("deep", ({ value }) => Math.abs(value) > 0.6)
      .each(function ({ row, column, value }) {
        this.style.setProperty("--t", `${(100 * Math.min(1, Math.abs(value))).toFixed(1)}%`);
        const mark = select(this);
        mark.select("rect").attr("width", side - GAP).attr("height", side - GAP);
        mark
          .select("text")
          .attr("x", (side - GAP) / 2)
          .attr("y", (side - GAP) / 2)
          .text(side < 34 ? "" : twoPlaces(value));
        describe(this, {
          title: `Cells ${places[row] ?? row + 1} and ${places[column] ?? column + 1}`,
          lines: [["cosine of their gradients", brief(value)]],
        });
      });

    const texts = places.flatMap((place, at) => [
      { text: side < 34 ? String(place) : `cell ${place}`, x: LEFT + (at + 0.5) * side - GAP / 2, y: HEAD - 9, name: "column" },
      { text: `cell ${place}`, x: LEFT - 8, y: HEAD + (at + 0.5) * side, name: "row" },
    ]);
    names
      .selectAll("text")
      .data(texts)
      .join("text")
      .attr("class", ({ name }) => name)
      .attr("x", ({ x }) => x)
      .attr("y", ({ y }) => y)
      .text(({ text }) => text);
    roving(svg.node() as SVGSVGElement, "g.entry");
  });
}
