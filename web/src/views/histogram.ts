/** How often each candidate occurs in a derived architecture: bars, and a list for those who do not see them. */
import { select } from "d3-selection";
import type { EpochEvent, Operation, Space } from "../types";
import { hasNoWeights } from "./operations";

interface Count {
  operation: Operation;
  count: number;
}

/** The candidates of a space in their order, each with its number in an epoch. */
export function countsOf(space: Space, epoch: EpochEvent | undefined): Count[] {
  const candidates = space.cell_types.flatMap(({ edges }) => edges.flatMap(({ operations }) => operations));
  const known = new Set<Operation>([...candidates, ...(Object.keys(epoch?.operations ?? {}) as Operation[])]);
  return [...known].map((operation) => ({ operation, count: epoch?.operations[operation] ?? 0 }));
}

export function histogram(list: HTMLElement): (counts: readonly Count[]) => void {
  return (counts) => {
    const most = Math.max(1, ...counts.map(({ count }) => count));
    const row = select(list)
      .selectAll<HTMLLIElement, Count>("li")
      .data(counts, ({ operation }) => operation)
      .join((enter) => {
        const made = enter.append("li");
        for (const part of ["name", "bar", "number"]) made.append("span").attr("class", part);
        return made;
      })
      .order()
      .attr("data-operation", ({ operation }) => operation)
      .attr("data-count", ({ count }) => count)
      .classed("free", ({ operation }) => hasNoWeights(operation))
      .classed("absent", ({ count }) => count === 0);
    row.select(".name").text(({ operation }) => operation);
    row.select(".number").text(({ count }) => count);
    row.each(function ({ count }) {
      this.style.setProperty("--share", `${((100 * count) / most).toFixed(1)}%`);
    });
  };
}
