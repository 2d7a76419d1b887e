/** What two networks say about one picture: the likeliest class of each, and the probabilities of all classes side by side. */
import type { SideName } from "../settings";
import { largest } from "./numbers";
import { percent } from "./units";

/** Probabilities of the classes, for each network. */
export type Predictions = Readonly<Record<SideName, ArrayLike<number>>>;

/** Columns of the table: the bars of both sides begin at the names, which stand between them. */
const COLUMNS = ["left", "name", "right"] as const;

export class PredictionView {
  private rows: HTMLTableRowElement[] = [];
  private shown: readonly string[] = [];

  constructor(private readonly heads: Readonly<Record<SideName, HTMLElement>>, private readonly body: HTMLTableSectionElement) {}

  draw(classes: readonly string[], predictions: Predictions): void {
    this.name(classes);
    for (const side of ["left", "right"] as const) {
      const shares = Array.from(predictions[side]);
      const best = largest(shares);
      const [name, share] = [document.createElement("b"), document.createElement("span")];
      name.textContent = classes[best] ?? "";
      share.textContent = percent(shares[best] ?? 0);
      this.heads[side].replaceChildren(name, " ", share);
      this.rows.forEach((row, at) => fill(row.querySelector(`.${side}`), shares[at] ?? 0, at === best));
    }
  }

  /** Nothing is predicted: names and empty bars remain. */
  clear(classes: readonly string[]): void {
    this.name(classes);
    for (const side of ["left", "right"] as const) {
      this.heads[side].textContent = "–";
      for (const row of this.rows) fill(row.querySelector(`.${side}`), undefined, false);
    }
  }

  private name(classes: readonly string[]): void {
    if (classes.length === this.shown.length && classes.every((name, at) => name === this.shown[at])) return;
    this.shown = [...classes];
    this.rows = classes.map(rowOf);
    this.body.replaceChildren(...this.rows);
  }
}

function rowOf(name: string): HTMLTableRowElement {
  const row = document.createElement("tr");
  for (const column of COLUMNS) {
    const cell = document.createElement(column === "name" ? "th" : "td");
    cell.className = column;
    if (column === "name") {
      cell.scope = "row";
      cell.textContent = name;
    } else {
      const line = document.createElement("div");
      line.append(...["bar", "number"].map((part) => Object.assign(document.createElement("span"), { className: part })));
      cell.append(line);
    }
    row.append(cell);
  }
  return row;
}

function fill(cell: HTMLElement | null, share: number | undefined, best: boolean): void {
  if (cell === null) return;
  cell.classList.toggle("best", best);
  cell.style.setProperty("--share", String(share ?? 0));
  const number = cell.querySelector(".number");
  if (number !== null) number.textContent = share === undefined ? "" : percent(share);
}

/** Sentence that compares both answers; `label` is the picture's class if it is known. */
export function verdict(classes: readonly string[], predictions: Predictions, names: Readonly<Record<SideName, string>>, label?: number): string {
  const best = { left: largest(Array.from(predictions.left)), right: largest(Array.from(predictions.right)) };
  const known = label === undefined ? "" : ` Its label is ${classes[label] ?? label}.`;
  const sure = (side: SideName): string => percent(predictions[side][best[side]] ?? 0);
  const says = (side: SideName): string => `${classes[best[side]] ?? best[side]} (${sure(side)})`;
  if (best.left === best.right) return `Both say ${classes[best.left] ?? best.left}, with ${sure("left")} and ${sure("right")}.${known}`;
  return `They differ: ${names.left} says ${says("left")}, ${names.right} says ${says("right")}.${known}`;
}
