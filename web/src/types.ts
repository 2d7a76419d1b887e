// Made from the Rust types; a test of the crate lambda-darts-wasm compares the two. To write it anew:
// UPDATE_TYPES=1 cargo test --release --workspace types

/**
 * The accuracies of one cell in percent.
 */
export type Accuracies = { 
/**
 * On the validation images of CIFAR-10.
 */
cifar10_valid: number, 
/**
 * On the test images of CIFAR-10.
 */
cifar10_test: number, 
/**
 * On the validation images of CIFAR-100.
 */
cifar100_valid: number, 
/**
 * On the test images of CIFAR-100.
 */
cifar100_test: number, 
/**
 * On the validation images of ImageNet16-120.
 */
imagenet16_120_valid: number, 
/**
 * On the test images of ImageNet16-120.
 */
imagenet16_120_test: number, };

/**
 * How the architecture parameters are trained: Adam.
 */
export type ArchitectureConfig = { 
/**
 * The learning rate.
 */
lr: number, 
/**
 * Decay rates of Adam's two means.
 */
betas: [number, number], 
/**
 * L2 weight decay, added to the gradient.
 */
decay: number, 
/**
 * Which of the two is stepped first.
 */
order: Order, 
/**
 * Whether the gradient is taken at the weights after a step (second order).
 */
unrolled: boolean, };

/**
 * How the images of a step are varied.
 */
export type Augment = "auto" | "none" | "published";

/**
 * One kind of cell. All cells of a kind share one table of architecture parameters.
 */
export type CellKind = { 
/**
 * `normal` or `reduce`.
 */
name: string, 
/**
 * How many input nodes a cell has.
 */
inputs: number, 
/**
 * How many intermediate nodes a cell has.
 */
nodes: number, 
/**
 * The edges, ordered by the node they lead to, then by the node they read.
 */
edges: Array<Edge>, 
/**
 * What the cell hands on.
 */
output: Output, };

/**
 * The state of one cell.
 */
export type CellSaturation = { 
/**
 * ‖J(p_e) g_{l,e}‖ of every edge: the part of the cell's gradient that reaches α.
 */
transmitted: Array<number>, 
/**
 * ‖J(p_e) g_{l,e}‖/‖g_{l,e}‖ of every edge; 0 where the gradient is zero.
 */
transmitted_share: Array<number>, 
/**
 * The candidate that the cell asks for on every edge: argmin_k g_{l,e,k}.
 */
asks: Array<number>, 
/**
 * ‖J g_l‖ / Σ_m ‖J g_m‖: the cell's share in what moves α.
 */
pull: number, 
/**
 * The share of edges on which the cell asks for the candidate that α prefers.
 */
agreement: number, };

/**
 * Which conventions the candidate operations follow.
 */
export type Convention = "darts" | "nas-bench201";

/**
 * The candidates of one kind of cell.
 */
export type CustomCell = { 
/**
 * The candidates of every edge that `edges` does not name.
 */
operations: Array<Operation>, 
/**
 * The candidates of single edges, by `from->to`; an empty list leaves the edge out.
 */
edges?: { [key in string]: Array<Operation> }, };

/**
 * A search space as a user writes it down.
 *
 * ```
 * use lambda_darts::space::CustomSpace;
 *
 * let space = CustomSpace::parse(r#"
 *     name = "small"
 *     layout = "stacked"       # or "staged"
 *     nodes = 2                # intermediate nodes of a cell
 *
 *     [cells.normal]
 *     operations = ["skip_connect", "sep_conv_3x3"]
 *
 *     [cells.normal.edges]     # single edges may differ; an empty list leaves the edge out
 *     "0->2" = ["max_pool_3x3", "skip_connect"]
 *     "1->3" = []
 * "#)?;
 * assert_eq!(space.kinds[0].edges.len(), 4);
 * # Ok::<(), lambda_darts::space::SpaceError>(())
 * ```
 */
export type CustomSpace = { 
/**
 * The name it is reported by.
 */
name: string, 
/**
 * `stacked` (DARTS) or `staged` (NAS-Bench-201).
 */
layout: LayoutName, 
/**
 * Width of the stem in multiples of the channels; stacked only. 3 where it is left out.
 */
stem_multiplier?: number | null, 
/**
 * The operations' conventions; by default those of the layout.
 */
convention?: Convention | null, 
/**
 * Input nodes of a cell: 1 or 2 in a stacked layout (2 by default), 1 in a staged one.
 */
inputs?: number | null, 
/**
 * Intermediate nodes of a cell, 1 to 16.
 */
nodes: number, 
/**
 * What a cell hands on: `concat` by default in a stacked layout; `last`, always, in a staged one.
 */
output?: Output | null, 
/**
 * The kinds of cell: `normal`, and in a stacked layout `reduce` if the network is to shrink the image.
 */
cells: { [key in string]: CustomCell }, };

/**
 * Which images a search uses and how.
 */
export type DataConfig = { 
/**
 * The data set.
 */
set: DataSet, 
/**
 * The folder it lies in; `digits` needs none.
 */
dir?: string, 
/**
 * Use only this many images, drawn by the seed.
 */
images?: number, 
/**
 * Resize the images to squares of this side.
 */
size?: number, 
/**
 * The fraction of the images that trains the weights; the rest is the validation part that trains the
 * architecture.
 */
train_fraction: number, 
/**
 * A JSON file `{"train": [indices], "valid": [indices]}` that says which images make the parts.
 */
split?: string, 
/**
 * How the images of a step are varied.
 */
augment: Augment, 
/**
 * The side of the square that is cut out of each image of a step; 0 for none.
 */
cutout: number, };

/**
 * A data set, by name.
 */
export type DataSet = "digits" | "cifar10" | "cifar100" | "svhn" | "imagenet16-120" | "folder";

/**
 * A device that a search can run on.
 */
export type DeviceInfo = { 
/**
 * What it is asked for by.
 */
device: "cpu" | "webgpu", 
/**
 * What it calls itself.
 */
name: string, };

/**
 * One edge of a cell with its candidate operations.
 */
export type Edge = { 
/**
 * The node that the edge reads. Input nodes come first, then the intermediate ones.
 */
from: number, 
/**
 * The intermediate node that the edge adds to.
 */
to: number, 
/**
 * The candidates, in the order of the architecture parameters' columns.
 */
operations: Array<Operation>, };

/**
 * An epoch.
 */
export type EpochEvent = { 
/**
 * The epoch, from 0.
 */
epoch: number, 
/**
 * λ in this epoch.
 */
strength: number, 
/**
 * The weights' learning rate in this epoch.
 */
lr: number, 
/**
 * The mean of L_train over the steps.
 */
train_loss: number, 
/**
 * The mean of L_val over the steps.
 */
valid_loss: number, 
/**
 * The share of validation images that the supernet gets right, with running statistics.
 */
supernet_accuracy: number, 
/**
 * One entry a kind of cell.
 */
kinds: Array<KindReport>, 
/**
 * The dominant eigenvalue of ∇²_α L_val, if it is measured.
 */
curvature?: number, 
/**
 * The architecture that α stands for.
 */
genotype: Genotype, 
/**
 * Skip connections in it.
 */
skip_connections: number, 
/**
 * Its accuracies in the table, if one was given and has it.
 */
benchmark?: Accuracies, };

/**
 * How the branches of ReLU and max pool are chosen.
 */
export type Estimator = "central" | "frozen";

/**
 * Something that happened.
 */
export type Event = { 
/**
 * The version of this type: 1.
 */
version: number, 
/**
 * Seconds since the session began; the only field that differs between two runs of one seed.
 */
seconds: number, } & ({ "event": "start", 
/**
 * Its configuration.
 */
config: SearchConfig, 
/**
 * The device in use.
 */
device: string, 
/**
 * Steps in an epoch.
 */
steps: number, 
/**
 * Weights of the supernet.
 */
weights: number, } | { "event": "step" } & StepEvent | { "event": "epoch" } & EpochEvent | { "event": "end", 
/**
 * What it found.
 */
genotype: Genotype, });

/**
 * What happened.
 */
export type EventKind = { "event": "start", 
/**
 * Its configuration.
 */
config: SearchConfig, 
/**
 * The device in use.
 */
device: string, 
/**
 * Steps in an epoch.
 */
steps: number, 
/**
 * Weights of the supernet.
 */
weights: number, } | { "event": "step" } & StepEvent | { "event": "epoch" } & EpochEvent | { "event": "end", 
/**
 * What it found.
 */
genotype: Genotype, };

/**
 * A discrete architecture: for every kind of cell, what each node reads.
 */
export type Genotype = { 
/**
 * One entry a kind of cell, `normal` first.
 */
cells: Array<GenotypeCell>, };

/**
 * One kind of cell of a [`Genotype`].
 */
export type GenotypeCell = { 
/**
 * `normal` or `reduce`.
 */
kind: string, 
/**
 * How many input nodes the cell has; node numbers count them first.
 */
inputs: number, 
/**
 * For every intermediate node the operations that add up to it, each with the node it reads.
 */
nodes: Array<Array<[Operation, number]>>, 
/**
 * The nodes that make up the output.
 */
output: Array<number>, };

/**
 * One kind of cell at the end of an epoch.
 */
export type KindReport = { 
/**
 * `normal` or `reduce`.
 */
name: string, 
/**
 * The mean of Λ over the steps, on training batches; absent with fewer than two cells.
 */
alignment: number | null, 
/**
 * The operation weights p, `[edges][candidates]`.
 */
probabilities: Array<Array<number>>, 
/**
 * Measured with the cell gradients of L_val, which move α, averaged over the epoch.
 */
saturation: Saturation, };

/**
 * How cells are stacked into a network.
 */
export type Layout = { "stacked": { 
/**
 * Width of the stem in multiples of the channels C.
 */
stem_multiplier: number, } } | "staged";

/**
 * The name of a macro layout.
 */
export type LayoutName = "stacked" | "staged";

/**
 * Measures that take passes of their own.
 */
export type MeasuresConfig = { 
/**
 * The dominant eigenvalue of ∇²_α L_val at the end of each epoch, on one batch: up to 11 passes, on a GPU 21.
 */
curvature: boolean, };

/**
 * The method and its settings.
 */
export type MethodConfig = { 
/**
 * Which method.
 */
name: MethodName, 
/**
 * The final λ.
 */
strength: number, 
/**
 * ε₀ of the two-sided difference; [`Estimator::Frozen`] takes none on the CPU.
 */
epsilon: number, 
/**
 * How ∂Λ/∂ω is found.
 */
estimator: Estimator, 
/**
 * How λ changes over the epochs.
 */
schedule: Schedule, 
/**
 * The kinds of cell whose alignment is regularized.
 */
kinds: Array<string>, };

/**
 * A published method, by the name of its composition.
 */
export type MethodName = "darts" | "lambda-darts" | "lambda-darts-sign";

/**
 * A genotype in every notation that it has.
 */
export type Notations = { 
/**
 * As JSON.
 */
json: string, 
/**
 * As DARTS writes it; null where it cannot.
 */
darts: string | null, 
/**
 * As NAS-Bench-201 writes it; null where it cannot.
 */
nas_bench_201: string | null, };

/**
 * A candidate operation, by the name that the field gives it.
 *
 * The text form (serde, [`Display`](fmt::Display) and [`FromStr`]) is the one that papers, genotypes and
 * the PyTorch references use, for example `sep_conv_3x3`.
 *
 * ```
 * use lambda_darts::space::Operation;
 *
 * let operation: Operation = "dil_conv_5x5".parse()?;
 * assert_eq!(operation, Operation::DilConv5x5);
 * assert_eq!(operation.to_string(), "dil_conv_5x5");
 * # Ok::<(), lambda_darts::space::SpaceError>(())
 * ```
 */
export type Operation = "none" | "skip_connect" | "max_pool_3x3" | "avg_pool_3x3" | "sep_conv_3x3" | "sep_conv_5x5" | "sep_conv_7x7" | "dil_conv_3x3" | "dil_conv_5x5" | "conv_7x1_1x7" | "nor_conv_1x1" | "nor_conv_3x3" | "noise";

/**
 * Which of architecture and weights is stepped first.
 */
export type Order = "architecture-first" | "weights-first";

/**
 * What a cell hands on.
 */
export type Output = "concat" | "last";

/**
 * The state of one kind of cell.
 */
export type Saturation = { 
/**
 * Normalized entropy h_e = H(p_e)/ln K of every edge: 1 at the uniform point, 0 where saturated (or K = 1).
 */
entropy: Array<number>, 
/**
 * ‖J(p_e)‖_F of every edge, J(p) = diag(p) − p pᵀ: 0 where saturated.
 */
jacobian: Array<number>, 
/**
 * Every cell, from stem to classifier.
 */
cells: Array<CellSaturation>, 
/**
 * The cosine between every two cell gradients, `[L][L]`; 0 where one of them is zero.
 */
cosines: Array<Array<number>>, 
/**
 * Λ; absent with fewer than two cells.
 */
alignment: number | null, 
/**
 * Λ±; absent with fewer than two cells.
 */
sign_alignment: number | null, };

/**
 * λ as a function of the epoch.
 */
export type Schedule = "linear" | "constant" | { "from": number };

/**
 * A search, completely described.
 *
 * ```
 * use lambda_darts::search::{MethodName, SearchConfig};
 *
 * let mut config = SearchConfig::published("nas-bench-201");
 * config.method.name = MethodName::Darts;
 * assert_eq!(SearchConfig::from_toml(&config.to_toml())?, config);
 * # Ok::<(), lambda_darts::search::SearchError>(())
 * ```
 */
export type SearchConfig = { 
/**
 * The name of a published space, or of `custom_space`.
 */
space: string, 
/**
 * Seed of all random numbers.
 */
seed: number, 
/**
 * Passes over the training part.
 */
epochs: number, 
/**
 * Images in a batch.
 */
batch: number, 
/**
 * The size of the supernet.
 */
supernet: SupernetConfig, 
/**
 * The method.
 */
method: MethodConfig, 
/**
 * How the weights are trained.
 */
weights: WeightsConfig, 
/**
 * How the architecture parameters are trained.
 */
architecture: ArchitectureConfig, 
/**
 * The images.
 */
data: DataConfig, 
/**
 * What is measured besides what costs nothing.
 */
measures: MeasuresConfig, 
/**
 * A space of one's own, in the place of a published one.
 */
custom_space?: CustomSpace, };

/**
 * A search space: the kinds of cell, their candidates and how cells are stacked.
 */
export type Space = { 
/**
 * The name it is asked for by.
 */
name: string, 
/**
 * The kinds of cell; the first is `normal`.
 */
kinds: Array<CellKind>, 
/**
 * How cells are stacked.
 */
layout: Layout, 
/**
 * Which conventions the operations follow.
 */
convention: Convention, };

/**
 * A step.
 */
export type StepEvent = { 
/**
 * The epoch, from 0.
 */
epoch: number, 
/**
 * The step within the epoch, from 0.
 */
step: number, 
/**
 * L_train before the step.
 */
train_loss: number, 
/**
 * L_val before the step.
 */
valid_loss: number, 
/**
 * Λ of every kind of cell on the training batch; absent with fewer than two cells.
 */
alignment: Array<number | null>, 
/**
 * The norm of the weights' gradient before clipping.
 */
gradient_norm: number, };

/**
 * The size of a supernet.
 */
export type SupernetConfig = { 
/**
 * Channels C of the first cells.
 */
channels: number, 
/**
 * L cells in a stacked layout, N a stage in a staged one.
 */
cells: number, };

/**
 * How the weights are trained: SGD with momentum and a cosine schedule.
 */
export type WeightsConfig = { 
/**
 * The learning rate of the first epoch.
 */
lr: number, 
/**
 * The learning rate that the cosine schedule ends at.
 */
lr_min: number, 
/**
 * Momentum.
 */
momentum: number, 
/**
 * L2 weight decay.
 */
decay: number, 
/**
 * The global norm that gradients are clipped to.
 */
clip: number, };
