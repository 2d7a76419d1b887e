/** The curves of runs as a table, as `lambda-darts report --csv` writes them: a row for every run, epoch and cell type. */
import { mean } from "d3-array";
import type { Run } from "./run";

const COLUMNS = [
  "run",
  "method",
  "space",
  "seed",
  "epoch",
  "lambda",
  "learning_rate",
  "train_loss",
  "valid_loss",
  "supernet_accuracy",
  "skip_connections",
  "cell_type",
  "alignment",
  "entropy",
  "cifar10_test",
];

/** A name may hold anything. */
function field(value: string | number | null | undefined): string {
  const text = String(value ?? "");
  return /[,"\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Epochs are counted from 1, as the slider does. */
export function toCsv(runs: readonly Run[]): string {
  const rows = runs.flatMap(({ file, config, epochs }) =>
    epochs.flatMap((epoch) =>
      epoch.cell_types.map((cellType) => [
        file,
        config.method.name,
        config.space,
        config.seed,
        epoch.epoch + 1,
        epoch.lambda,
        epoch.lr,
        epoch.train_loss,
        epoch.valid_loss,
        epoch.supernet_accuracy,
        epoch.skip_connections,
        cellType.name,
        cellType.alignment,
        mean(cellType.saturation.entropy),
        epoch.benchmark?.cifar10_test,
      ]),
    ),
  );
  return [COLUMNS, ...rows].map((row) => `${row.map(field).join(",")}\n`).join("");
}
