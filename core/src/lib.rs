//! Differentiable neural architecture search with aligned cell gradients: Λ-DARTS (Movahedi et al., ICLR 2023), on the
//! CPU and, through wgpu, on GPUs of any vendor.
//!
//! DARTS mixes the candidate operations of every edge by a softmax over architecture parameters α, which all cells of a
//! weight-sharing supernet read, and descends α and the weights ω in turn. With g_l = ∂L/∂p_l, the gradient with respect
//! to cell l's own copy of p = softmax(α),
//!
//! ```text
//! ∂L/∂α = Σ_l J(p)ᵀ g_l,      J(p) = diag(p) − p pᵀ
//! ```
//!
//! so α rests only where the cells cancel or where the softmax is saturated. Λ-DARTS descends `L − λ·Λ` in the weights,
//! where Λ is the mean cosine between the g_l: the cells come to agree.
//!
//! # A first search
//! Two epochs on the handwritten digits that are built in:
//!
//! ```
//! use std::sync::Arc;
//!
//! use lambda_darts::data::ImageData;
//! use lambda_darts::device::Device;
//! use lambda_darts::search::{EventKind, SearchConfig, Session};
//!
//! let mut config = SearchConfig::digits("nas-bench-201");
//! (config.epochs, config.batch, config.data.images) = (2, 32, Some(256));
//! let data = Arc::new(ImageData::load(&config.data, config.seed)?);
//! let mut session = pollster::block_on(Session::new(config, data, &Device::cpu()))?;
//! for event in session.events() {
//!     if let EventKind::Epoch(epoch) = event?.kind {
//!         println!("epoch {}: Λ {:?}, {} without weights", epoch.epoch, epoch.cell_types[0].alignment, epoch.parameter_free);
//!     }
//! }
//! let cell = session.genotype().to_nas_bench_201();
//! assert!(cell.is_some_and(|cell| cell.starts_with('|')));
//! # Ok::<(), lambda_darts::search::SessionError>(())
//! ```
//!
//! A [`SearchConfig`](search::SearchConfig) says everything about a search, and is TOML too. A
//! [`Session`](search::Session) takes one step a call, so the caller owns the loop: a program that does not call pauses
//! the search, and one that drops the session ends it. Each call returns an [`Event`](search::Event), which files,
//! terminals and pages read alike.
//!
//! # Terms
//! | term | meaning | type |
//! |---|---|---|
//! | search space | cell types, the candidate operations of each edge, and the arrangement of cells | [`Space`](space::Space) |
//! | supernet | the network of a search, in which every edge mixes all its candidates | [`Graph::supernet`](graph::Graph::supernet) |
//! | architecture parameters α | one table a cell type, one row an edge, one column a candidate | [`Architecture`](space::Architecture) |
//! | cell gradient g_l | the gradient of the loss with respect to the operation weights p_l that cell l reads | [`Pass::cell_gradients`](engine::Pass::cell_gradients) |
//! | layer alignment Λ | the mean cosine between the cell gradients of a cell type | [`alignment`] |
//! | saturation | the state in which p is near a corner of the simplex, so that J(p) is near 0 | [`saturation`] |
//! | method | a composition of parts: relaxation, regularizers, stop rules, … | [`Method`](method::Method) |
//! | genotype | the result of a search: the operations that each cell type keeps | [`Genotype`](space::Genotype) |
//! | derived network | the network of a genotype | [`DerivedNetwork`](training::DerivedNetwork) |
//! | recipe | the published settings of a training | [`Recipe`](training::Recipe) |
//!
//! # Devices
//! [`Device::cpu`](device::Device::cpu) always works, and the same seed gives the same bits on every processor and number
//! of threads. [`Device::named`](device::Device::named) takes a GPU by its API, its index or a part of its name, and
//! [`Device::list`](device::Device::list) shows what is here:
//!
//! ```
//! use lambda_darts::device::Device;
//!
//! for info in Device::list() {
//!     println!("{} {}", info.backend, info.name);
//! }
//! let device = Device::named("vulkan:nvidia").unwrap_or_else(|_| Device::cpu());
//! # drop(device);
//! ```
//!
//! A GPU's weights stay there: a step uploads two batches and the operation weights, and reads losses and cell gradients
//! back.
//!
//! # Async and blocking
//! A GPU answers later, so whatever may wait for one is `async`: [`Session::new`](search::Session::new),
//! [`Session::next_event`](search::Session::next_event), [`Session::state`](search::Session::state). Their futures are
//! `Send` outside of browsers, and any executor runs them; the examples use `pollster::block_on`.
//! [`Session::events`](search::Session::events) and [`Session::run`](search::Session::run) are the blocking forms.
//!
//! # Save and resume
//! [`Session::state`](search::Session::state) is all of a session, and [`Session::restore`](search::Session::restore)
//! goes on from it, to the bit as if there had been no break. A [`Checkpoint`](search::Checkpoint) is a file of it, written
//! whole or not at all, with a checksum.
//!
//! # Training of what was found
//! A [`Training`](training::Training) trains the network of a genotype from scratch with the recipe of a paper; it is
//! driven, saved and resumed like a search. [`Trained`](training::Trained) is the network that it leaves: it predicts the
//! classes of images, and [`evaluate`](training::Trained::evaluate) tests it on images whose classes are known.
//!
//! ```no_run
//! use std::path::Path;
//!
//! use lambda_darts::data::Images;
//! use lambda_darts::device::Device;
//! use lambda_darts::training::Trained;
//!
//! let mut network = pollster::block_on(Trained::read(Path::new("runs/nas-bench-201-train-0"), &Device::cpu()))?;
//! let found = pollster::block_on(network.evaluate(&Images::fashion_test()))?;
//! println!("{:.1} % of {} images", 100.0 * found.top1, found.images);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`DerivedNetwork`](training::DerivedNetwork) is the network alone, for a training loop of one's own. With the feature
//! `burn`, [`NetworkModule`](exchange::burn::NetworkModule) is the same network as a Burn module, for Burn's optimizers.
//!
//! # Networks elsewhere
//! [`exchange`] writes a network as an [ONNX model](exchange::onnx::model), as a [Python module](exchange::pytorch) for
//! PyTorch or as a record of Burn, and its [weights](exchange::weights::NetworkWeights) as a `.safetensors` file. Weights
//! of PyTorch load by the names of the references.
//!
//! # Map
//! | module | content |
//! |---|---|
//! | [`space`] | search spaces: operations, cell types, macro layouts, α, genotypes |
//! | [`graph`] | networks as data: values, primitive operations, parameters, cells, heads; their cost |
//! | [`device`] | the hardware: its choice and its description |
//! | [`engine`] | a graph on a device: passes, gradients, SGD steps |
//! | [`method`] | methods as compositions of parts, and the table of presets |
//! | [`alignment`] | Λ, Λ± and their derivatives |
//! | [`saturation`] | measures of softmax saturation |
//! | [`data`] | image sets, splits, batches |
//! | [`search`] | the bilevel search, its configuration, events and checkpoints |
//! | [`searcher`] | searchers without a gradient: random, evolution, local search, REINFORCE, a surrogate |
//! | [`black_box`] | the search by a searcher, in a table of known results |
//! | [`training`] | the training of derived networks, and predictions of trained ones |
//! | [`exchange`] | networks and weights of other frameworks |
//! | [`benchmark`] | tables of known results |
//!
//! # Examples
//! | file in `examples/` | idea |
//! |---|---|
//! | `first_search.rs` | the search above |
//! | `own_space_and_images.rs` | a search space and images of one's own |
//! | `own_operation.rs` | a candidate operation from outside of the library |
//! | `own_method.rs` | a part of a method from outside of the library |
//! | `step_by_step.rs` | a session in an application, with its own progress and a stop button |
//! | `train_what_was_found.rs` | a search, then its network trained from scratch |
//! | `train_and_serve.rs` | a training, then predictions of its network |
//! | `train_with_burn.rs` | a derived network as a Burn module, trained by `burn-train` |
//!
//! # Features
//! | feature | content |
//! |---|---|
//! | `burn` (default) | the reference engine on Burn tensors, and derived networks as Burn modules |
//! | `wgpu` (default) | GPUs through Vulkan, Metal and DX12 |
//! | `webgpu` | the GPU of a browser, for wasm32 |
//! | `typescript` | TypeScript's view of events, configurations and spaces, through ts-rs |

#![warn(missing_docs)]

mod adam;
pub mod alignment;
pub mod benchmark;
pub mod black_box;
pub mod data;
pub mod device;
pub mod engine;
pub mod exchange;
pub mod graph;
pub mod method;
mod pickle;
mod random;
pub mod saturation;
pub mod search;
pub mod searcher;
pub mod session;
pub mod space;
mod text;
pub mod training;
mod vector;
