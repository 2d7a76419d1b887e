/** Controls of a branch: from which run and epoch on, and with which method. */
import { methodLabel, type Method, type SideName } from "../settings";

/** Number of epochs up to which each run can be branched from; 0 where it cannot. */
export type Branchable = Readonly<Record<SideName, number>>;

export class BranchPanel {
  private readonly from: HTMLSelectElement;
  private readonly method: HTMLSelectElement;
  private readonly button: HTMLButtonElement;
  private epoch = 0;

  constructor(
    private readonly host: HTMLElement,
    private readonly branch: (from: SideName, epoch: number, method: Method) => void,
  ) {
    const testid = <E extends HTMLElement>(id: string): E => host.querySelector(`[data-testid="${id}"]`) as E;
    this.from = testid("branch-from");
    this.method = testid("branch-method");
    this.button = testid("branch");
    this.button.addEventListener("click", () => this.branch(this.side, this.epoch, this.method.value));
  }

  /** Offers these methods. */
  complete(methods: readonly { name: Method }[]): void {
    this.method.replaceChildren(...methods.map(({ name }) => new Option(methodLabel(name), name)));
  }

  /** `at` is the epoch that the page shows. */
  show(at: number, branchable: Branchable, busy: boolean): void {
    const { side } = this;
    this.epoch = Math.min(at, branchable[side]);
    (this.host.querySelector(".branch-epoch") as HTMLElement).textContent = this.epoch > 0 ? `epoch ${this.epoch}` : "an epoch";
    const other: SideName = side === "left" ? "right" : "left";
    (this.host.querySelector(".branch-other") as HTMLElement).textContent = other;
    this.button.disabled = busy || this.epoch === 0 || this.method.value === "";
  }

  private get side(): SideName {
    return this.from.value as SideName;
  }
}
