/** The drawing of a cell as an element with styles of its own, for any page. */
import element from "./styles/element.css?inline";
import tokens from "./styles/tokens.css?inline";
import views from "./styles/views.css?inline";
import { cellGraph } from "./views/cell-graph";
import type { Shown } from "./views/topology";

/** Name of the element. */
export const TAG = "lambda-darts-cell";

// An adopted sheet needs no leave of a content security policy.
const sheet = new CSSStyleSheet();
sheet.replaceSync(tokens + views + element);

export class CellElement extends HTMLElement {
  protected readonly shadow = this.attachShadow({ mode: "open" });
  private readonly graph;

  constructor() {
    super();
    this.shadow.adoptedStyleSheets = [sheet];
    const host = document.createElement("div");
    host.className = "drawing";
    this.shadow.append(host);
    this.graph = cellGraph(host, "A cell");
  }

  /** The drawing itself. */
  get svg(): SVGSVGElement {
    return this.shadow.querySelector("svg") as SVGSVGElement;
  }

  draw(data: Shown, label: string): void {
    this.svg.setAttribute("aria-label", label);
    this.graph(data);
  }
}

/** Draws cells in an element in `host`; the tag must be known. */
export function cellElement(host: HTMLElement, label: string): (data: Shown) => void {
  const made = document.createElement(TAG) as CellElement;
  host.append(made);
  return (data) => made.draw(data, label);
}
