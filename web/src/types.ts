// Made from the Rust types; a test of the crate lambda-darts-wasm compares the two. To write it anew:
// UPDATE_TYPES=1 cargo test --release --workspace types

/**
 * Training of the architecture parameters: Adam.
 */
export type ArchitectureConfig = { 
/**
 * Learning rate.
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
 * Order of architecture step and weight step.
 */
order: Order, 
/**
 * True if the gradient is taken at the weights after a virtual step (second order).
 */
unrolled: boolean, };

/**
 * Augmentation of the images of a step.
 */
export type Augment = "auto" | "none" | "published";

/**
 * Colour that transparent images are blended with: red, green and blue.
 *
 * As text `white`, `black`, or six hexadecimal digits such as `#ff8000`.
 */
export type Background = string;

/**
 * Statistics of one cell.
 */
export type CellSaturation = { 
/**
 * Norm ‖J(p_e) g_{l,e}‖ on every edge: the part of the cell's gradient that reaches α.
 */
transmitted: Array<number>, 
/**
 * Ratio ‖J(p_e) g_{l,e}‖/‖g_{l,e}‖ on every edge; 0 if the gradient is zero.
 */
transmitted_share: Array<number>, 
/**
 * Index of the candidate that the cell's gradient favours on every edge: argmin_k g_{l,e,k}.
 */
asks: Array<number>, 
/**
 * Cell's share ‖J g_l‖ / Σ_m ‖J g_m‖ of the gradients that change α.
 */
pull: number, 
/**
 * Fraction of the edges on which the cell's gradient favours the candidate that α prefers.
 */
agreement: number, };

/**
 * One type of cell. All cells of a type share one table of architecture parameters.
 */
export type CellType = { 
/**
 * Name of the type: `normal` or `reduce`.
 */
name: string, 
/**
 * Number of input nodes of a cell.
 */
inputs: number, 
/**
 * Number of intermediate nodes of a cell.
 */
nodes: number, 
/**
 * The edges, ordered by the node they lead to, then by the node they read.
 */
edges: Array<Edge>, 
/**
 * Output of the cell.
 */
output: Output, };

/**
 * Report on one cell type at the end of an epoch.
 */
export type CellTypeReport = { 
/**
 * `normal` or `reduce`.
 */
name: string, 
/**
 * Mean of Λ over the steps, on training batches; absent with fewer than two cells.
 */
alignment: number | null, 
/**
 * Operation weights p, `[edges][candidates]`.
 */
probabilities: Array<Array<number>>, 
/**
 * Saturation, measured with the cell gradients of L_val, which move α, averaged over the epoch.
 */
saturation: Saturation, };

/**
 * The candidates of one type of cell.
 */
export type CustomCell = { 
/**
 * The candidates of every edge that `edges` does not name.
 */
operations: Array<Operation>, 
/**
 * The candidates of single edges, keyed by `from->to`; an empty list leaves the edge out.
 */
edges?: { [key in string]: Array<Operation> }, };

/**
 * Description of a search space, as a user writes it in TOML.
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
 * assert_eq!(space.cell_types[0].edges.len(), 4);
 * # Ok::<(), lambda_darts::space::SpaceError>(())
 * ```
 */
export type CustomSpace = { 
/**
 * Name of the space, used in reports.
 */
name: string, 
/**
 * Macro layout: `stacked` (DARTS) or `staged` (NAS-Bench-201).
 */
layout: MacroLayoutName, 
/**
 * Width of the stem in multiples of the channels, for a stacked layout only; 3 by default.
 */
stem_multiplier?: number | null, 
/**
 * Style of the operations; by default that of the layout.
 */
style?: OperationStyle | null, 
/**
 * Number of input nodes of a cell: 1 or 2 in a stacked layout (2 by default), 1 in a staged one.
 */
inputs?: number | null, 
/**
 * Number of intermediate nodes of a cell, 1 to 16.
 */
nodes: number, 
/**
 * Output of a cell: `concat` by default in a stacked layout; always `last` in a staged one.
 */
output?: Output | null, 
/**
 * The types of cell by name: `normal`, and in a stacked layout `reduce` if the network is to shrink the image.
 */
cells: { [key in string]: CustomCell }, };

/**
 * Data settings of a search.
 */
export type DataConfig = { 
/**
 * Data set.
 */
set: DataSet, 
/**
 * Folder of the data set; `digits` and `fashion` need none.
 */
dir?: string, 
/**
 * Number of images to use, drawn by the seed; all by default.
 */
images?: number, 
/**
 * Side in pixels of the squares that images are resized to; by default the images keep their size.
 */
size?: number, 
/**
 * Fraction of the images that trains the weights; the rest is the validation part, which trains the architecture.
 * A folder that is divided already keeps its parts.
 */
train_fraction: number, 
/**
 * JSON file `{"train": [indices], "valid": [indices]}` with the images of the two parts.
 */
split?: string, 
/**
 * Colour that transparent images of a folder are blended with.
 */
background: Background, 
/**
 * True if files of a folder that cannot be read are left out.
 */
skip_unreadable: boolean, 
/**
 * Augmentation of the images of a step.
 */
augment: Augment, 
/**
 * Side in pixels of the square that is cut out of each image of a step; 0 for none.
 */
cutout: number, };

/**
 * Name of a data set.
 */
export type DataSet = "digits" | "fashion" | "mnist" | "fashion-mnist" | "kmnist" | "cifar10" | "cifar100" | "svhn" | "imagenet16-120" | "folder";

/**
 * A device that a search can run on.
 */
export type DeviceInfo = { 
/**
 * Name that selects the device.
 */
device: "cpu" | "webgpu", 
/**
 * Name that the device reports.
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
 * End of an epoch.
 */
export type EpochEvent = { 
/**
 * Epoch, counted from 1.
 */
epoch: number, 
/**
 * λ in this epoch.
 */
lambda: number, 
/**
 * Learning rate of the weights in this epoch.
 */
lr: number, 
/**
 * Mean of L_train over the steps.
 */
train_loss: number, 
/**
 * Mean of L_val over the steps.
 */
valid_loss: number, 
/**
 * Share of the validation images that the supernet classifies correctly, with running statistics.
 */
supernet_accuracy: number, 
/**
 * Mean of the gradient's norm over the steps, before clipping.
 */
gradient_norm: number, 
/**
 * Mean of ∇L_train's norm over the steps in which it was measured.
 */
loss_gradient_norm?: number, 
/**
 * Mean of the norm of the regularizers' gradient over the steps in which it was measured.
 */
regularizer_gradient_norm?: number, 
/**
 * Share of the steps whose gradient was clipped, from 0 to 1.
 */
clipped: number, 
/**
 * Reports by cell type.
 */
cell_types: Array<CellTypeReport>, 
/**
 * Dominant eigenvalue of ∇²_α L_val, if it is measured.
 */
curvature?: number, 
/**
 * Genotype that α stands for.
 */
genotype: Genotype, 
/**
 * Number of occurrences of each operation in the genotype.
 */
operations: { [operation in Operation]?: number }, 
/**
 * Number of operations without weights in the genotype: skip connections, pools, noise and `none`.
 */
parameter_free: number, 
/**
 * Number of skip connections in the genotype.
 */
skip_connections: number, 
/**
 * Accuracies and rank of the genotype, if there is a benchmark table that has it.
 */
benchmark?: TableReport, 
/**
 * Signs of a collapse, or of a regularizer that is too strong.
 */
warnings?: Array<string>, };

/**
 * Event of a search.
 */
export type Event = { 
/**
 * Version of this type: 3.
 */
version: number, 
/**
 * Seconds since the search began; the only field that differs between two runs of one seed.
 */
seconds: number, } & ({ "event": "start", 
/**
 * Configuration of the search.
 */
config: SearchConfig, 
/**
 * Device in use.
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
 * Genotype that α stands for at the end.
 */
genotype: Genotype, });

/**
 * Kind of an event.
 */
export type EventKind = { "event": "start", 
/**
 * Configuration of the search.
 */
config: SearchConfig, 
/**
 * Device in use.
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
 * Genotype that α stands for at the end.
 */
genotype: Genotype, };

/**
 * A discrete architecture: for every type of cell, the operations and the inputs of each node.
 */
export type Genotype = { 
/**
 * The types of cell, `normal` first.
 */
cells: Array<GenotypeCell>, };

/**
 * One type of cell of a [`Genotype`].
 */
export type GenotypeCell = { 
/**
 * Name of the type: `normal` or `reduce`.
 */
kind: string, 
/**
 * Number of input nodes of the cell; the numbers of nodes start with them.
 */
inputs: number, 
/**
 * Operations of every intermediate node, each with the number of the node that it reads; the node is their sum.
 */
nodes: Array<Array<[Operation, number]>>, 
/**
 * Numbers of the nodes that make up the output.
 */
output: Array<number>, };

/**
 * Macro layout: the arrangement of cells into a network.
 */
export type MacroLayout = { "stacked": { 
/**
 * Width of the stem in multiples of the channels C.
 */
stem_multiplier: number, } } | "imagenet" | "staged";

/**
 * Name of a macro layout.
 */
export type MacroLayoutName = "stacked" | "staged";

/**
 * Measures that take passes of their own.
 */
export type MeasuresConfig = { 
/**
 * True if the dominant eigenvalue of ∇²_α L_val is measured at the end of each epoch, on one batch: up to 11
 * passes, on a GPU 21.
 */
curvature: boolean, };

/**
 * Method and its settings: a preset, and the settings of each part that is in use.
 *
 * A part of the preset that is left out has its defaults; a part that the preset lacks is added to it.
 */
export type MethodConfig = { name: Preset, [part: string]: unknown };

/**
 * A genotype in every notation that it has.
 */
export type Notations = { 
/**
 * JSON of the genotype.
 */
json: string, 
/**
 * Notation of DARTS; null if it cannot express the genotype.
 */
darts: string | null, 
/**
 * Notation of NAS-Bench-201; null if it cannot express the genotype.
 */
nas_bench_201: string | null, };

/**
 * A candidate operation, under its name in the literature.
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
 * Operation style: the conventions that the candidate operations follow.
 */
export type OperationStyle = "darts" | "nas-bench201";

/**
 * Order of architecture step and weight step.
 */
export type Order = "architecture-first" | "weights-first";

/**
 * Output of a cell.
 */
export type Output = "concat" | "last";

/**
 * Published method by the name of its composition.
 */
export type Preset = string;

/**
 * A published method.
 */
export type PresetInfo = { 
/**
 * Name in the settings.
 */
name: Preset, 
/**
 * Identifier of the paper.
 */
paper: string, 
/**
 * Description in a few words.
 */
description: string, 
/**
 * Settings of the method with all its parts.
 */
method: MethodConfig, };

/**
 * Statistics of one type of cell.
 */
export type Saturation = { 
/**
 * Normalized entropy h_e = H(p_e)/ln K of every edge: 1 at the uniform point, 0 if the edge is saturated or K = 1.
 */
entropy: Array<number>, 
/**
 * Norm ‖J(p_e)‖_F of the softmax's Jacobian on every edge, J(p) = diag(p) − p pᵀ: 0 if the edge is saturated.
 */
jacobian: Array<number>, 
/**
 * Statistics of every cell, from stem to classifier.
 */
cells: Array<CellSaturation>, 
/**
 * Cosine between every two cell gradients, `[L][L]`; 0 if one of them is zero.
 */
cosines: Array<Array<number>>, 
/**
 * Mean cosine of two cell gradients, by the formula of Λ; absent with fewer than two cells.
 */
mean_cosine: number | null, 
/**
 * Mean agreement of the signs of two cell gradients, by the formula of Λ±; absent with fewer than two cells.
 */
mean_sign_agreement: number | null, };

/**
 * Complete configuration of a search.
 *
 * ```
 * use lambda_darts::method::{MethodConfig, Preset};
 * use lambda_darts::search::SearchConfig;
 *
 * let mut config = SearchConfig::published("nas-bench-201");
 * config.method = MethodConfig::preset(Preset::Darts);
 * assert_eq!(SearchConfig::from_toml(&config.to_toml())?, config);
 * # Ok::<(), lambda_darts::search::SearchError>(())
 * ```
 */
export type SearchConfig = { 
/**
 * Name of a published space, or of `custom_space`.
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
 * Size of the supernet.
 */
supernet: SupernetConfig, 
/**
 * Method.
 */
method: MethodConfig, 
/**
 * Training of the weights.
 */
weights: WeightsConfig, 
/**
 * Training of the architecture parameters.
 */
architecture: ArchitectureConfig, 
/**
 * Images.
 */
data: DataConfig, 
/**
 * Measures that take passes of their own.
 */
measures: MeasuresConfig, 
/**
 * Custom space, in the place of a published one.
 */
custom_space?: CustomSpace, };

/**
 * A search space: the types of cell, their candidates and the macro layout.
 */
export type Space = { 
/**
 * Name of the space, as in `--space`.
 */
name: string, 
/**
 * The types of cell; the first is `normal`.
 */
cell_types: Array<CellType>, 
/**
 * Macro layout.
 */
layout: MacroLayout, 
/**
 * Operation style.
 */
style: OperationStyle, };

/**
 * Bilevel step.
 */
export type StepEvent = { 
/**
 * Epoch, counted from 1.
 */
epoch: number, 
/**
 * Step within the epoch, counted from 1.
 */
step: number, 
/**
 * L_train before the step.
 */
train_loss: number, 
/**
 * L_val of the architecture step.
 */
valid_loss: number, 
/**
 * Λ of every cell type on the training batch; absent with fewer than two cells.
 */
alignment: Array<number | null>, 
/**
 * Norm of the weights' gradient before clipping, regularizer included.
 */
gradient_norm: number, 
/**
 * Norm of ∇L_train, if it was measured.
 */
loss_gradient_norm?: number, 
/**
 * Norm of the regularizers' gradient, such as that of λ·Λ; absent without one. With the estimator `frozen`, it is
 * measured in every tenth step.
 */
regularizer_gradient_norm?: number, };

/**
 * Size of a supernet.
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
 * Accuracies and rank of a genotype in a benchmark table.
 */
export type TableReport = { 
/**
 * Rank of the genotype: one more than the number of cells with a better test accuracy on CIFAR-10.
 */
rank: number, 
/**
 * Number of cells of the table.
 */
cells: number, 
/**
 * Accuracy on the validation images of CIFAR-10.
 */
cifar10_valid?: number, 
/**
 * Accuracy on the test images of CIFAR-10.
 */
cifar10_test: number, 
/**
 * Accuracy on the validation images of CIFAR-100.
 */
cifar100_valid?: number, 
/**
 * Accuracy on the test images of CIFAR-100.
 */
cifar100_test?: number, 
/**
 * Accuracy on the validation images of ImageNet16-120.
 */
imagenet16_120_valid?: number, 
/**
 * Accuracy on the test images of ImageNet16-120.
 */
imagenet16_120_test?: number, };

/**
 * Training of the weights: SGD with momentum and a cosine schedule.
 */
export type WeightsConfig = { 
/**
 * Learning rate of the first epoch.
 */
lr: number, 
/**
 * Learning rate that the cosine schedule ends at.
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
 * Global norm that gradients are clipped to.
 */
clip: number, };
