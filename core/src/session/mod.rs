//! Machinery that searches and trainings share: the loop that is driven from outside, events, state, checkpoints.
//!
//! A [`Session`] advances its [`Work`] one event a call. [`search::Session`](crate::search::Session),
//! [`black_box::Session`](crate::black_box::Session) and [`training::Training`](crate::training::Training) are its
//! kinds.

mod checkpoint;
mod config;
mod data;
mod driven;
mod error;
mod event;
mod events;
mod memory;
mod position;
pub(crate) mod tensors;
mod work;

pub use checkpoint::{Checkpoint, CheckpointError, EventLogPosition};
pub use config::{
    ArchitectureConfig, Budget, ImageSettings, MeasuresConfig, NetworkConfig, NetworkLayout, Order, Recipe, Schedule,
    SearchConfig, SearcherConfig, Settings, SgdConfig, SupernetConfig, TrainingConfig, WeightsConfig,
};
pub use data::WorkData;
pub use driven::{Session, SessionState};
pub use error::SessionError;
pub use event::{
    CellTypeReport, EpochEvent, Event, EventDigest, EventKind, LeftCandidate, SearcherEpochEvent, SearcherStepEvent,
    SelectionEvent, StepEvent, TableReport, TrainingEpochEvent, TrainingStepEvent,
};
pub use events::{EventError, Events};
pub use memory::SessionMemory;
pub use position::Position;
pub use tensors::{Tensor, Tensors};
pub use work::{SavedState, Work};

pub(crate) use memory::reserve;
