/** The sliders of the panel “While it runs”. */
import { short } from "../changes";
import { SIDES, type SideName } from "../settings";
import type { SearchConfig } from "../types";
import { DIALS, type Dial } from "./dials";

/** A slider at rest for so many milliseconds has arrived. */
const REST_MS = 300;

/** What the panel shows of a side. */
export interface DialSide {
  config: SearchConfig | undefined;
  /** True if its search has begun and goes on. */
  changeable: boolean;
}

export type DialSides = Readonly<Record<SideName, DialSide>>;

/** Sends a value to the searches; settled once they have answered. */
export type Send = (sides: readonly SideName[], dial: Dial, value: number) => Promise<void>;

export class DialPanel {
  private readonly rows: readonly Row[];
  private sides: DialSides | undefined;

  constructor(
    private readonly host: HTMLElement,
    send: Send,
  ) {
    this.rows = DIALS.map((dial) => new Row(host.querySelector(`[data-dial="${dial.key}"]`) as HTMLElement, dial, send));
    for (const input of host.querySelectorAll('input[name="hands-side"]')) input.addEventListener("change", () => this.sides && this.show(this.sides));
  }

  show(sides: DialSides): void {
    this.sides = sides;
    const chosen = this.host.querySelector<HTMLInputElement>('input[name="hands-side"]:checked')?.value;
    const wanted = SIDES.filter((side) => chosen === "both" || side === chosen);
    for (const row of this.rows) row.show(sides, wanted);
  }
}

class Row {
  private readonly input: HTMLInputElement;
  private readonly output: HTMLElement;
  private readonly only: HTMLElement;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** The value that the hand has moved to, until the searches have answered. */
  private asked: number | undefined;
  private shown: () => void = () => undefined;
  private targets: readonly SideName[] = [];

  constructor(
    private readonly host: HTMLElement,
    private readonly dial: Dial,
    private readonly send: Send,
  ) {
    this.input = host.querySelector("input") as HTMLInputElement;
    this.output = host.querySelector("output") as HTMLElement;
    this.only = host.querySelector(".only") as HTMLElement;
    this.input.addEventListener("input", () => this.move());
  }

  show(sides: DialSides, wanted: readonly SideName[]): void {
    const having = wanted.flatMap((side) => {
      const { config } = sides[side];
      const value = config && this.dial.of(config);
      return value === undefined ? [] : [{ side, value }];
    });
    this.targets = having.flatMap(({ side }) => (sides[side].changeable ? [side] : []));
    this.shown = () => this.show(sides, wanted);
    this.host.hidden = having.length === 0;
    this.input.disabled = this.targets.length === 0;
    const [first] = having;
    if (first === undefined) return;
    const [only] = this.targets.length > 0 ? this.targets : having.map(({ side }) => side);
    this.only.textContent = wanted.length > 1 && (having.length === 1 || this.targets.length === 1) ? `${only} run only` : "";
    const alike = having.every(({ value }) => value === first.value);
    const value = this.asked ?? first.value;
    // A value that was typed into the settings may lie beyond the slider.
    const position = this.dial.scale.position(value);
    if (position > Number(this.input.max)) this.input.max = String(Math.ceil(position));
    if (position < Number(this.input.min)) this.input.min = String(Math.floor(position));
    if (Number(this.input.value) !== position) this.input.value = String(position);
    const text = this.asked !== undefined || alike ? short(String(value)) : having.map((one) => `${one.side} ${short(String(one.value))}`).join(", ");
    this.output.textContent = text;
    this.input.setAttribute("aria-valuetext", text);
  }

  private move(): void {
    this.asked = this.dial.scale.value(Number(this.input.value));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.rest(), REST_MS);
    this.shown();
  }

  private async rest(): Promise<void> {
    const { asked } = this;
    if (asked === undefined) return;
    await this.send(this.targets, this.dial, asked);
    // The hand may have moved on meanwhile.
    if (this.asked === asked) this.asked = undefined;
    this.shown();
  }
}
