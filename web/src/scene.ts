/** Draws one or two runs at one epoch. It knows runs only: neither workers nor the library. */
import { mean } from "d3-array";
import { soon } from "./frames";
import { epochAt, type Run } from "./run";
import { methodLabel, SIDES, type SideName } from "./settings";
import type { EpochEvent, Space } from "./types";
import { cellGraph } from "./views/cell-graph";
import { cosineMatrix } from "./views/cosine-matrix";
import { curves } from "./views/curves";
import { figure, heatmap, type Measure } from "./views/heatmap";
import { brief, percent, placeOf } from "./views/numbers";
import { shown, type Shown } from "./views/topology";

export type Runs = Record<SideName, Run | undefined>;

/** Part of the runs that is looked at. */
export interface Look {
  /** The epoch, counted from 1; 0 before the first. */
  at: number;
  kind: number;
  measure: Measure;
  /** The space to show where there is no run yet. */
  space: Space | undefined;
}

const host = (selector: string): HTMLElement => document.querySelector(selector) as HTMLElement;

export class Scene {
  private readonly panels = Object.fromEntries(SIDES.map((side) => [side, new Panel(side)])) as Record<SideName, Panel>;
  private readonly curves: ReturnType<typeof curves>;

  constructor(choose: (epoch: number) => void) {
    this.curves = curves(host("#curves .plots"), choose);
  }

  draw(runs: Runs, look: Look): void {
    const epochs = SIDES.flatMap((side) => epochAt(runs[side], look.at) ?? []);
    const top = scaleTop(SIDES.flatMap((side) => runs[side]?.epochs ?? []), epochs, look);
    for (const side of SIDES) this.panels[side].draw(runs[side], look, top);
    host("#scale-top").textContent = look.measure === "transmitted" ? brief(top) : `${Math.round(100 * top)} %`;
    const drawn = SIDES.flatMap((side) => {
      const run = runs[side];
      return run === undefined ? [] : [{ side, label: methodLabel(run.config.method.name), epochs: run.epochs }];
    });
    const length = Math.max(0, ...SIDES.map((side) => Math.min(runs[side]?.config.epochs ?? 0, 2000)));
    this.curves({ series: drawn, kind: look.kind, at: look.at, length });
    host("#curves").classList.toggle("empty", drawn.every((series) => series.epochs.length === 0));
  }
}

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
  private readonly heat;
  private readonly cosines;
  private something = false;

  constructor(private readonly side: SideName) {
    this.graph = cellGraph(this.host("#cell", ".drawing"), `The cell of the ${side} run`);
    this.heat = heatmap(this.host("#saturation", ".drawing"), `Saturation across the cells of the ${side} run`);
    this.cosines = cosineMatrix(this.host("#agreement", ".drawing"), `Cosines between the cell gradients of the ${side} run`);
  }

  draw(run: Run | undefined, look: Look, top: number): void {
    const epoch = epochAt(run, look.at);
    const now = run && epoch && shown(run.space, run.config, epoch, Math.min(look.kind, run.space.cell_types.length - 1));
    this.host("#cell").classList.toggle("empty", now === undefined);
    this.something = now !== undefined;
    if (!this.something) this.cover();
    const space = run?.space ?? look.space;
    const graph = now ?? (space && blank(space, look.kind));
    if (graph !== undefined) this.graph(graph);
    const warning = warningOf(run, look.at);
    this.write("#cell", ".warning", warning);
    this.host("#cell", ".warning").hidden = warning === "";
    this.write("#cell", ".facts", epoch ? facts(epoch, now?.report.saturation.entropy ?? []) : "Undecided: every candidate weighs the same.");
    const known = worth(epoch);
    if (known !== undefined) this.host("#cell", ".facts").prepend(strong(known));
    if (now === undefined) return;
    this.heat({ ...now, measure: look.measure, top });
    this.cosines(now);
    // After both: what an earlier run has left there is not seen.
    soon(this.cover);
    const { saturation, alignment } = now.report;
    this.write("#saturation", ".facts", saturationFacts(now, look.measure));
    this.write(
      "#agreement",
      ".facts",
      alignment === null || alignment === undefined
        ? "A single cell of this type: nothing to compare."
        : `Λ = ${brief(saturation.alignment)} on the validation gradients, ${brief(alignment)} on the training batches.`,
    );
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

function facts(epoch: EpochEvent, entropy: readonly number[]): string {
  const skips = epoch.skip_connections;
  const parts = [
    `${skips === 0 ? "No" : skips} skip connection${skips === 1 ? "" : "s"}${epoch.cell_types.length > 1 ? " in all cell types" : ""}`,
    `mean entropy ${brief(mean(entropy))}`,
    `supernet ${percent(epoch.supernet_accuracy)}`,
  ];
  return parts.join(" · ");
}

/** What the derived cell reaches by the benchmark; undefined on other spaces. */
function worth(epoch: EpochEvent | undefined): string | undefined {
  const known = epoch?.benchmark;
  // Null where another program wrote the run.
  if (known === undefined || known === null) return undefined;
  const place = placeOf(known);
  return `Trained in full: ${known.cifar10_test.toFixed(1)} %${place === undefined ? "" : `, rank ${place}`}`;
}

function strong(text: string): HTMLElement {
  const made = document.createElement("strong");
  made.className = "worth";
  made.textContent = text;
  return made;
}

/** The last signs of a collapse up to an epoch; an epoch tells them only when they appear. */
function warningOf(run: Run | undefined, at: number): string {
  const told = run?.epochs.slice(0, at).filter(({ warnings = [] }) => warnings.length > 0).at(-1);
  return told === undefined ? "" : `Epoch ${told.epoch + 1}: ${told.warnings?.join("; ") ?? ""}.`;
}

function saturationFacts(now: Shown, measure: Measure): string {
  const { cells } = now.report.saturation;
  if (measure === "saturation") {
    const skips = cells.flatMap(({ asks }) => asks.filter((asked, e) => now.kind.edges[e]?.operations[asked] === "skip_connect"));
    const total = cells.length * now.kind.edges.length;
    return `The cells ask for a skip connection on ${skips.length} of ${total} squares; they agree with α on ${percent(mean(cells, ({ agreement }) => agreement) ?? 0)}.`;
  }
  if (measure === "pull") {
    const strongest = cells.reduce((best, { pull }, at) => (pull > (cells[best]?.pull ?? 0) ? at : best), 0);
    return `Cell ${now.places[strongest] ?? strongest + 1} pulls hardest, with ${percent(cells[strongest]?.pull ?? 0)} of all.`;
  }
  const all = cells.flatMap((_, cell) => now.kind.edges.map((__, edge) => figure(now, measure, cell, edge)));
  return `Largest ${brief(Math.max(0, ...all))}, mean ${brief(mean(all))}.`;
}

/** A cell before its first epoch: all candidates weigh the same and nothing is derived. */
function blank(space: Space, kind: number): Shown | undefined {
  const cell = space.cell_types[Math.min(kind, space.cell_types.length - 1)];
  if (cell === undefined) return undefined;
  const even = cell.edges.map(({ operations }) => operations.map(() => 1 / operations.length));
  return {
    kind: cell,
    places: [],
    epoch: 0,
    genotype: { kind: cell.name, inputs: cell.inputs, nodes: [], output: [] },
    report: {
      name: cell.name,
      alignment: null,
      probabilities: even,
      saturation: { entropy: [], jacobian: [], cells: [], cosines: [], alignment: null, sign_alignment: null },
    },
  };
}
