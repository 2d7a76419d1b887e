//! Configurations of searches and trainings.

mod genotype_text;
mod recipe;
mod search;
mod searcher;
mod settings;
mod training;

pub use recipe::Recipe;
pub use search::{ArchitectureConfig, MeasuresConfig, Order, SearchConfig, SupernetConfig, WeightsConfig};
pub use searcher::{Budget, SearcherConfig};
pub use settings::{ImageSettings, Settings};
pub use training::{NetworkConfig, NetworkLayout, Schedule, SgdConfig, TrainingConfig};
