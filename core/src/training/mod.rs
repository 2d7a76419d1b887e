//! Derived networks in training: the network of a genotype with its weights, for a training loop of one's own.

mod network;

pub use network::{DerivedNetwork, LossAndGradient, TrainingError};
