/** Hands on running searches: rules for the edges of a cell, sliders, branches. */
import type { Experiment } from "../experiment";
import { reason } from "../page";
import { epochAt } from "../run";
import { methodLabel, SIDES, type Method, type SideName } from "../settings";
import type { Constraint, MethodConfig, SearchConfig } from "../types";
import { hideTip } from "../views/tip";
import { edgeName } from "../views/topology";
import { BranchPanel } from "./branch-panel";
import { ChangeList } from "./change-list";
import { isLast, ruleOf, withRule, type Place } from "./constraints";
import { DialPanel, type DialSide } from "./dial-panel";
import { EdgeMenu, type EdgeData } from "./edge-menu";
import { HeldList } from "./held-list";
import { edgeAt } from "./nearest-edge";

/** The page around it. */
export interface Around {
  experiment: Experiment;
  /** Epoch and cell type that the page shows. */
  look(): { at: number; kind: number };
  /** Settings that a search of this side would begin with; undefined before the library has answered. */
  planned(side: SideName): SearchConfig | undefined;
  /** A method with the page's settings; undefined before the library has answered. */
  methodNamed(name: Method): MethodConfig | undefined;
  say(text: string, tone?: "note" | "fault"): void;
  /** A run has come in the place of another one. */
  branched(): void;
}

const other = (side: SideName): SideName => (side === "left" ? "right" : "left");
const panelOf = (side: SideName): HTMLElement => document.querySelector(`#cell .panel[data-side="${side}"]`) as HTMLElement;

export class Hands {
  private readonly dials: DialPanel;
  private readonly list: ChangeList;
  private readonly branches: BranchPanel;
  private readonly held: Record<SideName, HeldList>;
  private readonly menu: EdgeMenu;
  /** The operation's place that the menu is open for. */
  private open: { side: SideName; place: Omit<Place, "operation"> } | undefined;

  constructor(private readonly around: Around) {
    const host = document.querySelector("#hands") as HTMLElement;
    const part = (selector: string): HTMLElement => host.querySelector(selector) as HTMLElement;
    this.dials = new DialPanel(part(".dials"), (sides, dial, value) => this.change(sides, (config) => dial.with(config, value)));
    this.list = new ChangeList(part('[data-testid="changes"]'), part(".no-changes"));
    this.branches = new BranchPanel(part(".branch"), (from, epoch, method) => void this.branch(from, epoch, method));
    this.held = Object.fromEntries(SIDES.map((side) => [side, new HeldList(panelOf(side), side, (rule) => this.free(side, rule))])) as Record<SideName, HeldList>;
    this.menu = new EdgeMenu(document.querySelector("#cell") as HTMLElement, (operation, rule, both) => {
      if (this.open === undefined) return;
      const place = { ...this.open.place, operation: operation as Place["operation"] };
      void this.change(both ? SIDES : [this.open.side], (config) => withRule(config, place, rule));
    });
    for (const side of SIDES) this.listen(side);
    part(".branch").addEventListener("change", () => this.show());
  }

  /** Offers the library's methods for branches. */
  complete(methods: readonly { name: Method }[]): void {
    this.branches.complete(methods);
    this.show();
  }

  /** Shows what has happened since. */
  show(): void {
    const { experiment, look, planned } = this.around;
    const { runs, changeable, starting } = experiment;
    const side = (name: SideName): DialSide => ({ config: runs[name]?.config ?? planned(name), changeable: changeable.includes(name) });
    this.dials.show({ left: side("left"), right: side("right") });
    this.list.show(runs);
    for (const name of SIDES) this.held[name].show(runs[name], changeable.includes(name));
    this.branches.show(look().at, experiment.branchable, starting);
  }

  private listen(side: SideName): void {
    const drawing = panelOf(side).querySelector(".drawing") as HTMLElement;
    drawing.addEventListener("click", (event) => {
      const edge = edgeAt(drawing, event);
      if (edge !== undefined) this.ask(side, edge);
    });
    drawing.addEventListener("keydown", (event) => {
      const edge = event.target instanceof Element ? event.target.closest<SVGPathElement>(".edges path") : null;
      if (edge === null || (event.key !== "Enter" && event.key !== " ")) return;
      event.preventDefault();
      this.ask(side, edge);
    });
  }

  /** Opens the menu of an edge. */
  private ask(side: SideName, path: SVGPathElement): void {
    const { experiment, look } = this.around;
    const run = experiment.runs[side];
    const { at, kind } = look();
    const cell = run?.space.cell_types[kind];
    const index = Number(path.dataset["edge"]);
    const edge = cell?.edges[index];
    hideTip();
    if (run === undefined || cell === undefined || edge === undefined) {
      this.around.say("An edge can be forced to an operation once the search runs: press Play first.");
      return;
    }
    const place = { cell: cell.name, from: edge.from, to: edge.to };
    const weights = epochAt(run, at)?.cell_types[kind]?.probabilities[index];
    const { changeable } = experiment;
    const data: EdgeData = {
      title: `Edge ${edgeName(cell, edge)}, ${side} run`,
      candidates: edge.operations.map((operation, k) => ({
        operation,
        weight: weights?.[k],
        rule: ruleOf(run.config, { ...place, operation }),
        last: isLast(run.config, { ...place, operation }, edge.operations),
      })),
      closed: changeable.includes(side) ? "" : run.file !== undefined ? "This run was made elsewhere." : "This search has ended or stopped.",
      both: changeable.length > 1 && this.hasEdge(other(side), place, edge.operations),
    };
    this.open = { side, place };
    this.menu.show(path, data);
  }

  /** True if a side has the same edge with the same candidates. */
  private hasEdge(side: SideName, { cell, from, to }: Omit<Place, "operation">, operations: readonly string[]): boolean {
    const kind = this.around.experiment.runs[side]?.space.cell_types.find(({ name }) => name === cell);
    const found = kind?.edges.find((edge) => edge.from === from && edge.to === to);
    return found !== undefined && found.operations.join() === operations.join();
  }

  private free(side: SideName, rule: Constraint): void {
    void this.change([side], (config) => withRule(config, rule, undefined));
  }

  /** Changes the searches of some sides, and says what they refuse. */
  private async change(sides: readonly SideName[], edit: (config: SearchConfig) => SearchConfig): Promise<void> {
    const { experiment, say } = this.around;
    const made = await Promise.allSettled(sides.map((side) => experiment.change(side, edit)));
    const refused = made.flatMap((one, at) => (one.status === "rejected" ? [`The ${sides[at]} search goes on as it was: ${reason(one.reason)}`] : []));
    if (refused.length > 0) say(`${refused.join(". ")}.`, "fault");
  }

  private async branch(from: SideName, epoch: number, name: Method): Promise<void> {
    const { experiment, say, methodNamed, branched } = this.around;
    const method = methodNamed(name);
    if (method === undefined) return;
    try {
      // The method of the run itself keeps the settings that it has now.
      const begun = await experiment.branch(from, epoch, (config) => (config.method.name === name ? config : { ...config, method }));
      branched();
      const earlier = begun < epoch ? ` That is the newest one at or before epoch ${epoch} of which a snapshot is kept.` : "";
      say(`The ${other(from)} run goes on from epoch ${begun} of the ${from} run, with ${methodLabel(name)}.${earlier}`);
    } catch (error) {
      say(`There is no branch: ${bare(error)}.`, "fault");
    }
  }
}

const bare = (error: unknown): string => reason(error).replace(/\.$/, "");
