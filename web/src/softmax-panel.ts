/** One side of the view of a softmax: bars, triangle and a sentence. */
import { mean } from "d3-array";
import { norm } from "./alignment";
import type { SideName } from "./settings";
import { angle, sumOf, throughSoftmax, type Moment } from "./softmax";
import { brief } from "./views/numbers";
import { simplex } from "./views/simplex";
import { softmaxBars } from "./views/softmax-bars";
import { percent } from "./views/units";

/** An edge of a run at a moment. */
export interface ShownEdge {
  operations: readonly string[];
  moment: Moment;
  /** p at the end of each epoch until now. */
  trail: number[][];
  /** The places of the cells in the network. */
  places: number[];
  /** λ of the epoch shown. */
  lambda: number;
}

export class SoftmaxPanel {
  private readonly bars;
  private readonly triangle;
  private readonly facts;

  constructor(
    private readonly host: HTMLElement,
    readonly side: SideName,
  ) {
    this.bars = softmaxBars(host.querySelector(".bars") as HTMLElement);
    this.triangle = simplex(host.querySelector(".drawing") as HTMLElement, `The softmax of the ${side} run between three candidates`);
    this.facts = host.querySelector(".facts") as HTMLElement;
  }

  draw(shown: ShownEdge | undefined, corners: readonly number[]): void {
    this.host.classList.toggle("empty", shown === undefined);
    if (shown === undefined) return;
    const { operations, moment, trail, places } = shown;
    this.bars(operations, moment.p, corners);
    this.triangle({ ...moment, operations, corners, trail, places });
    this.facts.textContent = factsOf(shown);
  }
}

function factsOf({ moment: { p, pulls, turned }, lambda }: ShownEdge): string {
  if (pulls.length === 0) return "An earlier build made this run and wrote no gradients: there is only the softmax.";
  const sum = sumOf(pulls, p.length);
  const [all, left] = [norm(sum), norm(throughSoftmax(p, sum))];
  const through = `The cells’ sum has length ${brief(all)}, and J(p) leaves ${brief(left)}, ${percent(all > 0 ? left / all : 0)}.`;
  const turn = mean(pulls.flatMap((pull, cell) => angle(pull, turned[cell] ?? []) ?? []));
  return turn === undefined ? through : `${through} A step along δ turns a cell by ${turn.toFixed(1)}° on average; λ is ${brief(lambda)}.`;
}
