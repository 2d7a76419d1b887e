/** Marks in a plot over the epochs: flags where settings changed, and a band over the epochs that two runs have in common. */
import { select, type Selection } from "d3-selection";

/** Flag at a place in a run. */
export interface Mark {
  /** Number of epochs that had passed, with the fraction of the one in progress. */
  at: number;
  text: string;
}

/** Marks of one series. */
export interface Marked {
  look: string;
  marks?: readonly Mark[];
  /** Number of its first epochs that it has in common with another one. */
  past?: number;
}

interface Place {
  x(epoch: number): number;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

type Layer = Selection<SVGGElement, unknown, null, undefined>;
type Flag = Mark & { look: string };

/** With more flags than this a plot could not be read. */
const MOST_FLAGS = 100;
const CLOTH = 9;

/** Draws the marks of all series into a layer behind the lines. */
export function drawMarks(layer: Layer, series: readonly Marked[], place: Place): void {
  drawPast(layer, Math.max(0, ...series.map(({ past = 0 }) => past)), place);
  const flags = series.flatMap(({ look, marks = [] }) => together(marks).slice(-MOST_FLAGS).map((mark): Flag => ({ ...mark, look })));
  const within = (at: number): number => Math.max(place.left, Math.min(place.right, place.x(at)));
  layer
    .selectAll<SVGGElement, Flag>("g.flag")
    .data(flags)
    .join((enter) => {
      const made = enter.append("g");
      made.append("title");
      made.append("line");
      made.append("path");
      return made;
    })
    .attr("class", ({ look }) => `flag ${look}`)
    .attr("data-at", ({ at }) => at)
    .attr("transform", ({ at }) => `translate(${within(at)},0)`)
    .each(function ({ at, look, text }) {
      const flag = select(this);
      flag.select("title").text(text);
      flag.select("line").attr("y1", place.top).attr("y2", place.bottom);
      // The cloth of one run flies to the left, that of the other one to the right and lower: neither hides the other.
      const room = look === "left" ? within(at) - place.left > CLOTH : place.right - within(at) < CLOTH;
      const way = room ? -CLOTH : CLOTH;
      const y = place.top + (look === "left" ? 0 : CLOTH);
      flag.select("path").attr("d", `M0,${y}l${way},3.5l${-way},3.5z`);
    });
}

/** Changes at one place have one flag. */
function together(marks: readonly Mark[]): Mark[] {
  const places = new Map<number, string>();
  for (const { at, text } of marks) places.set(at, [...(places.has(at) ? [places.get(at)] : []), text].join("\n"));
  return [...places].map(([at, text]) => ({ at, text }));
}

function drawPast(layer: Layer, past: number, { x, top, bottom }: Place): void {
  layer
    .selectAll<SVGRectElement, number>("rect.past")
    .data(past > 1 ? [past] : [])
    .join((enter) => {
      const made = enter.insert("rect", ":first-child").attr("class", "past");
      made.append("title");
      return made;
    })
    .attr("x", x(1))
    .attr("y", top)
    .attr("width", (end) => Math.max(0, x(end) - x(1)))
    .attr("height", bottom - top)
    .select("title")
    .text((end) => `Both runs have the epochs up to ${end} in common.`);
}
