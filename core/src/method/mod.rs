//! Methods: how α and ω move. A method is a composition of parts, one file each, in a folder a slot.
//!
//! | slot | does | parts |
//! |---|---|---|
//! | relaxation | α to the operation weights p that cells read | softmax, [`GumbelHard`](parts::GumbelHard), [`Concrete`](parts::Concrete), [`Dirichlet`](parts::Dirichlet), [`Sigmoid`](parts::Sigmoid), [`HardConcrete`](parts::HardConcrete), [`TwoPaths`](parts::TwoPaths), [`UniformPath`](parts::UniformPath), [`Controller`](parts::Controller), [`OperationGroups`](parts::OperationGroups) |
//! | perturbation | noise on p in the weight step | [`RandomNoise`](parts::RandomNoise), [`Adversarial`](parts::Adversarial) |
//! | edge weighting | weights of whole edges, with parameters β beside α | [`EdgeNormalization`](parts::EdgeNormalization), [`EdgePairs`](parts::EdgePairs) |
//! | auxiliary | constant terms added to p | [`AuxiliarySkip`](parts::AuxiliarySkip) |
//! | mask | random masks on edges or skip connections in the passes of a step | [`DropPath`](parts::DropPath), [`SkipDropout`](parts::SkipDropout) |
//! | choice of channels | channels that candidates read | [`PartialChannels`](parts::PartialChannels) |
//! | weight regularizer | directions of p whose tangent the weight step descends; decay of ω | [`Alignment`](parts::Alignment), [`L2Schedule`](parts::L2Schedule) |
//! | gradient | second derivatives in the gradient of α | [`Neumann`](parts::Neumann) |
//! | α regularizer | terms of the gradient of α | [`LogSumExp`](parts::LogSumExp), [`ZeroOne`](parts::ZeroOne), [`DirichletDistance`](parts::DirichletDistance), [`GateGroups`](parts::GateGroups), [`PathDepth`](parts::PathDepth) |
//! | freeze | ends the training of candidate operations | [`Oles`](parts::Oles) |
//! | stages | fewer candidates from stage to stage; epochs of the weights alone | [`CandidateStages`](parts::CandidateStages), [`WeightsOnly`](parts::WeightsOnly) |
//! | stop | signs of a collapse | [`ParameterFreeShare`](parts::ParameterFreeShare), [`Sharpness`](parts::Sharpness), [`SkipCount`](parts::SkipCount), [`StableRanking`](parts::StableRanking) |
//! | selection | architecture at the end, from α or from the supernet | strongest α, [`Threshold`](parts::Threshold), [`SkipLimit`](parts::SkipLimit), [`Perturbation`](parts::Perturbation), [`BestOf`](parts::BestOf), [`Evolution`](parts::Evolution) |
//!
//! A part is a pure function of α, the moment of the search and a random stream, or of cell gradients. Its settings are
//! a struct with serde, a JSON Schema and a check; [`MethodConfig`] has a field for each. [`PRESETS`] lists the
//! published methods as compositions.
//!
//! # Adding a part
//! A part is one file with a struct that implements [`Part`], and one line in the table of `parts.rs`. Parts that do
//! not go together are a row in `together.rs`. A published method is one line in `preset.rs`. An application adds a part
//! of its own to a session with [`Session::with_parts`](crate::search::Session::with_parts).

mod choice;
mod composition;
mod draw;
mod edges;
mod form;
mod freeze_rule;
mod gamma;
mod jacobian;
mod lstm;
mod moment;
mod part;
pub mod parts;
mod policy;
mod preset;
mod ranking;
mod sampling;
mod select;
mod stage;
#[cfg(test)]
mod testing;
mod together;

pub use choice::Choice;
pub use composition::{Method, Relaxed};
pub use edges::{EdgeWeights, WeightedEdges};
pub use form::{AlphaUse, DirichletForm, DrawnFrom, OlesForm, ZeroOneForm};
pub use freeze_rule::{FreezeRule, ParameterGradients};
pub use jacobian::Jacobian;
pub use moment::Moment;
pub use part::{EpochEnd, EpochSummary, Part, PartError, Regularization, Slot, Tables};
pub use parts::{MethodConfig, PartInfo};
pub use policy::{Policy, PolicyState};
pub use preset::{PRESETS, Preset};
pub use ranking::ranking;
pub use select::{Evaluated, Piece, SearchEnd, Selecting, SelectionRecord, Without};
pub(crate) use stage::rounded;
pub use stage::{NewSupernet, NextStage, Stage, StageAlpha, StageEnd};
