/** All runs of a report at their last epoch, a row each. */
import { mean } from "d3-array";
import type { Run } from "./run";
import { methodLabel } from "./settings";
import type { EpochEvent } from "./types";
import { brief, percent, placeOf } from "./views/numbers";

interface Column {
  key: string;
  title: string;
  value(run: Run, epoch: EpochEvent, kind: number): string | number | null | undefined;
  format?(value: number, epoch: EpochEvent): string;
  /** True if the column is left out where no run has a value. */
  optional?: boolean;
}

const COLUMNS: readonly Column[] = [
  { key: "run", title: "Run", value: ({ file }) => file },
  { key: "method", title: "Method", value: ({ config }) => config.method.name },
  { key: "seed", title: "Seed", value: ({ config }) => config.seed, format: String },
  { key: "alignment", title: "Λ", value: (_, epoch, kind) => epoch.cell_types[kind]?.alignment, format: brief },
  { key: "entropy", title: "Entropy", value: (_, epoch, kind) => mean(epoch.cell_types[kind]?.saturation.entropy ?? []), format: brief },
  { key: "skip-connections", title: "Skip connections", value: (_, epoch) => epoch.skip_connections, format: String },
  { key: "supernet-accuracy", title: "Supernet accuracy", value: (_, epoch) => epoch.supernet_accuracy, format: percent },
  {
    key: "table-accuracy",
    title: "Trained in full, CIFAR-10 test",
    value: (_, epoch) => epoch.benchmark?.cifar10_test,
    format: (value) => `${value.toFixed(2)} %`,
    optional: true,
  },
  {
    key: "table-rank",
    title: "Rank",
    value: (_, epoch) => epoch.benchmark?.rank || undefined,
    format: (value, { benchmark }) => placeOf({ rank: value, cells: benchmark?.cells ?? null }) ?? String(value),
    optional: true,
  },
];

const cell = (tag: "th" | "td", text: string, key: string): HTMLTableCellElement => {
  const made = document.createElement(tag);
  made.textContent = text;
  made.dataset["column"] = key;
  return made;
};

export function drawSummary(table: HTMLTableElement, runs: readonly Run[], kind: number): void {
  const lasts = runs.flatMap((run) => {
    const epoch = run.epochs.at(-1);
    return epoch === undefined ? [] : [{ run, epoch }];
  });
  // What its cell reaches is known of a run on NAS-Bench-201; runs of earlier versions have no rank.
  const columns = COLUMNS.filter(({ value, optional }) => optional !== true || lasts.some(({ run, epoch }) => typeof value(run, epoch, kind) === "number"));
  const head = document.createElement("tr");
  for (const { key, title } of columns) {
    const made = cell("th", title, key);
    made.scope = "col";
    head.append(made);
  }
  const rows = lasts.map(({ run, epoch }) => {
    const row = document.createElement("tr");
    // A space without reduction cells is described by those that it has.
    const own = Math.min(kind, run.space.cell_types.length - 1);
    for (const { key, value, format } of columns) {
      const found = value(run, epoch, own) ?? "";
      const words = key === "method" ? methodLabel(run.config.method.name) : found || "–";
      const shown = typeof found === "number" && format !== undefined ? format(found, epoch) : String(words);
      const made = cell(key === "run" ? "th" : "td", shown, key);
      if (key === "run") made.scope = "row";
      made.dataset["value"] = String(found);
      row.append(made);
    }
    return row;
  });
  table.tHead?.replaceChildren(head);
  table.tBodies[0]?.replaceChildren(...rows);
}
