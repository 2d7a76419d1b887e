/** Draws one or two runs at one epoch. It knows runs only: neither workers nor the library. */
import { agreementFacts, cellFacts, saturationFacts, warningOf, worth } from "./facts";
import { soon } from "./frames";
import { SATURATION } from "./quantities";
import { configAt, epochAt, type Run } from "./run";
import { seriesOf, type Runs } from "./series";
import { methodLabel, SIDES, type SideName } from "./settings";
import { SoftmaxView } from "./softmax-view";
import type { EpochEvent, SearchConfig, Space } from "./types";
import { cellGraph, type EdgeRole } from "./views/cell-graph";
import { cosineMatrix } from "./views/cosine-matrix";
import { curves, type Series } from "./views/curves";
import { heatmap, type Measure } from "./views/heatmap";
import { countsOf, histogram } from "./views/histogram";
import { brief } from "./views/numbers";
import { plotOfMeasure, PLOTS } from "./views/plots";
import { constraintsOn, shown, type Shown } from "./views/topology";
import type { Unit } from "./views/units";

/** Part of the runs that is looked at. */
export interface Look {
  /** The epoch, counted from 1; 0 before the first. */
  at: number;
  kind: number;
  measure: Measure;
  /** The space to show where there is no run yet. */
  space: Space | undefined;
}

/** Scales that both sides have in common. */
interface Common {
  /** The end of the colour scale. */
  top: number;
  saturation: Unit;
}

const host = (selector: string): HTMLElement => document.querySelector(selector) as HTMLElement;

export class Scene {
  private readonly panels: Record<SideName, Panel>;
  private readonly curves: ReturnType<typeof curves<EpochEvent>>;
  private readonly softmax: SoftmaxView;
  /** Plots of the measures that parts of methods add, each from the first run on that has it. */
  private readonly measures = new Map<string, ReturnType<typeof curves<EpochEvent>>>();

  /** `edges` says whether the edges of the cells can be pressed, and `cell` makes the drawings of the cells. */
  constructor(
    private readonly choose: (epoch: number) => void,
    edges: EdgeRole = "img",
    cell: typeof cellGraph = cellGraph,
  ) {
    this.panels = Object.fromEntries(SIDES.map((side) => [side, new Panel(side, edges, cell)])) as Record<SideName, Panel>;
    this.curves = curves(host("#curves .plots"), PLOTS, choose);
    this.softmax = new SoftmaxView(choose);
  }

  /** `series` are what the curves show: the runs themselves, or other ones besides them. */
  draw(runs: Runs, look: Look, series: readonly Series<EpochEvent>[] = seriesOf(runs, ({ config }) => methodLabel(config.method.name))): void {
    const epochs = SIDES.flatMap((side) => epochAt(runs[side], look.at) ?? []);
    const top = scaleTop(SIDES.flatMap((side) => runs[side]?.epochs ?? []), epochs, look);
    const saturation = SATURATION.unit(Math.max(0, ...epochs.map((epoch) => SATURATION.of(epoch, look.kind) ?? 0)));
    for (const side of SIDES) this.panels[side].draw(runs[side], look, { top, saturation });
    this.softmax.draw(runs, look);
    host("#scale-top").textContent = look.measure === "transmitted" ? brief(top) : `${Math.round(100 * top)} %`;
    const length = Math.max(0, ...SIDES.map((side) => Math.min(runs[side]?.config.epochs ?? 0, 2000)));
    const data = { series, kind: look.kind, at: look.at, length };
    this.curves(data);
    for (const name of measuresIn(series)) {
      if (!this.measures.has(name)) this.measures.set(name, curves(host("#curves .plots"), [plotOfMeasure(name)], this.choose));
    }
    for (const draw of this.measures.values()) draw(data);
    host("#curves").classList.toggle("empty", series.every(({ runs: all }) => all.every((one) => one.length === 0)));
  }
}

/** Names of the measures in the first and last epochs of all runs; a search may go on with another method. */
const measuresIn = (series: readonly Series<EpochEvent>[]): string[] =>
  series.flatMap(({ runs }) => runs.flatMap((epochs) => [epochs[0], epochs.at(-1)].flatMap((epoch) => Object.keys(epoch?.measures ?? {}))));

/** The end of the colour scale, the same for both runs. */
function scaleTop(all: readonly EpochEvent[], now: readonly EpochEvent[], { measure, kind }: Look): number {
  const values = (epochs: readonly EpochEvent[]): number[] =>
    epochs.flatMap((epoch) => {
      const saturation = epoch.cell_types[kind]?.saturation;
      if (saturation === undefined) return [];
      if (measure === "saturation") return saturation.entropy.map((h) => 1 - h);
      return measure === "pull" ? saturation.cells.map(({ pull }) => pull) : saturation.cells.flatMap((cell) => cell.transmitted);
    });
  const largest = (of: number[]): number => of.reduce((a, b) => Math.max(a, b), 0);
  // Gradients shrink with the loss, so their scale is that of the epoch shown; shares keep one for the whole run.
  if (measure === "transmitted") return largest(values(now));
  const most = largest(values(all));
  return [0.1, 0.2, 0.5].find((end) => most <= end) ?? 1;
}

class Panel {
  private readonly graph;
  private readonly bars;
  private readonly heat;
  private readonly cosines;
  private something = false;

  constructor(
    private readonly side: SideName,
    edges: EdgeRole,
    cell: typeof cellGraph,
  ) {
    this.graph = cell(this.host("#cell", ".drawing"), `The cell of the ${side} run`, edges);
    this.bars = histogram(this.host("#cell", ".histogram"));
    this.heat = heatmap(this.host("#saturation", ".drawing"), `Saturation across the cells of the ${side} run`);
    this.cosines = cosineMatrix(this.host("#agreement", ".drawing"), `Cosines between the cell gradients of the ${side} run`);
  }

  draw(run: Run | undefined, look: Look, common: Common): void {
    const epoch = epochAt(run, look.at);
    const kind = Math.min(look.kind, (run?.space.cell_types.length ?? 1) - 1);
    const now = run && epoch && shown(run.space, configAt(run, look.at), epoch, kind);
    this.host("#cell").classList.toggle("empty", now === undefined);
    this.something = now !== undefined;
    if (!this.something) this.cover();
    const space = run?.space ?? look.space;
    const graph = now ?? (space && blank(space, look.kind, run?.config));
    if (graph !== undefined) this.graph(graph);
    if (space !== undefined) this.bars(countsOf(space, epoch));
    const warning = warningOf(run, look.at);
    this.write("#cell", ".warning", warning);
    this.host("#cell", ".warning").hidden = warning === "";
    this.write("#cell", ".facts", epoch ? cellFacts(epoch, kind, common.saturation) : "Undecided: every candidate weighs the same.");
    const known = worth(epoch);
    if (known !== undefined) this.host("#cell", ".facts").prepend(strong(known));
    if (now === undefined) return;
    this.heat({ ...now, measure: look.measure, top: common.top });
    this.cosines(now);
    // After both: what an earlier run has left there is not seen.
    soon(this.cover);
    this.write("#saturation", ".facts", saturationFacts(now, look.measure));
    this.write("#agreement", ".facts", agreementFacts(now));
  }

  private readonly cover = (): void => {
    for (const section of ["#saturation", "#agreement"]) this.host(section).classList.toggle("empty", !this.something);
  };

  private host(section: string, inner = ""): HTMLElement {
    return host(`${section} .panel[data-side="${this.side}"] ${inner}`);
  }

  private write(section: string, inner: string, text: string): void {
    this.host(section, inner).textContent = text;
  }
}

function strong(text: string): HTMLElement {
  const made = document.createElement("strong");
  made.className = "worth";
  made.textContent = text;
  return made;
}

/** A cell before its first epoch: all candidates weigh the same and nothing is derived. */
function blank(space: Space, kind: number, config: SearchConfig | undefined): Shown | undefined {
  const cell = space.cell_types[Math.min(kind, space.cell_types.length - 1)];
  if (cell === undefined) return undefined;
  const even = cell.edges.map(({ operations }) => operations.map(() => 1 / operations.length));
  return {
    kind: cell,
    places: [],
    epoch: 0,
    held: constraintsOn(config, cell),
    genotype: { kind: cell.name, inputs: cell.inputs, nodes: [], output: [] },
    report: {
      name: cell.name,
      alignment: null,
      probabilities: even,
      saturation: { entropy: [], jacobian: [], cells: [], cosines: [], mean_cosine: null, mean_sign_agreement: null },
    },
  };
}
