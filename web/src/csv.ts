/** The curves of runs as a table, as `lambda-darts report --csv` writes them: a row for every epoch, of a search for
 * every cell type, and of a black-box search for every evaluation. */
import { mean } from "d3-array";
import { configAt, type Run } from "./run";
import type { SearcherRun } from "./searcher-run";
import type { Training } from "./training";

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
  "recipe",
  "drop_path",
  "train_accuracy",
  "test_loss",
  "test_accuracy",
  "test_top5",
  "evaluation",
  "fitness",
  "best",
  "seconds_simulated",
] as const;

type Field = string | number | null | undefined;
/** Fields by their columns; those of the others are empty. Measures of methods have columns of their own. */
type Row = Partial<Record<(typeof COLUMNS)[number], Field>> & { measures?: Readonly<Record<string, number>> };

/** A name may hold anything. */
function field(value: Field): string {
  const text = String(value ?? "");
  return /[,"\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const rowsOfSearch = (run: Run): Row[] =>
  run.epochs.flatMap((epoch) =>
    epoch.cell_types.map((cellType) => ({
      run: run.file,
      // A search may go on with another method.
      method: configAt(run, epoch.epoch).method.name,
      space: run.config.space,
      seed: run.config.seed,
      epoch: epoch.epoch,
      lambda: epoch.lambda,
      learning_rate: epoch.lr,
      train_loss: epoch.train_loss,
      valid_loss: epoch.valid_loss,
      supernet_accuracy: epoch.supernet_accuracy,
      parameter_free: epoch.parameter_free,
      skip_connections: epoch.skip_connections,
      gradient_norm: epoch.gradient_norm,
      loss_gradient_norm: epoch.loss_gradient_norm,
      regularizer_gradient_norm: epoch.regularizer_gradient_norm,
      clipped: epoch.clipped,
      curvature: epoch.curvature,
      seconds: epoch.seconds,
      cell_type: cellType.name,
      alignment: cellType.alignment,
      entropy: mean(cellType.saturation.entropy),
      cifar10_test: epoch.benchmark?.cifar10_test,
      measures: epoch.measures ?? {},
    })),
  );

const rowsOfTraining = ({ file, config, epochs }: Training): Row[] =>
  epochs.map((epoch) => ({
    run: file,
    space: config.space,
    seed: config.seed,
    epoch: epoch.epoch,
    learning_rate: epoch.lr,
    train_loss: epoch.train_loss,
    gradient_norm: epoch.gradient_norm,
    clipped: epoch.clipped,
    seconds: epoch.seconds,
    recipe: config.recipe,
    drop_path: epoch.drop_path,
    train_accuracy: epoch.train_accuracy,
    test_loss: epoch.test_loss,
    test_accuracy: epoch.test_accuracy,
    test_top5: epoch.test_top5,
  }));

const rowsOfSearcher = ({ file, searcher, space, seed, evaluations }: SearcherRun): Row[] =>
  evaluations.map(({ fitness, best, seconds, seconds_simulated }, at) => ({
    run: file,
    method: searcher,
    space: space.name,
    seed,
    seconds,
    evaluation: at + 1,
    fitness,
    best,
    seconds_simulated,
  }));

export function toCsv(searches: readonly Run[], searchers: readonly SearcherRun[], trainings: readonly Training[]): string {
  const rows = [...searches.flatMap(rowsOfSearch), ...searchers.flatMap(rowsOfSearcher), ...trainings.flatMap(rowsOfTraining)];
  const measures = [...new Set(rows.flatMap((row) => Object.keys(row.measures ?? {})))].sort();
  const lines = rows.map((row) => [...COLUMNS.map((column) => field(row[column])), ...measures.map((name) => field(row.measures?.[name]))]);
  return [[...COLUMNS, ...measures.map(field)], ...lines].map((line) => `${line.join(",")}\n`).join("");
}
