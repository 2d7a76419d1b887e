/** All runs of a report at their last epoch, a row each. */
import { lastOf, measured, valueOf, type Last } from "./last-epoch";
import { operationsIn, PARAMETER_FREE } from "./quantities";
import type { Run } from "./run";
import { secondsOf, secondsPerEpoch } from "./run-words";
import { methodLabel } from "./settings";
import { drawTable, type Column } from "./table";
import { duration, placeOf } from "./views/numbers";
import { write } from "./views/units";

export function drawSummary(table: HTMLTableElement, runs: readonly Run[], kind: number): void {
  const lasts = runs.flatMap(lastOf);
  const columns: Column<Last>[] = [
    { key: "run", title: "Run", text: ({ run }) => run.file || "–", value: ({ run }) => run.file, names: true },
    { key: "method", title: "Method", text: ({ run }) => methodLabel(run.config.method.name), value: ({ run }) => run.config.method.name },
    { key: "seed", title: "Seed", text: ({ run }) => String(run.config.seed), value: ({ run }) => run.config.seed },
    ...measured(lasts, kind).map(({ title, quantity, unit }): Column<Last> => ({
      key: quantity.key,
      title,
      text: (last) => {
        const value = valueOf(quantity, last, kind);
        const text = value === undefined ? "–" : write(unit, value);
        return quantity === PARAMETER_FREE ? `${text} of ${operationsIn(last.epoch)}` : text;
      },
      value: (last) => valueOf(quantity, last, kind),
    })),
    { key: "table-rank", title: "Rank", text: ({ epoch: { benchmark } }) => (benchmark ? placeOf(benchmark) : "–"), value: ({ epoch }) => epoch.benchmark?.rank },
    { key: "time", title: "Time", text: ({ run }) => duration(secondsOf(run)), value: ({ run }) => secondsOf(run) },
    { key: "epoch-time", title: "An epoch", text: ({ run }) => duration(secondsPerEpoch(run)), value: ({ run }) => secondsPerEpoch(run) },
  ];
  // What its cell reaches is known of a run on NAS-Bench-201.
  const ranked = lasts.some(({ epoch }) => epoch.benchmark);
  drawTable(table, columns.filter(({ key }) => ranked || key !== "table-rank"), lasts);
}
