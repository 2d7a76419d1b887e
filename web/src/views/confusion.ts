/** Confusion matrix: a table of counts that is coloured as a heat map. */
import { range, sum } from "d3-array";
import type { Evaluation } from "../training";
import { percent } from "./units";

/** With more classes than this, those with the most mistakes are drawn. */
export const MOST_CLASSES = 120;

export function drawConfusion(table: HTMLTableElement, { classes, confusion, by_class: byClass }: Evaluation): void {
  const shown = shownClasses(confusion);
  const count = (label: number, predicted: number): number => confusion[label]?.[predicted] ?? 0;
  const totals = confusion.map((row) => sum(row));
  const share = (label: number, predicted: number): number => count(label, predicted) / Math.max(1, totals[label] ?? 0);
  const worst = Math.max(0, ...shown.flatMap((label) => shown.map((predicted) => (label === predicted ? 0 : share(label, predicted)))));
  const head = document.createElement("tr");
  head.append(cellOf("th", "Class", "col"), ...shown.map((predicted) => cellOf("th", classes[predicted] ?? "", "col")), cellOf("th", "Accuracy", "col"));
  const rows = shown.map((label) => {
    const row = document.createElement("tr");
    const squares = shown.map((predicted) => {
      const number = count(label, predicted);
      const square = cellOf("td", number === 0 ? "" : String(number));
      square.dataset["count"] = String(number);
      square.className = label === predicted ? "right" : "wrong";
      // Mistakes are rare, and have a scale of their own.
      const strength = label === predicted ? share(label, predicted) : share(label, predicted) / (worst || 1);
      square.style.setProperty("--t", `${(100 * strength).toFixed(1)}%`);
      return square;
    });
    const own = byClass[label];
    row.append(cellOf("th", classes[label] ?? "", "row"), ...squares, cellOf("td", typeof own === "number" ? percent(own) : "–"));
    return row;
  });
  table.tHead?.replaceChildren(head);
  table.tBodies[0]?.replaceChildren(...rows);
}

/** The classes to show, in their order. */
function shownClasses(confusion: readonly (readonly number[])[]): number[] {
  const all = range(confusion.length);
  const mistakes = confusion.map((row, label) => sum(row) - (row[label] ?? 0));
  const first = [...all].sort((a, b) => (mistakes[b] ?? 0) - (mistakes[a] ?? 0)).slice(0, MOST_CLASSES);
  return first.sort((a, b) => a - b);
}

function cellOf(tag: "th" | "td", text: string, scope?: string): HTMLTableCellElement {
  const made = document.createElement(tag);
  if (scope !== undefined) made.scope = scope;
  const inner = document.createElement("span");
  inner.textContent = text;
  made.append(inner);
  return made;
}
