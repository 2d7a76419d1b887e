/** The rules in force in one side's cell, each with an undo. */
import { select } from "d3-selection";
import { edgeWords } from "../changes";
import type { Run } from "../run";
import type { Constraint } from "../types";
import { RULED } from "../views/held";

export class HeldList {
  private readonly list = document.createElement("ul");

  /** It stands below the drawing of `panel`. */
  constructor(
    private readonly panel: HTMLElement,
    side: string,
    private readonly undo: (constraint: Constraint) => void,
  ) {
    this.list.className = "held-list";
    this.list.dataset["testid"] = `held-${side}`;
    this.list.setAttribute("aria-label", `Rules in the cell of the ${side} run`);
    this.list.setAttribute("role", "list");
    this.list.hidden = true;
    (panel.querySelector(".drawing") as HTMLElement).after(this.list);
  }

  show(run: Run | undefined, changeable: boolean): void {
    const rules = run?.config.architecture?.constraints ?? [];
    this.list.hidden = rules.length === 0;
    const items = select(this.list)
      .selectAll<HTMLLIElement, Constraint>("li")
      .data(rules, (rule) => JSON.stringify(rule))
      .join((enter) => {
        const made = enter.append("li");
        made.append("span");
        made.append("button").attr("type", "button").attr("class", "quiet").text("Undo");
        return made;
      });
    const { undo, panel } = this;
    items.each(function (rule) {
      const words = run === undefined ? "" : `${edgeWords(rule, run.space)}: ${rule.operation} ${RULED[rule.rule]}`;
      const item = select(this);
      item.select("span").text(words);
      item
        .select<HTMLButtonElement>("button")
        .attr("aria-label", `Undo: ${words}`)
        .property("hidden", !changeable)
        .on("click", () => {
          undo(rule);
          // The button will be gone; the drawing is where one goes on.
          panel.querySelector<SVGElement>('.edges path[tabindex="0"]')?.focus({ preventScroll: true });
        });
    });
  }
}
