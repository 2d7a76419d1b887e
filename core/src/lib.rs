//! Differentiable neural architecture search with aligned cell gradients: Λ-DARTS (Movahedi et al., ICLR 2023) on
//! [Burn](https://burn.dev).
//!
//! DARTS mixes the candidate operations of every edge by a softmax over architecture parameters α that all cells of a
//! weight-sharing supernet read, and descends α and the weights in turn. With g_l = ∂L/∂p_l, the gradient with respect
//! to the copy of p = softmax(α) that cell l reads,
//!
//! ```text
//! ∂L/∂α = Σ_l J(p)ᵀ g_l,      J(p) = diag(p) − p pᵀ
//! ```
//!
//! so α rests only where the cells cancel or where the softmax is saturated. Λ-DARTS descends `L − λ·Λ` in the weights,
//! where Λ is the mean cosine between the g_l: it makes the cells ask for the same thing.
//!
//! # A first search
//! Two epochs on the handwritten digits that are built in, on the CPU:
//!
//! ```
//! use std::sync::Arc;
//!
//! use lambda_darts::data::SearchData;
//! use lambda_darts::device::Place;
//! use lambda_darts::search::{EventKind, SearchConfig, Session};
//!
//! # fn main() -> Result<(), lambda_darts::search::SearchError> {
//! # pollster::block_on(async {
//! let mut config = SearchConfig::small("nas-bench-201");
//! (config.epochs, config.batch, config.data.images) = (2, 32, Some(256));
//! let data = Arc::new(SearchData::load(&config.data, config.seed)?);
//! let mut session = Session::new(config, data, &Place::cpu())?;
//! while let Some(event) = session.next().await? {
//!     if let EventKind::Epoch(epoch) = event.kind {
//!         println!("epoch {}: Λ {:?}, {} skips", epoch.epoch, epoch.kinds[0].alignment, epoch.skip_connections);
//!     }
//! }
//! let cell = session.genotype().to_nas_bench_201();
//! assert!(cell.is_some_and(|cell| cell.starts_with('|')));
//! # Ok(())
//! # })
//! # }
//! ```
//!
//! A [`SearchConfig`](search::SearchConfig) says everything about a search and is TOML too; a
//! [`Session`](search::Session) does one thing a call, so the caller owns the loop: to pause is not to call, to stop is
//! to drop, to save is [`Session::state`](search::Session::state). What happened is an [`Event`](search::Event), which
//! files, terminals and pages read alike.
//!
//! # Map
//! | module | what |
//! |---|---|
//! | [`space`] | what can be searched: operations, cells, macro layouts, genotypes. No tensors |
//! | [`ops`] | the candidate operations |
//! | [`supernet`] | the weight-sharing network, its weights and architecture parameters |
//! | [`alignment`] | Λ, Λ±, their directions and the finite-difference regularizer |
//! | [`saturation`] | what the softmax and the cell gradients look like |
//! | [`search`] | the bilevel search, one step at a time |
//! | [`derived`] | the network of a genotype: its cost, its passes |
//! | [`data`] | image sets, splits, batches |
//! | [`benchmark`] | tables of known results |
//! | [`device`] | where tensors live |
//!
//! Arrows point one way: `space` ← `ops` ← `supernet` ← `alignment`, `saturation` ← `search`;
//! `supernet` ← `derived`.
//!
//! # Features
//! | feature | what |
//! |---|---|
//! | `wgpu` (default) | GPUs through Vulkan, Metal and DX12 |
//! | `webgpu` | the GPU of a browser, for wasm32 |
//! | `typescript` | TypeScript's view of events, configurations and spaces, through ts-rs |

#![warn(missing_docs)]

pub mod alignment;
pub mod benchmark;
pub mod data;
pub mod device;
pub mod engine;
pub mod exchange;
pub mod graph;
pub mod method;
mod random;
pub mod saturation;
pub mod search;
pub mod space;
mod text;
pub mod training;
