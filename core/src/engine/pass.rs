//! Pass: the result of running a batch, which borrows its engine.

use super::{Engine, EngineError, Input, Reuse, TangentWant, Want};

/// Results of a pass.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Loss; 0 without one.
    pub loss: f64,
    /// Logits of the network's own head, `[batch · classes]`; of a graph without a head its output,
    /// `[batch, channels, height, width]`.
    pub output: Vec<f64>,
    /// ∂L/∂p_l of every searched cell from stem to classifier, if wanted; an entry is absent if its candidate was not run
    /// and [`Input::probes`] asked for nothing in its place.
    pub cells: Vec<Vec<Option<f64>>>,
    /// ∂L/∂image, if wanted.
    pub image: Vec<f64>,
}

/// Pass that can be taken again at another p, and differentiated.
#[derive(Debug)]
pub struct Pass<'e> {
    engine: &'e mut dyn Engine,
    input: Input<'e>,
    found: Found,
}

impl<'e> Pass<'e> {
    pub(super) fn new(engine: &'e mut dyn Engine, input: Input<'e>, found: Found) -> Self {
        Self { engine, input, found }
    }

    /// Loss; 0 without one.
    #[must_use]
    pub fn loss(&self) -> f64 {
        self.found.loss
    }

    /// Logits of the network's own head, `[batch · classes]`.
    #[must_use]
    pub fn logits(&self) -> &[f64] {
        &self.found.output
    }

    /// ∂L/∂p_l of every searched cell from stem to classifier, with absent entries as in [`Found::cells`]; empty if they
    /// were not wanted.
    #[must_use]
    pub fn cell_gradients(&self) -> &[Vec<Option<f64>>] {
        &self.found.cells
    }

    /// All results; gives the engine back.
    #[must_use]
    pub fn into_found(self) -> Found {
        self.found
    }

    /// Runs the same batch at the same ω with other operation weights. A tangent stays that of the pass itself, so none
    /// is to be wanted here.
    ///
    /// # Errors
    /// [`EngineError`] if there are more or fewer operation weights, or the device fails.
    pub async fn again(&mut self, p: &[Vec<f64>], want: Want) -> Result<Found, EngineError> {
        super::run(self.engine, Input { p, ..self.input }, Want { tangent: false, ..want }, Reuse::Batch).await
    }

    /// Norm of the engine's gradient, which is marked: [`Engine::gradient_norm_since_mark`] compares a later one with it.
    ///
    /// # Errors
    /// [`EngineError`] if the device fails.
    pub async fn mark_gradient(&mut self) -> Result<f64, EngineError> {
        self.engine.mark_gradient().await?;
        self.engine.gradient_norm().await
    }

    /// Derivative as each cell's p moves along its `direction`: d/dt at t = 0 of the pass at p_l + t·direction_l, with
    /// the activation pattern held. Adds `want.weights` times the derivative of ∂L/∂ω to the engine's
    /// gradient, and returns the derivatives of the cell gradients if they are wanted.
    ///
    /// The CPU takes the derivative itself; other engines take a two-sided difference with an error of O(ε²).
    ///
    /// # Errors
    /// [`EngineError::NoTangent`] if the pass wanted none; [`EngineError`] if the device fails.
    pub async fn tangent(&mut self, direction: &[Vec<f64>], want: TangentWant) -> Result<Vec<Vec<f64>>, EngineError> {
        Input { p: direction, ..self.input }.check(self.engine.graph(), Want::default())?;
        self.engine.run_tangent(self.input, direction, want).await
    }
}
