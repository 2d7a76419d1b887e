/** Runs on NAS-Bench-201 that no search has made, in the form that `lambda-darts report` puts into its page. */

const OPERATIONS = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"];
const EDGES = [[0, 1], [0, 2], [1, 2], [0, 3], [1, 3], [2, 3]];
const CELLS = 3;

const SPACE = {
  name: "nas-bench-201",
  cell_types: [{ name: "normal", inputs: 1, nodes: 3, edges: EDGES.map(([from, to]) => ({ from, to, operations: OPERATIONS })), output: "last" }],
  layout: "staged",
  style: "nas-bench201",
};

const range = (length) => [...Array(length).keys()];

/** Numbers from 0 to 1 that look drawn by chance and are the same every time. */
function chance(seed) {
  let state = seed + 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * A run. `saturation` is 1 − h in the last epoch; `config` changes settings, by their paths; a regularizer has the norms
 * that `regularizer` gives.
 */
export function madeRun({ name, method = "darts", seed = 0, epochs = 4, saturation = 0.1, curvature = false, regularizer, config = {}, environment = null, ended = true }) {
  const next = chance(97 * seed + method.length);
  const settings = {
    space: SPACE.name,
    seed,
    epochs,
    batch: 32,
    supernet: { channels: 4, cells: 1 },
    method: { name: method, ...(method === "darts" ? {} : { alignment: { measure: "cosine", lambda: 0.25 } }) },
    weights: { lr: 0.025, lr_min: 0.001, momentum: 0.9, decay: 0.0003, clip: 5 },
    architecture: { lr: 0.003, betas: [0.5, 0.999], decay: 0.001, order: "weights-first", unrolled: false },
    data: { set: "digits", dir: `/scratch/${name}`, train_fraction: 0.5 },
    measures: { curvature },
  };
  for (const [path, value] of Object.entries(config)) {
    const keys = path.split(".");
    const last = keys.pop();
    keys.reduce((inner, key) => inner[key], settings)[last] = value;
  }
  const made = range(epochs).map((at) => epochOf(at + 1, { next, share: (saturation * (at + 1)) / epochs, curvature, regularizer: regularizer?.(at + 1) }));
  const head = (seconds) => ({ version: 3, seconds });
  const events = [
    { ...head(0), event: "start", config: settings, device: "CPU", steps: 10, weights: 1000 },
    ...made.map((epoch) => ({ ...head(2.5 * epoch.epoch), event: "epoch", ...epoch })),
    ...(ended ? [{ ...head(2.5 * epochs + 0.5), event: "end", genotype: made.at(-1).genotype }] : []),
  ];
  return { name, space: SPACE, events, notations: made.map(({ genotype }) => ({ darts: null, nas_bench_201: notation(genotype) })), environment };
}

const notation = ({ cells: [{ nodes }] }) => nodes.map((reads) => `|${reads.map(([operation, from]) => `${operation}~${from}`).join("|")}|`).join("+");

function epochOf(epoch, { next, share, curvature, regularizer }) {
  const chosen = EDGES.map(() => OPERATIONS[Math.floor(OPERATIONS.length * next())]);
  const nodes = range(3).map((node) => EDGES.flatMap(([from, to], e) => (to === node + 1 ? [[chosen[e], from]] : [])));
  const operations = {};
  for (const operation of chosen) operations[operation] = (operations[operation] ?? 0) + 1;
  const free = ["none", "skip_connect", "avg_pool_3x3"].reduce((sum, operation) => sum + (operations[operation] ?? 0), 0);
  const cell = { transmitted: EDGES.map(next), transmitted_share: EDGES.map(next), asks: EDGES.map(() => Math.floor(OPERATIONS.length * next())), pull: 1 / CELLS, agreement: next() };
  const loss = 2 + next();
  return {
    epoch,
    lambda: 0.1 * epoch,
    lr: 0.025 / epoch,
    train_loss: 2 / epoch + next(),
    valid_loss: 2 / epoch + next(),
    supernet_accuracy: next(),
    gradient_norm: loss + (regularizer ?? 0),
    loss_gradient_norm: loss,
    ...(regularizer === undefined ? {} : { regularizer_gradient_norm: regularizer }),
    clipped: loss + (regularizer ?? 0) > 5 ? 1 : 0,
    cell_types: [
      {
        name: "normal",
        alignment: next() - 0.2,
        probabilities: EDGES.map(() => OPERATIONS.map(() => 1 / OPERATIONS.length)),
        saturation: {
          entropy: EDGES.map(() => 1 - share),
          jacobian: EDGES.map(() => 0.4),
          cells: range(CELLS).map(() => cell),
          cosines: range(CELLS).map((a) => range(CELLS).map((b) => (a === b ? 1 : 0.5))),
          mean_cosine: 0.5,
          mean_sign_agreement: 0.5,
        },
      },
    ],
    ...(curvature ? { curvature: next() } : {}),
    genotype: { cells: [{ kind: "normal", inputs: 1, nodes, output: [3] }] },
    operations,
    parameter_free: free,
    skip_connections: operations["skip_connect"] ?? 0,
    benchmark: { rank: 1 + Math.floor(15_624 * next()), cells: 15_625, cifar10_test: 0.5 + 0.4 * next() },
  };
}

/** What environment.json says of a run. */
export const ENVIRONMENT = {
  program: { version: "0.1.0", commit: "5c7e2b4" },
  date: "2025-11-30T00:48:01Z",
  host: null,
  os: "linux",
  arch: "x86_64",
  cpu: { name: "Some Processor", vector: "avx2", threads: 1 },
  device: "CPU",
  command: ["lambda-darts", "search", "--out", "runs/it's mine"],
  seed: 0,
  data: { set: "digits", images: 1797, training: 899, validation: 898, classes: ["0", "1"], channels: 1, size: [8, 8], fingerprint: "9f86d081", mean: [0.3], std: [0.2] },
  asked: { device: null, table: null, tensorboard: false },
};
