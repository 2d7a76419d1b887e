// Made from the Rust types; a test of the crate lambda-darts-wasm compares the two. To write it anew:
// UPDATE_TYPES=1 cargo test --release --workspace types

/**
 * Accuracies of one cell, as shares from 0 to 1. The table that a page loads has those on the test images of CIFAR-10
 * alone.
 */
export type Accuracies = { 
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
unrolled: boolean, 
/**
 * Temperature τ of the softmax p = softmax(α/τ).
 */
temperature: number, 
/**
 * Operations that are forced or forbidden on their edges.
 */
constraints?: Array<Constraint>, };

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
 * Budget of a search: it ends with the evaluation that spends the first of these.
 */
export type Budget = { 
/**
 * Number of evaluations.
 */
evaluations?: number, 
/**
 * Sum of the evaluations' costs in seconds; the published one of NAS-Bench-201 is 12,000 in the paper, and 20,000
 * in later code.
 */
seconds?: number, };

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
agreement: number, 
/**
 * Cell's gradient g_{l,e}, `[edges][candidates]`, to seven digits; empty in events of earlier builds.
 */
gradient?: Array<Array<number>>, };

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
 * Constraint on one operation of one edge.
 */
export type Constraint = { 
/**
 * Name of the cell type: `normal` or `reduce`.
 */
cell: string, 
/**
 * Node that the edge leaves; the inputs of the cell come first.
 */
from: number, 
/**
 * Node that the edge enters.
 */
to: number, 
/**
 * Candidate of the edge.
 */
operation: Operation, 
/**
 * Rule for the candidate.
 */
rule: Rule, };

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
 * Data settings of a search or a training.
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
 * Number of images to use, drawn by the seed; all by default. A training uses this number of training images, and
 * all test images.
 */
images?: number, 
/**
 * Side in pixels of the squares that images are resized to; by default the images keep their size.
 */
size?: number, 
/**
 * Fraction of the images that trains the weights; the rest is the validation part, which trains the architecture.
 * A folder that is divided already keeps its parts. In a training, the rest tests the network, if the data set has
 * no test images of its own.
 */
train_fraction: number, 
/**
 * JSON file `{"train": [indices], "valid": [indices]}` with the images of the two parts of a search.
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
 * Side in pixels of the square that is cut out of each image of a step, smaller than the image; 0 for none.
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
 * Measures of the method's parts under the name of the part and their own, such as `gumbel_hard.tau`.
 */
measures?: { [key in string]: number }, 
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
warnings?: Array<string>, 
/**
 * Candidates that leave the search with this epoch, at the end of a stage; the other numbers are those before.
 */
left?: Array<LeftCandidate>, };

/**
 * Event of a search or a training.
 */
export type Event = { 
/**
 * Version of this type: 3.
 */
version: number, 
/**
 * Seconds since the session began; the only field that differs between two runs of one seed.
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
weights: number, } | { "event": "step" } & StepEvent | { "event": "epoch" } & EpochEvent | { "event": "change", 
/**
 * Epoch in progress, counted from 1.
 */
epoch: number, 
/**
 * Steps that were taken in this epoch.
 */
step: number, 
/**
 * Paths of the settings that changed, such as `method.alignment.lambda`.
 */
changed: Array<string>, 
/**
 * Configuration from here on.
 */
config: SearchConfig, } | { "event": "selection" } & SelectionEvent | { "event": "end", 
/**
 * Genotype that α stands for at the end, or that the selection chose.
 */
genotype: Genotype, 
/**
 * Accuracies and rank of a genotype that a selection chose after the last epoch, if there is a table that has
 * it.
 */
benchmark?: TableReport, } | { "event": "training_start", 
/**
 * Configuration of the training.
 */
config: TrainingConfig, 
/**
 * Device in use.
 */
device: string, 
/**
 * Steps in an epoch.
 */
steps: number, 
/**
 * Weights of the network, those of an auxiliary head included.
 */
weights: number, } | { "event": "training_step" } & TrainingStepEvent | { "event": "training_epoch" } & TrainingEpochEvent | { "event": "training_end", 
/**
 * Share of the test images that the network classifies correctly.
 */
test_accuracy: number, } | { "event": "searcher_start", 
/**
 * Configuration of the search.
 */
config: SearcherConfig, 
/**
 * Number of cells of the table.
 */
cells: number, } | { "event": "searcher_step" } & SearcherStepEvent | { "event": "searcher_epoch" } & SearcherEpochEvent | { "event": "searcher_end", 
/**
 * Fittest architecture.
 */
genotype: Genotype, 
/**
 * Accuracies of the architecture, if there is a table that has it.
 */
accuracies?: Accuracies, });

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
weights: number, } | { "event": "step" } & StepEvent | { "event": "epoch" } & EpochEvent | { "event": "change", 
/**
 * Epoch in progress, counted from 1.
 */
epoch: number, 
/**
 * Steps that were taken in this epoch.
 */
step: number, 
/**
 * Paths of the settings that changed, such as `method.alignment.lambda`.
 */
changed: Array<string>, 
/**
 * Configuration from here on.
 */
config: SearchConfig, } | { "event": "selection" } & SelectionEvent | { "event": "end", 
/**
 * Genotype that α stands for at the end, or that the selection chose.
 */
genotype: Genotype, 
/**
 * Accuracies and rank of a genotype that a selection chose after the last epoch, if there is a table that has
 * it.
 */
benchmark?: TableReport, } | { "event": "training_start", 
/**
 * Configuration of the training.
 */
config: TrainingConfig, 
/**
 * Device in use.
 */
device: string, 
/**
 * Steps in an epoch.
 */
steps: number, 
/**
 * Weights of the network, those of an auxiliary head included.
 */
weights: number, } | { "event": "training_step" } & TrainingStepEvent | { "event": "training_epoch" } & TrainingEpochEvent | { "event": "training_end", 
/**
 * Share of the test images that the network classifies correctly.
 */
test_accuracy: number, } | { "event": "searcher_start", 
/**
 * Configuration of the search.
 */
config: SearcherConfig, 
/**
 * Number of cells of the table.
 */
cells: number, } | { "event": "searcher_step" } & SearcherStepEvent | { "event": "searcher_epoch" } & SearcherEpochEvent | { "event": "searcher_end", 
/**
 * Fittest architecture.
 */
genotype: Genotype, 
/**
 * Accuracies of the architecture, if there is a table that has it.
 */
accuracies?: Accuracies, };

/**
 * First images of a file of a data set, as bytes that are not normalized.
 */
export type FirstImages = { 
/**
 * Number of channels.
 */
channels: number, 
/**
 * Height in pixels.
 */
height: number, 
/**
 * Width in pixels.
 */
width: number, 
/**
 * Names of the classes.
 */
classes: Array<string>, 
/**
 * Class of each image.
 */
labels: Array<number>, 
/**
 * Values, `[images, channels, height, width]`.
 */
pixels: Array<number>, };

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
 * Candidate of an edge that leaves the search at the end of a stage.
 */
export type LeftCandidate = { 
/**
 * Name of the cell type: `normal` or `reduce`.
 */
cell: string, 
/**
 * Edge.
 */
edge: number, 
/**
 * Candidate.
 */
operation: Operation, };

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
 * Network of a genotype.
 */
export type NetworkConfig = { 
/**
 * Arrangement of the cells.
 */
layout: NetworkLayout, 
/**
 * Channels C of the first cells.
 */
channels: number, 
/**
 * L cells in a stacked layout, N a stage in a staged one.
 */
cells: number, 
/**
 * Coefficient in the loss of the auxiliary head; 0 for a network without one.
 */
auxiliary_weight: number, 
/**
 * Probability of the drop paths at the end of the training, to which it rises from 0; 0 for none.
 */
drop_path: number, 
/**
 * Label smoothing; 0 for plain labels.
 */
label_smoothing: number, };

/**
 * Arrangement of the cells of a network.
 */
export type NetworkLayout = "space" | "imagenet";

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
 * Recipe: the settings of a training as a paper has them.
 *
 * | name | paper | network | epochs, batch | SGD |
 * |---|---|---|---|---|
 * | `darts` | DARTS (arXiv:1806.09055) on CIFAR-10 | C 36, 20 cells, auxiliary head .4, drop path .2, cutout 16 | 600, 96 | .025, cosine to 0, momentum .9, decay 3e-4, clip 5 |
 * | `darts-imagenet` | DARTS on ImageNet | C 48, 14 cells, stem of stride 8, auxiliary head .4, label smoothing .1 | 250, 128 | .1, times .97 an epoch, momentum .9, decay 3e-5, clip 5 |
 * | `robust` | RobustDARTS (arXiv:1909.09656) on S1 to S4 | as `darts` with C 16, 8 cells | 600, 96 | as `darts` |
 * | `nas-bench-201` | NAS-Bench-201 (arXiv:2001.00326) | C 16, N 5 | 200, 256 | .1, cosine to 0, Nesterov's momentum .9, decay 5e-4 |
 * | `small` | none: for minutes on a CPU | C 16, one cell in a stage or 5 cells | 12, 64 | .1, cosine to 0, Nesterov's momentum .9, decay 5e-4, clip 5 |
 */
export type Recipe = "darts" | "darts-imagenet" | "robust" | "nas-bench-201" | "small";

/**
 * Rule for a candidate of an edge.
 */
export type Rule = "force" | "forbid";

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
 * Schedule of the learning rate.
 */
export type Schedule = "cosine" | "exponential";

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
 * # Ok::<(), lambda_darts::search::SessionError>(())
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
 * Complete configuration of a search by a [searcher](crate::searcher) in a table of known results.
 *
 * ```
 * use lambda_darts::black_box::SearcherConfig;
 *
 * let config = SearcherConfig::from_toml(
 *     "[searcher]\nname = \"evolution\"\npopulation = 20\n[budget]\nseconds = 12000",
 * )?;
 * assert_eq!((config.space.as_str(), config.searcher.name()), ("nas-bench-201", "evolution"));
 * assert_eq!((config.budget.seconds, config.budget.evaluations), (Some(12e3), None));
 * assert_eq!(SearcherConfig::from_toml(&config.to_toml())?, config);
 * # Ok::<(), lambda_darts::session::SessionError>(())
 * ```
 */
export type SearcherConfig = { 
/**
 * Name of a published space, or of `custom_space`.
 */
space: string, 
/**
 * Seed of all random numbers.
 */
seed: number, 
/**
 * CSV file of known results; the published results of NAS-Bench-201 if there is none.
 */
table?: string, 
/**
 * Searcher.
 */
searcher: { name: string, [setting: string]: string | number | number[] }, 
/**
 * Budget.
 */
budget: Budget, 
/**
 * Custom space, in the place of a published one.
 */
custom_space?: CustomSpace, };

/**
 * End of an epoch of a search without a supernet: an equal part of its budget was spent.
 */
export type SearcherEpochEvent = { 
/**
 * Epoch, counted from 1.
 */
epoch: number, 
/**
 * Number of evaluations so far.
 */
evaluations: number, 
/**
 * Sum of the evaluations' costs so far in seconds, if they have one.
 */
seconds_simulated?: number, 
/**
 * Fittest architecture so far; the first of equals.
 */
genotype: Genotype, 
/**
 * Fitness of the architecture.
 */
fitness: number, 
/**
 * Accuracies and rank of the architecture, if there is a table that has it.
 */
benchmark?: TableReport, };

/**
 * Evaluation of an architecture.
 */
export type SearcherStepEvent = { 
/**
 * Evaluation, counted from 1 over the whole search.
 */
evaluation: number, 
/**
 * Architecture.
 */
genotype: Genotype, 
/**
 * Fitness of the architecture.
 */
fitness: number, 
/**
 * Largest fitness so far.
 */
best: number, 
/**
 * Sum of the evaluations' costs so far in seconds, if they have one.
 */
seconds_simulated?: number, };

/**
 * Piece of the selection of the architecture after the last epoch: an evaluation of the supernet, or a step of
 * fine-tuning.
 */
export type SelectionEvent = { 
/**
 * Piece, counted from 1.
 */
step: number, 
/**
 * Number of pieces in all; the largest possible one, where it depends on results.
 */
of: number, 
/**
 * Name of the cell type that an edge is left out of, wholly or in part.
 */
cell?: string, 
/**
 * Edge that is left out, wholly or in part.
 */
edge?: number, 
/**
 * Candidate of the edge that is left out; absent if the whole edge is.
 */
operation?: Operation, 
/**
 * Operation that the edge keeps, once it is decided.
 */
kept?: Operation, 
/**
 * Share of the validation images that the supernet classifies correctly, with batch statistics.
 */
accuracy?: number, 
/**
 * Loss before a step of fine-tuning.
 */
train_loss?: number, 
/**
 * Architecture that was evaluated.
 */
genotype?: Genotype, };

/**
 * Training of the weights: SGD with momentum and a schedule.
 */
export type SgdConfig = { 
/**
 * Learning rate of the first epoch.
 */
lr: number, 
/**
 * Learning rate that the cosine schedule ends at.
 */
lr_min: number, 
/**
 * Schedule of the learning rate.
 */
schedule: Schedule, 
/**
 * Factor of the learning rate from one epoch to the next in the exponential schedule.
 */
gamma: number, 
/**
 * Momentum.
 */
momentum: number, 
/**
 * True for Nesterov's momentum.
 */
nesterov: boolean, 
/**
 * L2 weight decay.
 */
decay: number, 
/**
 * Global norm that gradients are clipped to; 0 for no clipping.
 */
clip: number, };

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
 * Complete configuration of a training: the network of a genotype, from scratch.
 *
 * ```
 * use lambda_darts::space::Genotype;
 * use lambda_darts::training::{Recipe, TrainingConfig};
 *
 * let cell = Genotype::parse("|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|")?;
 * let mut config = TrainingConfig::new(Recipe::NasBench201, "nas-bench-201", cell);
 * assert_eq!((config.epochs, config.batch, config.network.cells), (200, 256, 5));
 * config.set("weights.lr", "0.05")?;
 * assert_eq!(TrainingConfig::from_toml(&config.to_toml())?, config);
 * # Ok::<(), Box<dyn std::error::Error>>(())
 * ```
 */
export type TrainingConfig = { 
/**
 * Recipe that gives the settings which are left out.
 */
recipe: Recipe, 
/**
 * Name of the space that arranges the cells: a published one, or `custom_space`.
 */
space: string, 
/**
 * Genotype of the cells, in any notation.
 */
genotype: string, 
/**
 * Seed of all random numbers.
 */
seed: number, 
/**
 * Passes over the training images.
 */
epochs: number, 
/**
 * Images in a batch.
 */
batch: number, 
/**
 * Network.
 */
network: NetworkConfig, 
/**
 * Training of the weights.
 */
weights: SgdConfig, 
/**
 * Images.
 */
data: DataConfig, 
/**
 * Custom space, in the place of a published one.
 */
custom_space?: CustomSpace, };

/**
 * End of an epoch of a training.
 */
export type TrainingEpochEvent = { 
/**
 * Epoch, counted from 1.
 */
epoch: number, 
/**
 * Learning rate in this epoch.
 */
lr: number, 
/**
 * Probability of the drop paths in this epoch.
 */
drop_path: number, 
/**
 * Mean of the loss over the steps, that of an auxiliary head included.
 */
train_loss: number, 
/**
 * Share of the training images that were classified correctly in their steps, with batch statistics and augmentation.
 */
train_accuracy: number, 
/**
 * Mean cross-entropy over the test images, with running statistics.
 */
test_loss: number, 
/**
 * Share of the test images that are classified correctly, with running statistics.
 */
test_accuracy: number, 
/**
 * Share of the test images whose class is among the five likeliest.
 */
test_top5: number, 
/**
 * Mean of the gradient's norm over the steps, before clipping.
 */
gradient_norm: number, 
/**
 * Share of the steps whose gradient was clipped, from 0 to 1.
 */
clipped: number, };

/**
 * Step of a training.
 */
export type TrainingStepEvent = { 
/**
 * Epoch, counted from 1.
 */
epoch: number, 
/**
 * Step within the epoch, counted from 1.
 */
step: number, 
/**
 * Loss before the step, that of an auxiliary head included.
 */
train_loss: number, 
/**
 * Norm of the gradient before clipping.
 */
gradient_norm: number, };

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
