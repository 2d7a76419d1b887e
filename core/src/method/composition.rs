//! Composition of parts: the method of a search.

use std::sync::Arc;

use super::{EpochSummary, Moment, Part, PartError, Regularization, Slot, Tables};
use crate::space::{Architecture, Space, through_softmax};

/// Operation weights of a pass, and the way back from them to α.
#[derive(Clone, Debug, PartialEq)]
pub struct Relaxed {
    /// Operation weights p that cells read.
    pub p: Tables,
    /// Softmax values whose Jacobian J leads from ∂L/∂p to ∂L/∂α = scale · J · Σ_l g_l.
    pub soft: Tables,
    /// Factor of that gradient.
    pub scale: f64,
}

impl Relaxed {
    /// Relaxation of DARTS (arXiv:1806.09055), in use unless a part is another one: p = softmax(α/τ) on every edge.
    #[must_use]
    pub fn softmax(alpha: &Architecture) -> Self {
        let p = alpha.probabilities();
        Self { soft: p.clone(), p, scale: 1.0 / alpha.temperature() }
    }
}

/// Method of a search: its parts in order.
#[derive(Clone, Debug)]
pub struct Method {
    parts: Vec<(&'static str, Arc<dyn Part>)>,
}

impl Method {
    /// Method of some parts by name.
    #[must_use]
    pub fn new(parts: Vec<(&'static str, Arc<dyn Part>)>) -> Self {
        Self { parts }
    }

    /// Adds a part.
    pub fn push(&mut self, name: &'static str, part: Arc<dyn Part>) {
        self.parts.push((name, part));
    }

    /// Parts by name.
    pub fn parts(&self) -> impl Iterator<Item = (&'static str, &dyn Part)> {
        self.parts.iter().map(|(name, part)| (*name, part.as_ref()))
    }

    /// Checks all settings, and that the parts go together and with the space.
    ///
    /// # Errors
    /// [`PartError`] for the first fault.
    pub fn check(&self, space: &Space) -> Result<(), PartError> {
        for (at, (name, part)) in self.parts.iter().enumerate() {
            part.check().map_err(|error| within(name, error))?;
            let slot = part.slot();
            let before = self.parts[..at].iter().find(|(_, other)| other.slot() == slot);
            if let (Some((other, _)), false) = (before, slot.takes_several()) {
                let why = format!("`{other}` and `{name}` are two parts for one {}", slot.name());
                return Err(PartError::Composition { why });
            }
            let others: Vec<&'static str> =
                self.parts.iter().map(|(other, _)| *other).filter(|other| other != name).collect();
            part.check_with(space, &others)?;
        }
        Ok(())
    }

    /// Operation weights of a pass of a step: `pass` 0 is the weight step's, 1 the architecture step's.
    #[must_use]
    pub fn relax(&self, alpha: &Architecture, space: &Space, moment: &Moment, pass: u8) -> Relaxed {
        let own = self.parts.iter().find_map(|(_, part)| part.relax(alpha, moment, pass));
        let mut relaxed = own.unwrap_or_else(|| Relaxed::softmax(alpha));
        // First the perturbation, whose values stay on the simplex; auxiliary terms lead off it.
        if pass == 0 {
            for (_, part) in &self.parts {
                part.perturb(&mut relaxed.p, moment);
            }
            alpha.take_from_left_out(&mut relaxed.p);
        }
        self.add_auxiliary(&mut relaxed.p, space, moment);
        relaxed
    }

    /// Operation weights of an evaluation.
    #[must_use]
    pub fn relax_for_evaluation(&self, alpha: &Architecture, space: &Space, moment: &Moment) -> Tables {
        let own = self.parts.iter().find_map(|(_, part)| part.relax_for_evaluation(alpha));
        let mut p = own.unwrap_or_else(|| alpha.probabilities());
        self.add_auxiliary(&mut p, space, moment);
        p
    }

    /// Adds the constant terms to operation weights.
    pub(crate) fn add_auxiliary(&self, p: &mut Tables, space: &Space, moment: &Moment) {
        for (_, part) in &self.parts {
            part.add_auxiliary(p, space, moment);
        }
    }

    /// Name of the relaxation in the place of the softmax, if there is one.
    pub(crate) fn relaxation(&self) -> Option<&'static str> {
        self.parts.iter().find(|(_, part)| part.slot() == Slot::Relaxation).map(|(name, _)| *name)
    }

    /// True if the weight step may have a regularizer at this moment.
    #[must_use]
    pub fn regularizes_weights(&self, moment: &Moment) -> bool {
        self.parts.iter().any(|(_, part)| part.regularizes_weights(moment))
    }

    /// True if a regularizer of the weight step takes a tangent with the pattern of the main pass held.
    #[must_use]
    pub fn holds_pattern(&self, moment: &Moment) -> bool {
        self.parts.iter().any(|(_, part)| part.regularizes_weights(moment) && part.holds_pattern())
    }

    /// True if [`holds_pattern`](Self::holds_pattern) may be true at some moment.
    #[must_use]
    pub fn may_hold_pattern(&self) -> bool {
        self.parts.iter().any(|(_, part)| part.holds_pattern())
    }

    /// Terms of the loss of ω.
    #[must_use]
    pub fn regularize_weights(
        &self,
        space: &Space,
        cell_types: &[usize],
        cells: &[Vec<f64>],
        moment: &Moment,
    ) -> Vec<Regularization> {
        let active = self.parts.iter().filter(|(_, part)| part.regularizes_weights(moment));
        active.flat_map(|(_, part)| part.regularize_weights(space, cell_types, cells, moment)).collect()
    }

    /// ∂L/∂α, flattened table by table, row by row, from the cell gradients; with the α regularizers.
    #[must_use]
    pub fn alpha_gradient(
        &self,
        alpha: &Architecture,
        relaxed: &Relaxed,
        cell_types: &[usize],
        cells: &[Vec<f64>],
        moment: &Moment,
    ) -> Vec<f64> {
        let sums = alpha.summed(cell_types, cells);
        let edges = relaxed.soft.iter().flatten().zip(sums);
        let mut gradient: Vec<f64> = edges.flat_map(|(p, g)| through_softmax(p, &g)).collect();
        for slope in &mut gradient {
            *slope *= relaxed.scale;
        }
        for (_, part) in &self.parts {
            part.regularize_alpha(alpha, moment, &mut gradient);
        }
        gradient
    }

    /// Warnings after the last of some epochs of a search of `epochs`, and whether one of them ends the search.
    #[must_use]
    pub fn warnings(&self, history: &[EpochSummary], epochs: usize) -> (Vec<String>, bool) {
        let (mut warnings, mut ends) = (Vec::new(), false);
        for (_, part) in self.parts.iter().filter(|(_, part)| part.slot() == Slot::Stop) {
            if let Some(warning) = part.warn(history, epochs) {
                warnings.push(warning);
                ends |= part.ends_search();
            }
        }
        (warnings, ends)
    }
}

/// Names a setting by its part.
fn within(part: &str, error: PartError) -> PartError {
    match error {
        PartError::Setting { setting, must, is } => {
            PartError::Setting { setting: format!("method.{part}.{setting}"), must, is }
        }
        other @ PartError::Composition { .. } => other,
    }
}
