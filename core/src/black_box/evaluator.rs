//! Evaluators of architectures.

use std::fmt::Debug;

use super::SessionError;
use crate::engine::Later;
use crate::space::Genotype;

/// Value of an architecture, and its cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evaluation {
    /// Fitness, such as an accuracy on validation images; larger is better.
    pub fitness: f64,
    /// Seconds that the evaluation took or, if its result was known, would have taken; absent if they are not known.
    pub seconds: Option<f64>,
}

/// Evaluator of architectures: a table of known results, a supernet or a training.
pub trait Evaluator: Debug + Send {
    /// Evaluates an architecture.
    ///
    /// # Errors
    /// [`SessionError`] if the architecture cannot be evaluated.
    fn evaluate<'a>(&'a mut self, genotype: &'a Genotype) -> Later<'a, Evaluation, SessionError>;
}
