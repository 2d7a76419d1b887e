/** Operations that edges are held to or kept from, as the drawing of a cell writes them. */
import { select, type Selection } from "d3-selection";
import type { Constraint, Edge } from "../types";
import { shortName } from "./operations";

/** Words for what a rule has done. */
export const RULED: Readonly<Record<Constraint["rule"], string>> = { force: "forced", forbid: "forbidden" };

/** Constraints of one edge among those of its type of cell. */
export const heldOn = (held: readonly Constraint[] = [], edge: Pick<Edge, "from" | "to">): Constraint[] =>
  held.filter(({ from, to }) => from === edge.from && to === edge.to);

/** Rule for an operation, as it follows its weight. */
export function ruleOn(held: readonly Constraint[], operation: string): string {
  const found = held.find((one) => one.operation === operation);
  return found === undefined ? "" : `, ${RULED[found.rule]}`;
}

/** Signs for the constraints of an edge: = with the forced operation, ≠ with the forbidden one or their number. */
export function writeHeld(held: readonly Constraint[]): string {
  const forced = held.find(({ rule }) => rule === "force");
  if (forced !== undefined) return `= ${shortName(forced.operation)}`;
  const [first, ...others] = held;
  if (first === undefined) return "";
  return `≠ ${others.length === 0 ? shortName(first.operation) : `${held.length} ops`}`;
}

interface Edged {
  key: string;
  held: readonly Constraint[];
  middle: { x: number; y: number };
}

/** Below the name of the operation that is derived. */
const BELOW = 18;
const HEIGHT = 15;
/** Mean width of a sign, and room at both ends. */
const [SIGN, ENDS] = [6.2, 10];

/** Draws a badge on each edge that has constraints. */
export function drawHeld(layer: Selection<SVGGElement, unknown, null, undefined>, edges: readonly Edged[]): void {
  layer
    .selectAll<SVGGElement, Edged>("g")
    .data(
      edges.filter(({ held }) => held.length > 0),
      ({ key }) => key,
    )
    .join((enter) => {
      const made = enter.append("g");
      made.append("rect").attr("height", HEIGHT).attr("y", -HEIGHT / 2).attr("rx", 4);
      made.append("text");
      return made;
    })
    .attr("class", ({ held }) => (held.some(({ rule }) => rule === "force") ? "badge force" : "badge forbid"))
    .attr("transform", ({ middle }) => `translate(${middle.x},${middle.y + BELOW})`)
    .each(function ({ held }) {
      const text = writeHeld(held);
      const width = SIGN * text.length + ENDS;
      const badge = select(this);
      badge.select("rect").attr("x", -width / 2).attr("width", width);
      badge.select("text").text(text);
    });
}
