//! The bilevel search: a [`Session`] advances one step at a time and reports what happened as [`Event`]s.
//!
//! Each step takes a training and a validation batch (method of DARTS, arXiv:1806.09055):
//! 1. architecture: α ← Adam(∇_α L_val), at ω (first order) or at ω′ = ω − ξ·(momentum + ∇_ω L_train + decay)
//!    (unrolled)
//! 2. weights: ω ← SGD(∇_ω \[L_train − λ·Λ\])
//!
//! The DARTS spaces take them in this order, NAS-Bench-201 in the opposite one.

mod bilevel;
#[cfg(not(target_family = "wasm"))]
mod checkpoint;
mod config;
mod curvature;
mod error;
mod event;
mod events;
mod memory;
mod optimizer;
mod phase;
mod probe;
mod progress;
mod session;
mod state;
mod unrolled;
mod warning;

pub use bilevel::{Bilevel, GradientNorms, Gradients, StepReport, StepSettings};
#[cfg(not(target_family = "wasm"))]
pub use checkpoint::{Checkpoint, CheckpointError, EventLogPosition};
pub use config::{ArchitectureConfig, MeasuresConfig, Order, SearchConfig, SupernetConfig, WeightsConfig};
pub use error::SearchError;
pub use event::{CellTypeReport, EpochEvent, Event, EventDigest, EventKind, StepEvent, TableReport};
pub use events::{EventError, Events};
pub use memory::SearchMemory;
pub use phase::Phases;
pub use session::{Session, SessionState};
pub use state::BilevelState;
