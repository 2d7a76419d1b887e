/** The softmax of one edge in slow motion, for both runs. */
import "./styles/softmax.css";
import { soon } from "./frames";
import { epochAt } from "./run";
import type { Runs } from "./series";
import { SIDES, type SideName } from "./settings";
import { SlowMotion } from "./slow-motion";
import { alignsBy, between, momentOf, type Moment } from "./softmax";
import { SoftmaxPanel, type ShownEdge } from "./softmax-panel";
import type { CellType, Edge } from "./types";
import { edgeName, places } from "./views/topology";

const MOST_CORNERS = 3;

/** Part of the runs that is looked at. */
interface Look {
  at: number;
  kind: number;
}

export class SoftmaxView {
  private readonly section = document.querySelector("#softmax") as HTMLElement;
  private readonly edgeSelect = this.find<HTMLSelectElement>("select[name=edge]");
  private readonly cornerSelects = [...this.section.querySelectorAll<HTMLSelectElement>("select[name=corner]")];
  private readonly play = this.find<HTMLButtonElement>("button");
  private readonly panels = SIDES.map((side) => new SoftmaxPanel(this.find(`.panel[data-side="${side}"]`), side));
  private readonly motion: SlowMotion;
  private runs: Runs = { left: undefined, right: undefined };
  private kind = 0;
  /** The corners that were chosen; the strongest candidates otherwise. */
  private chosen: number[] | undefined;

  /** `choose` takes the page to an epoch. */
  constructor(choose: (epoch: number) => void) {
    const redraw = (): void => soon(this.redraw);
    this.motion = new SlowMotion({ show: redraw, reach: choose, stopped: () => this.nameButton() });
    this.play.addEventListener("click", () => {
      if (this.motion.playing) this.motion.stop();
      else this.motion.play();
      this.nameButton();
    });
    this.edgeSelect.addEventListener("change", () => this.chooseEdge(Number(this.edgeSelect.value)));
    this.cornerSelects.forEach((select, at) => select.addEventListener("change", () => this.chooseCorner(at, Number(select.value))));
    // A square of the heat map stands for its edge.
    document.querySelector("#saturation")?.addEventListener("click", ({ target }) => {
      const square = target instanceof Element ? target.closest<SVGElement>("g.square") : null;
      if (square !== null) this.chooseEdge(Number(square.dataset["edge"]));
    });
  }

  draw(runs: Runs, { at, kind }: Look): void {
    const other = kind !== this.kind;
    this.runs = runs;
    this.kind = kind;
    this.motion.last = Math.max(0, ...SIDES.map((side) => runs[side]?.epochs.length ?? 0));
    // The page has gone elsewhere, while this plays or not.
    if (Math.floor(this.motion.at) !== at) this.motion.at = at;
    if (this.motion.playing && this.motion.last < 2) this.motion.stop();
    this.fillEdges();
    if (other) this.chosen = undefined;
    soon(this.redraw);
  }

  private find<E extends HTMLElement>(selector: string): E {
    return this.section.querySelector(selector) as E;
  }

  /** The cell type whose edges can be chosen. */
  private get cell(): CellType | undefined {
    return this.runs.left?.space.cell_types[this.kind] ?? this.runs.right?.space.cell_types[this.kind];
  }

  private fillEdges(): void {
    const { cell } = this;
    const names = cell?.edges.map((edge) => edgeName(cell, edge)) ?? [];
    if (names.join() === [...this.edgeSelect.options].map(({ text }) => text).join()) return;
    this.edgeSelect.replaceChildren(...names.map((name, edge) => new Option(name, String(edge))));
    this.chosen = undefined;
  }

  private chooseEdge(edge: number): void {
    this.edgeSelect.value = String(edge);
    this.chosen = undefined;
    soon(this.redraw);
  }

  /** A candidate that is another corner changes places with the one that was here. */
  private chooseCorner(at: number, candidate: number): void {
    const corners = this.corners();
    const before = corners[at] ?? candidate;
    this.chosen = corners.map((corner, other) => (other === at ? candidate : corner === candidate ? before : corner));
    soon(this.redraw);
  }

  /** The chosen candidates; otherwise the strongest at the end of the runs, so that they stay the same over the epochs. */
  private corners(): number[] {
    if (this.chosen !== undefined) return this.chosen;
    const edge = Number(this.edgeSelect.value);
    const { operations = [] } = this.cell?.edges[edge] ?? {};
    const weight = (k: number): number =>
      SIDES.reduce((sum, side) => sum + (this.runs[side]?.epochs.at(-1)?.cell_types[this.kind]?.probabilities[edge]?.[k] ?? 0), 0);
    const strongest = [...operations.keys()].sort((a, b) => weight(b) - weight(a)).slice(0, MOST_CORNERS);
    return strongest.sort((a, b) => a - b);
  }

  private readonly redraw = (): void => {
    const corners = this.corners();
    const edge = this.cell?.edges[Number(this.edgeSelect.value)];
    this.fillCorners(edge?.operations ?? [], corners);
    const nothing = this.motion.last === 0;
    this.edgeSelect.disabled = nothing;
    this.play.disabled = this.motion.last < 2;
    this.find(".moment").textContent = nothing ? "" : `Epoch ${this.motion.at.toFixed(1)}`;
    for (const panel of this.panels) panel.draw(this.shown(panel.side, edge), corners);
  };

  private fillCorners(operations: readonly string[], corners: readonly number[]): void {
    this.cornerSelects.forEach((select, at) => {
      const corner = corners[at];
      (select.parentElement as HTMLElement).hidden = operations.length > 0 && corner === undefined;
      select.disabled = operations.length <= corners.length;
      if (operations.join() !== [...select.options].map(({ text }) => text).join()) {
        select.replaceChildren(...operations.map((operation, k) => new Option(operation, String(k))));
      }
      select.value = String(corner ?? "");
    });
  }

  private nameButton(): void {
    this.play.textContent = this.motion.playing ? "Pause" : "Play slowly";
  }

  /** The edge of a run at this moment, if the run has it. */
  private shown(side: SideName, wanted: Edge | undefined): ShownEdge | undefined {
    const run = this.runs[side];
    const at = Number(this.edgeSelect.value);
    const edge = run?.space.cell_types[this.kind]?.edges[at];
    if (run === undefined || edge === undefined || edge.operations.join() !== wanted?.operations.join()) return undefined;
    const whole = Math.floor(this.motion.at);
    const [first, second] = [epochAt(run, whole), epochAt(run, whole + 1)];
    if (first === undefined || second === undefined) return undefined;
    const moment = (epoch: typeof first): Moment | undefined => {
      const report = epoch.cell_types[this.kind];
      return report && momentOf(report, at, alignsBy(run.config, epoch, report.name));
    };
    const [a, b] = [moment(first), moment(second)];
    if (a === undefined || b === undefined) return undefined;
    const share = this.motion.at - whole;
    return {
      operations: edge.operations,
      moment: between(a, b, share),
      trail: run.epochs.slice(0, whole).map(({ cell_types }) => cell_types[this.kind]?.probabilities[at] ?? []),
      // Between two stages, the cells are those of the nearer epoch.
      places: places(run.space, share < 0.5 ? first : second, this.kind),
      lambda: first.lambda,
    };
  }
}
