//! Results that a pass is asked for.

/// Results of a pass besides loss and logits.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one result that a caller may ask for")]
pub struct Want {
    /// Coefficient by which ∂L/∂ω is added to the engine's gradient; with 0 it is not computed.
    pub weights: f64,
    /// True if ∂L/∂p_l is wanted for every searched cell; [`Input::probes`](super::Input::probes) says of which
    /// candidates with p = 0.
    pub cells: bool,
    /// True if ∂L/∂image is wanted.
    pub image: bool,
    /// True if the batch statistics are to be kept for [`Engine::update_running`](super::Engine::update_running).
    pub statistics: bool,
    /// True if [`Pass::tangent`](super::Pass::tangent) will be called.
    pub tangent: bool,
}

impl Want {
    /// True if the pass has to run backward.
    pub(crate) fn gradients(&self) -> bool {
        self.weights != 0.0 || self.cells || self.image || self.tangent
    }
}

/// Results of a tangent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TangentWant {
    /// Coefficient by which the derivative of ∂L/∂ω is added to the engine's gradient; with 0 it is not computed.
    pub weights: f64,
    /// True if the derivatives of the cell gradients are wanted.
    pub cells: bool,
    /// ε₀ of engines that take a two-sided difference: the step along a direction of norm 1. The CPU takes the derivative
    /// itself.
    pub epsilon: f64,
}

impl Default for TangentWant {
    fn default() -> Self {
        Self { weights: 0.0, cells: false, epsilon: 1e-2 }
    }
}

/// Results of the pass before that a pass may take over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reuse {
    /// No result.
    #[default]
    Nothing,
    /// Values that depend on no operation weight: batch, statistics and ω are those of the pass before.
    Batch,
}
