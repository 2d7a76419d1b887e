//! Composition of parts: the method of a search.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{
    EpochEnd, EpochSummary, FreezeRule, Jacobian, Moment, Part, PartError, Policy, PolicyState, Regularization,
    SearchEnd, Selecting, SelectionRecord, Slot, Tables, together,
};
use crate::space::{Architecture, Genotype, Space};

/// Operation weights of a pass, and the way back from them to α.
#[derive(Clone, Debug, PartialEq)]
pub struct Relaxed {
    /// Operation weights p that cells read.
    pub p: Tables,
    /// Derivative J = ∂p/∂α, which leads from ∂L/∂p to ∂L/∂α = Jᵀ Σ_l g_l.
    pub jacobian: Jacobian,
    /// Probability that a gate is open, by candidate, with 0 for those that this pass leaves out; absent unless the
    /// relaxation has gates.
    pub gates: Option<Tables>,
    /// True if ∂L/∂p of a candidate with p = 0 is that of an output of ones, Σ ∂L/∂y over the node y that it leads to: the
    /// candidate is not run for it.
    pub ones: bool,
}

impl Relaxed {
    /// Operation weights with their derivative, without gates.
    #[must_use]
    pub fn new(p: Tables, jacobian: Jacobian) -> Self {
        Self { p, jacobian, gates: None, ones: false }
    }

    /// Relaxation of DARTS (arXiv:1806.09055), in use unless a part is another one: p = softmax(α/τ) on every edge.
    #[must_use]
    pub fn softmax(alpha: &Architecture) -> Self {
        let p = alpha.probabilities();
        Self::new(p.clone(), Jacobian::Softmax { soft: p, scale: 1.0 / alpha.temperature() })
    }
}

/// Method of a search: its parts in order, and the state of its policy.
#[derive(Clone, Debug)]
pub struct Method {
    parts: Vec<(&'static str, Arc<dyn Part>)>,
    policy: Option<PolicyState>,
}

impl Method {
    /// Method of some parts by name.
    #[must_use]
    pub fn new(parts: Vec<(&'static str, Arc<dyn Part>)>) -> Self {
        Self { parts, policy: None }
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
            together::check(name, &others)?;
            part.check_with(space, &others)?;
        }
        Ok(())
    }

    /// Gives the policy, if there is one, its state under a seed, or that of a method before if this is one of the same
    /// policy. Without a state, p = softmax(α).
    pub fn start(&mut self, space: &Space, seed: u64, before: Option<PolicyState>) {
        let first = self.policy_part().map(|policy| policy.start(space, seed));
        self.policy = first.map(|first| before.filter(|before| before.fits(&first)).unwrap_or(first));
    }

    fn policy_part(&self) -> Option<&dyn Policy> {
        self.parts.iter().find_map(|(_, part)| part.policy())
    }

    /// Name of the part with a policy, if there is one.
    pub(crate) fn policy_name(&self) -> Option<&'static str> {
        self.parts.iter().find(|(_, part)| part.policy().is_some()).map(|(name, _)| *name)
    }

    /// State of the policy.
    pub(crate) fn policy(&self) -> Option<&PolicyState> {
        self.policy.as_ref()
    }

    /// Replaces the state of the policy.
    pub(crate) fn set_policy(&mut self, policy: Option<PolicyState>) {
        self.policy = policy;
    }

    /// Teaches the policy the reward of the architecture that it gave for a pass. Returns α that it stands for then;
    /// absent without a policy.
    pub(crate) fn learn(&mut self, alpha: &Architecture, moment: &Moment, pass: u8, reward: f64) -> Option<Tables> {
        let alpha = alpha.confined();
        let policy = self.parts.iter().find_map(|(_, part)| part.policy())?;
        let state = self.policy.as_mut()?;
        policy.learn(state, &alpha, moment, pass, reward);
        Some(policy.preferences(state, &alpha))
    }

    /// Operation weights of a pass of a step: `pass` 0 is the weight step's, 1 the architecture step's. Ascents of the
    /// weight step are left to its caller.
    #[must_use]
    pub fn relax(&self, alpha: &Architecture, space: &Space, moment: &Moment, pass: u8) -> Relaxed {
        let mut relaxed = self.unperturbed(alpha, moment, pass);
        // First the perturbation, whose values stay on the simplex; auxiliary terms lead off it.
        if pass == 0 {
            self.perturb(alpha, &mut relaxed.p, moment);
        }
        self.add_auxiliary(&mut relaxed.p, space, moment);
        relaxed
    }

    /// Operation weights of a pass by the relaxation alone.
    pub(crate) fn unperturbed(&self, alpha: &Architecture, moment: &Moment, pass: u8) -> Relaxed {
        let confined = alpha.confined();
        if let (Some(policy), Some(state)) = (self.policy_part(), &self.policy) {
            return Relaxed::new(policy.draw(state, &confined, moment, pass), Jacobian::None);
        }
        let own = self.parts.iter().find_map(|(_, part)| part.relax(&confined, moment, pass));
        own.unwrap_or_else(|| Relaxed::softmax(alpha))
    }

    /// Perturbs the operation weights of the weight step.
    pub(crate) fn perturb(&self, alpha: &Architecture, p: &mut Tables, moment: &Moment) {
        for (_, part) in &self.parts {
            part.perturb(p, moment);
        }
        alpha.take_from_left_out(p);
    }

    /// Number of passes that the weight step takes for ascents before its own.
    #[must_use]
    pub fn ascents(&self, moment: &Moment) -> usize {
        self.parts.iter().map(|(_, part)| part.ascents(moment)).max().unwrap_or(0)
    }

    /// Takes one ascent of the weight step from the cell gradients of the training batch.
    pub(crate) fn ascend(
        &self,
        p: &mut Tables,
        start: &Tables,
        alpha: &Architecture,
        cell_types: &[usize],
        cells: &[Vec<f64>],
        moment: &Moment,
    ) {
        let mut sums = alpha.summed(cell_types, cells).into_iter();
        let gradient: Tables = start.iter().map(|table| sums.by_ref().take(table.len()).collect()).collect();
        for (_, part) in &self.parts {
            part.ascend(p, start, &gradient, moment);
        }
        alpha.take_from_left_out(p);
    }

    /// Operation weights of an evaluation.
    #[must_use]
    pub fn relax_for_evaluation(&self, alpha: &Architecture, space: &Space, moment: &Moment) -> Tables {
        let confined = alpha.confined();
        let own = self.parts.iter().find_map(|(_, part)| part.relax_for_evaluation(&confined));
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

    /// True if [`regularizes_weights`](Self::regularizes_weights) may be true at some moment.
    #[must_use]
    pub fn may_regularize_weights(&self) -> bool {
        self.parts.iter().any(|(_, part)| part.may_regularize_weights())
    }

    /// L2 decay of the weights in this step, if a part has one in the place of the configured one.
    #[must_use]
    pub fn weight_decay(&self, moment: &Moment) -> Option<f64> {
        self.parts.iter().find_map(|(_, part)| part.weight_decay(moment))
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
        space: &Space,
        cell_types: &[usize],
        cells: &[Vec<f64>],
        moment: &Moment,
    ) -> Vec<f64> {
        let mut gradient = relaxed.jacobian.pull_back(&alpha.summed(cell_types, cells));
        for (_, part) in &self.parts {
            part.regularize_alpha(alpha, relaxed, space, moment, &mut gradient);
        }
        gradient
    }

    /// Largest power of the Neumann series in the gradient of α, if there is one.
    #[must_use]
    pub fn neumann_terms(&self) -> Option<usize> {
        self.parts.iter().find_map(|(_, part)| part.neumann_terms())
    }

    /// Rule by which candidate operations are frozen, if there is one.
    #[must_use]
    pub fn freezing(&self) -> Option<FreezeRule> {
        self.parts.iter().find_map(|(_, part)| part.freezing())
    }

    /// Measures of all parts at the end of an epoch, under the name of the part and their own, such as
    /// `gumbel_hard.tau`. Those that are not finite are left out.
    #[must_use]
    pub fn measures(&self, end: &EpochEnd<'_>) -> BTreeMap<String, f64> {
        let alpha = end.alpha.confined();
        let end = EpochEnd { alpha: &alpha, ..*end };
        let of_part = |(name, part): &(&'static str, Arc<dyn Part>)| {
            let named = |(measure, value): (&str, f64)| (format!("{name}.{measure}"), value);
            part.measures(&end).into_iter().map(named).collect::<Vec<_>>()
        };
        self.parts.iter().flat_map(of_part).filter(|(_, value)| value.is_finite()).collect()
    }

    /// Warnings after the last of some epochs of a search of `epochs`, and whether one of them ends the search. An α that
    /// is held has no sign of a collapse.
    #[must_use]
    pub fn warnings(&self, history: &[EpochSummary], epochs: usize) -> (Vec<String>, bool) {
        let (mut warnings, mut ends) = (Vec::new(), false);
        if self.holds_alpha() {
            return (warnings, ends);
        }
        for (_, part) in self.parts.iter().filter(|(_, part)| part.slot() == Slot::Stop) {
            if let Some(warning) = part.warn(history, epochs) {
                warnings.push(warning);
                ends |= part.ends_search();
            }
        }
        (warnings, ends)
    }

    /// True if α stays as it is throughout the search.
    #[must_use]
    pub fn holds_alpha(&self) -> bool {
        self.parts.iter().any(|(_, part)| part.holds_alpha())
    }

    /// Architecture that α stands for.
    #[must_use]
    pub fn derive(&self, alpha: &Architecture, space: &Space) -> Genotype {
        let own = self.parts.iter().find_map(|(_, part)| part.derive(alpha, space));
        own.unwrap_or_else(|| alpha.derive(space))
    }

    /// Next piece of work of the selection after the last epoch; absent unless it asks the supernet.
    #[must_use]
    pub fn select(&self, end: &SearchEnd<'_>, record: &SelectionRecord) -> Option<Selecting> {
        self.parts.iter().find_map(|(_, part)| part.select(end, record))
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
