//! The bilevel search: a [`Session`] advances one step at a time and reports what happened as [`Event`]s.
//!
//! Each step takes a training and a validation batch (method of DARTS, arXiv:1806.09055):
//! 1. architecture: α ← Adam(∇_α L_val), at ω (first order) or at ω′ = ω − ξ·(momentum + ∇_ω L_train + decay)
//!    (unrolled)
//! 2. weights: ω ← SGD(∇_ω \[L_train − λ·Λ\])
//!
//! The DARTS spaces take them in this order, NAS-Bench-201 in the opposite one.
//!
//! The architecture at the end is the one that α stands for, or that a [`selection`](crate::method) of the method finds by
//! asking the supernet: one event a piece of work, after the last epoch.

mod ascent;
mod bilevel;
mod cells;
mod change;
mod curvature;
mod freezing;
mod memory;
mod neumann;
mod phase;
mod progress;
mod selecting;
mod state;
mod unrolled;
mod warning;
mod work;

pub use crate::session::{
    ArchitectureConfig, CellTypeReport, EpochEvent, Event, EventDigest, EventError, EventKind, Events, LeftCandidate,
    MeasuresConfig, Order, Position, SearchConfig, SelectionEvent, SessionError, SessionMemory, StepEvent,
    SupernetConfig, TableReport, WeightsConfig,
};
pub use crate::session::{CheckpointError, EventLogPosition};
pub use bilevel::{Bilevel, GradientNorms, Gradients, StepReport, StepSettings};
pub use phase::Phases;
pub use state::{BilevelState, SearchState};
pub use work::Search;

/// Search that is driven one event at a time.
pub type Session = crate::session::Session<Search>;

/// Whole state of a search, which goes on from there as if it had never stopped.
pub type SessionState = crate::session::SessionState<Search>;

/// Checkpoint of a search.
pub type Checkpoint = crate::session::Checkpoint<Search>;
