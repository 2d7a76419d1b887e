/** `<lambda-darts-cell events="events.jsonl">`: the cell of a run, drawn on any page. */
import { CellElement, TAG } from "./cell-element";
import { reason } from "./page";
import { MOST_BYTES, readRun } from "./read-run";
import { epochAt, type Run } from "./run";
import { methodLabel } from "./settings";
import { spaceOf } from "./spaces";
import { shown } from "./views/topology";

/**
 * Attributes: `events` is the address of an events.jsonl, or `#id` of an element whose text it is; `epoch` a number, or
 * `last`; `cell` the type, `normal` or `reduce`; `side` gives the caption the colour and mark of `left` or `right`.
 */
class RunCellElement extends CellElement {
  static readonly observedAttributes = ["events", "epoch", "cell"];

  private readonly caption = document.createElement("p");
  private readonly fault = document.createElement("p");
  private run: Run | undefined;
  /** Number of the last reading: an earlier one that ends later is dropped. */
  private reading = 0;

  constructor() {
    super();
    this.caption.className = "caption";
    this.fault.setAttribute("role", "alert");
    this.fault.hidden = true;
    this.shadow.prepend(this.caption, this.fault);
  }

  connectedCallback(): void {
    void this.load();
  }

  attributeChangedCallback(name: string): void {
    if (!this.isConnected) return;
    if (name === "events") void this.load();
    else this.show();
  }

  private async load(): Promise<void> {
    const events = this.getAttribute("events");
    if (events === null) return;
    const reading = ++this.reading;
    let run: Run | undefined;
    let fault = "";
    try {
      run = await readRun(await this.fileOf(events), async (config) => spaceOf(config));
    } catch (error) {
      fault = reason(error);
    }
    if (reading !== this.reading) return;
    this.run = run;
    this.fault.textContent = fault;
    this.fault.hidden = fault === "";
    this.show();
  }

  private async fileOf(events: string): Promise<File> {
    if (!events.startsWith("#")) return fetchFile(events);
    const root = this.getRootNode() as Document | ShadowRoot;
    const text = root.getElementById(events.slice(1))?.textContent;
    if (text === null || text === undefined) throw new Error(`There is no element ${events}.`);
    return new File([text], events);
  }

  private show(): void {
    const { run } = this;
    this.svg.toggleAttribute("hidden", run === undefined);
    this.caption.hidden = run === undefined;
    if (run === undefined) return;
    const asked = Number(this.getAttribute("epoch") ?? "last");
    const epoch = epochAt(run, Number.isInteger(asked) && asked >= 1 ? asked : Infinity);
    const kind = Math.max(0, run.space.cell_types.findIndex(({ name }) => name === this.getAttribute("cell")));
    const cell = epoch && shown(run.space, run.config, epoch, kind);
    if (cell === undefined) return;
    const method = document.createElement("b");
    method.textContent = methodLabel(run.config.method.name);
    const place = `${run.space.cell_types.length > 1 ? `${cell.kind.name} cell, ` : ""}epoch ${cell.epoch} of ${run.config.epochs}`;
    this.caption.replaceChildren(method, ` · ${place}`);
    this.draw(cell, `The cell of ${method.textContent}, ${place}`);
  }
}

/** Fetches a file, but no more of it than a run can have. */
async function fetchFile(address: string): Promise<File> {
  const name = address.split("/").at(-1) || address;
  const response = await fetch(address).catch(() => undefined);
  if (response?.body === undefined || response.body === null || !response.ok) throw new Error(`${name} could not be loaded.`);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    size += part.value.length;
    if (size > MOST_BYTES) {
      await reader.cancel();
      throw new Error(`${name} is larger than a run can be.`);
    }
    parts.push(part.value);
  }
  return new File(parts, name);
}

if (customElements.get(TAG) === undefined) customElements.define(TAG, RunCellElement);
