/** The menu of an edge: its candidates with their weights, each to be forced, forbidden or freed. */
import type { Rule } from "../types";
import { brief } from "../views/numbers";

export interface Candidate {
  operation: string;
  /** Undefined before the first epoch. */
  weight: number | undefined;
  rule: Rule | undefined;
  /** True if nothing would be left without it. */
  last: boolean;
}

export interface EdgeData {
  title: string;
  candidates: readonly Candidate[];
  /** Reason for which nothing can be chosen now. */
  closed: string;
  /** True if the other side's search can have the same rule. */
  both: boolean;
}

export type Choice = (operation: string, rule: Rule | undefined, both: boolean) => void;

const RULES: readonly (readonly [rule: Rule | undefined, label: string])[] = [
  ["force", "force"],
  ["forbid", "forbid"],
  [undefined, "free"],
];
const GAP = 8;

export class EdgeMenu {
  private readonly menu = element("div", "edge-menu");
  /** The edge that it was opened at. */
  private edge: SVGElement | undefined;
  private both = false;

  constructor(
    private readonly host: HTMLElement,
    private readonly choose: Choice,
  ) {
    this.menu.setAttribute("role", "menu");
    this.menu.dataset["testid"] = "edge-menu";
    this.menu.hidden = true;
    this.menu.addEventListener("keydown", (event) => this.press(event));
    host.append(this.menu);
    addEventListener("pointerdown", ({ target }) => target instanceof Node && !this.menu.contains(target) && this.close(false));
  }

  get open(): boolean {
    return !this.menu.hidden;
  }

  show(edge: SVGElement, data: EdgeData): void {
    this.edge = edge;
    this.menu.setAttribute("aria-label", data.title);
    const title = element("div", "edge-menu-title", data.title);
    const groups = data.candidates.map((candidate, row) => this.group(candidate, row, data));
    this.menu.replaceChildren(title, ...groups, ...(data.both ? [this.box(groups.length)] : []));
    if (data.closed !== "") this.menu.append(element("div", "edge-menu-note", data.closed));
    this.menu.hidden = false;
    this.place(edge);
    (this.menu.querySelector<HTMLElement>('[aria-checked="true"]') ?? this.items[0])?.focus();
  }

  /** Closes it, and gives the focus back to the edge. */
  close(back = true): void {
    if (!this.open) return;
    this.menu.hidden = true;
    if (back) this.edge?.focus();
    this.edge = undefined;
  }

  private get items(): HTMLElement[] {
    return [...this.menu.querySelectorAll<HTMLElement>("button")];
  }

  private group({ operation, weight, rule, last }: Candidate, row: number, { closed }: EdgeData): HTMLElement {
    const group = element("div", "edge-menu-row");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", weight === undefined ? operation : `${operation}, weight ${brief(weight)}`);
    const items = RULES.map(([own, label], column) => {
      const item = button(label, "menuitemradio", row, column);
      item.dataset["operation"] = operation;
      item.setAttribute("aria-label", `${label} ${operation}`);
      item.setAttribute("aria-checked", String(own === rule));
      const off = closed !== "" || (last && own === "forbid");
      if (off) item.setAttribute("aria-disabled", "true");
      item.addEventListener("click", () => {
        if (off) return;
        const { both } = this;
        this.close();
        this.choose(operation, own, both);
      });
      return item;
    });
    group.append(element("span", "operation", operation), element("span", "weight", weight === undefined ? "" : brief(weight)), ...items);
    return group;
  }

  private box(row: number): HTMLElement {
    const item = button("on both sides", "menuitemcheckbox", row, 0);
    item.classList.add("edge-menu-both");
    item.setAttribute("aria-checked", String(this.both));
    item.addEventListener("click", () => {
      this.both = !this.both;
      item.setAttribute("aria-checked", String(this.both));
    });
    return item;
  }

  /** Beside the middle of the edge, within the window. */
  private place(edge: SVGElement): void {
    const [at, own, host] = [edge, this.menu, this.host].map((one) => one.getBoundingClientRect()) as [DOMRect, DOMRect, DOMRect];
    const room = document.documentElement.clientWidth;
    const left = Math.max(GAP, Math.min(at.left + at.width / 2 - own.width / 2, room - own.width - GAP));
    const below = at.bottom + GAP;
    const top = below + own.height > innerHeight && at.top - own.height - GAP > 0 ? at.top - own.height - GAP : below;
    this.menu.style.setProperty("left", `${left - host.left}px`);
    this.menu.style.setProperty("top", `${top - host.top}px`);
  }

  private press(event: KeyboardEvent): void {
    const { key } = event;
    if (key === "Escape" || key === "Tab") {
      // Tab goes on from the edge, as if the menu had not been there.
      if (key === "Escape") event.preventDefault();
      this.close();
      return;
    }
    const { items } = this;
    const from = document.activeElement as HTMLElement;
    const [row, column] = [Number(from.dataset["row"]), Number(from.dataset["column"])];
    const at = (r: number, c: number): HTMLElement | undefined => items.find(({ dataset }) => dataset["row"] === String(r) && dataset["column"] === String(c));
    const rows = 1 + Math.max(...items.map(({ dataset }) => Number(dataset["row"])));
    const moves: Record<string, () => HTMLElement | undefined> = {
      ArrowDown: () => at((row + 1) % rows, column) ?? at((row + 1) % rows, 0),
      ArrowUp: () => at((row + rows - 1) % rows, column) ?? at((row + rows - 1) % rows, 0),
      ArrowRight: () => at(row, column + 1),
      ArrowLeft: () => at(row, column - 1),
      Home: () => items[0],
      End: () => items.at(-1),
    };
    const move = moves[key];
    if (move === undefined) return;
    event.preventDefault();
    move()?.focus();
  }
}

function element(tag: string, name: string, text = ""): HTMLElement {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  return made;
}

function button(label: string, role: string, row: number, column: number): HTMLElement {
  const made = element("button", "", label);
  made.setAttribute("type", "button");
  made.setAttribute("role", role);
  made.tabIndex = -1;
  made.dataset["row"] = String(row);
  made.dataset["column"] = String(column);
  return made;
}
