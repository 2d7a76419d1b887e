/** Trainings that nobody has run, in the form that `lambda-darts report` puts into its page. */
import { madeRun } from "./made-runs.mjs";

const CLASSES = ["T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"];
/** A grey pixel, as PNG. */
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNoAAAAggCB2kUIOwAAAABJRU5ErkJggg==";

export const CELL = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|";

/** The cell of a text in NAS-Bench-201's notation. */
export function genotypeOf(text) {
  const nodes = text.split("+").map((node) =>
    node.split("|").filter(Boolean).map((read) => {
      const [operation, from] = read.split("~");
      return [operation, Number(from)];
    }),
  );
  return { cells: [{ kind: "normal", inputs: 1, nodes, output: [3] }] };
}

/** A training whose test accuracy rises to `accuracy`; `config` changes settings of the network and the weights. */
export function madeTraining({ name, seed = 0, epochs = 6, accuracy = 0.9, cell = CELL, dropPath = 0, lr = 0.1, evaluation = null, environment = null, ended = true }) {
  const config = {
    recipe: "small",
    space: "nas-bench-201",
    genotype: cell,
    seed,
    epochs,
    batch: 64,
    network: { layout: "space", channels: 16, cells: 1, auxiliary_weight: 0, drop_path: dropPath, label_smoothing: 0 },
    weights: { lr, lr_min: 0, schedule: "cosine", gamma: 0.97, momentum: 0.9, nesterov: true, decay: 0.0005, clip: 5 },
    data: { set: "fashion", train_fraction: 0.5, background: "#ffffff", skip_unreadable: false, augment: "auto", cutout: 0 },
  };
  const head = (seconds) => ({ version: 3, seconds });
  const made = Array.from({ length: epochs }, (_, at) => {
    const share = (at + 1) / epochs;
    return {
      ...head(3 * (at + 1)),
      event: "training_epoch",
      epoch: at + 1,
      lr: 0.5 * lr * (1 + Math.cos((Math.PI * at) / epochs)),
      drop_path: dropPath * (at / epochs),
      train_loss: 2 - 1.7 * share,
      train_accuracy: 0.2 + 0.75 * share,
      test_loss: 2 - 1.5 * share,
      test_accuracy: accuracy * (0.5 + 0.5 * share),
      test_top5: 0.9 + 0.1 * share,
      gradient_norm: 3 - share,
      clipped: 0.1,
    };
  });
  const events = [
    { ...head(0), event: "training_start", config, device: "CPU", steps: 62, weights: 70_010 },
    ...made,
    ...(ended ? [{ ...head(3 * epochs + 0.25), event: "training_end", test_accuracy: made.at(-1).test_accuracy }] : []),
  ];
  const { space } = madeRun({ name });
  return { name, space, genotype: genotypeOf(cell), notations: { darts: null, nas_bench_201: cell }, events, environment, parameters: 69_800, evaluation };
}

/** An evaluation of 1000 images, of which most are classified correctly; its mistakes are in its last classes. */
export function madeEvaluation() {
  const confusion = CLASSES.map((_, label) => CLASSES.map((__, predicted) => (label === predicted ? 100 - 2 * label : 0)));
  CLASSES.forEach((_, label) => (confusion[label][(label + 1) % 10] += 2 * label));
  const mistakes = Array.from({ length: 24 }, (_, at) => {
    const label = 1 + (at % 9);
    return { image: 7 * at, label, class: (label + 1) % 10, confidence: 0.99 - 0.01 * at, of_label: 0.005, picture: `data:image/png;base64,${PIXEL}` };
  });
  const by_class = confusion.map((row, label) => row[label] / 100);
  return { classes: CLASSES, images: 1000, top1: 0.91, top5: 0.998, loss: 0.25, confusion, by_class, calibration: { ece: 0.0312, confidence: 0.9412 }, mistakes };
}
