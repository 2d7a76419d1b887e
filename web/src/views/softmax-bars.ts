/** The softmax of an edge as bars, a list for those who do not see them. */
import { select } from "d3-selection";
import { isSkip } from "./operations";
import { percent } from "./units";

interface Bar {
  operation: string;
  weight: number;
  corner: boolean;
}

export function softmaxBars(list: HTMLElement): (operations: readonly string[], p: readonly number[], corners: readonly number[]) => void {
  return (operations, p, corners) => {
    const bars = operations.map((operation, k): Bar => ({ operation, weight: p[k] ?? 0, corner: corners.includes(k) }));
    const row = select(list)
      .selectAll<HTMLLIElement, Bar>("li")
      .data(bars, ({ operation }) => operation)
      .join((enter) => {
        const made = enter.append("li");
        for (const part of ["name", "bar", "number"]) made.append("span").attr("class", part);
        return made;
      })
      .order()
      .attr("data-operation", ({ operation }) => operation)
      .attr("data-weight", ({ weight }) => weight)
      .classed("skip", ({ operation }) => isSkip(operation))
      .classed("corner", ({ corner }) => corner);
    row.select(".name").text(({ operation }) => operation);
    row.select(".number").text(({ weight }) => percent(weight));
    row.each(function ({ weight }) {
      this.style.setProperty("--share", `${(100 * weight).toFixed(2)}%`);
    });
  };
}
