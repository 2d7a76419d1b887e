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
  "parameter_free",
  "skip_connections",
  "gradient_norm",
  "loss_gradient_norm",
  "regularizer_gradient_norm",
  "clipped",
  "curvature",
  "seconds",
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

export function toCsv(runs: readonly Run[]): string {
  const rows = runs.flatMap(({ file, config, epochs }) =>
    epochs.flatMap((epoch) =>
      epoch.cell_types.map((cellType) => [
        file,
        config.method.name,
        config.space,
        config.seed,
        epoch.epoch,
        epoch.lambda,
        epoch.lr,
        epoch.train_loss,
        epoch.valid_loss,
        epoch.supernet_accuracy,
        epoch.parameter_free,
        epoch.skip_connections,
        epoch.gradient_norm,
        epoch.loss_gradient_norm,
        epoch.regularizer_gradient_norm,
        epoch.clipped,
        epoch.curvature,
        epoch.seconds,
        cellType.name,
        cellType.alignment,
        mean(cellType.saturation.entropy),
        epoch.benchmark?.cifar10_test,
      ]),
    ),
  );
  return [COLUMNS, ...rows].map((row) => `${row.map(field).join(",")}\n`).join("");
}
