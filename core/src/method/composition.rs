//! Composition of parts: the method of a search.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use rand_chacha::ChaCha8Rng;

use super::{
    EdgeWeights, EpochEnd, EpochSummary, FreezeRule, Jacobian, Moment, NewSupernet, NextStage, Part, PartError, Policy,
    PolicyState, Regularization, SearchEnd, Selecting, SelectionRecord, Slot, Stage, StageEnd, Tables, WeightedEdges,
    rounded, together,
};
use crate::engine::DropRates;
use crate::graph::{Graph, MaskKind, NetworkSize, SizeError, SupernetOptions};
use crate::space::{Architecture, Genotype, Space};

/// Operation weights of a pass, and the way back from them to α.
#[derive(Clone, Debug, PartialEq)]
pub struct Relaxed {
    /// Operation weights p that cells read.
    pub p: Tables,
    /// Derivative J = ∂p/∂α, which leads from ∂L/∂p to ∂L/∂α = Jᵀ Σ_l g_l. Where edges have weights, it is that of the
    /// operation weights before they were multiplied.
    pub jacobian: Jacobian,
    /// Weights of the edges, with which the operation weights have been multiplied; absent without a part that has some.
    pub edges: Option<WeightedEdges>,
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
        Self { p, jacobian, edges: None, gates: None, ones: false }
    }

    /// Relaxation of DARTS (arXiv:1806.09055), in use unless a part is another one: p = softmax(α/τ) on every edge.
    #[must_use]
    pub fn softmax(alpha: &Architecture) -> Self {
        let p = alpha.probabilities();
        Self::new(p.clone(), Jacobian::Softmax { soft: p, scale: 1.0 / alpha.temperature() })
    }
}

/// Method of a search: its parts in order, the state of its policy, and its parameters β beside α.
#[derive(Clone, Debug)]
pub struct Method {
    parts: Vec<(&'static str, Arc<dyn Part>)>,
    policy: Option<PolicyState>,
    /// Parameters of the weights of edges, by type of cell.
    beta: Vec<Vec<f64>>,
}

impl Method {
    /// Method of some parts by name.
    #[must_use]
    pub fn new(parts: Vec<(&'static str, Arc<dyn Part>)>) -> Self {
        Self { parts, policy: None, beta: Vec::new() }
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

    /// Gives the policy, if there is one, its state under a seed, and the weights of edges their parameters β; or those of
    /// a method before, if this is one of the same policy or weights. Without them, p = softmax(α) and all edges weigh the
    /// same.
    pub fn start(&mut self, space: &Space, seed: u64, before: Option<&Self>) {
        let first = self.policy_part().map(|policy| policy.start(space, seed));
        let policy = before.and_then(|before| before.policy.clone());
        self.policy = first.map(|first| policy.filter(|policy| policy.fits(&first)).unwrap_or(first));
        let first = self.edge_part().map(|(_, edges)| edges.start(space, seed)).unwrap_or_default();
        let shape = |beta: &[Vec<f64>]| beta.iter().map(Vec::len).collect::<Vec<_>>();
        let same = before.filter(|before| before.edge_weighting() == self.edge_weighting());
        let same = same.filter(|before| shape(&before.beta) == shape(&first));
        self.beta = same.map_or(first, |before| before.beta.clone());
    }

    fn edge_part(&self) -> Option<(&'static str, &dyn EdgeWeights)> {
        self.parts.iter().find_map(|(name, part)| Some((*name, part.edges()?)))
    }

    /// Part that weights edges, if there are parameters for it.
    fn weighting(&self) -> Option<&dyn EdgeWeights> {
        self.edge_part().map(|(_, edges)| edges).filter(|_| self.beta.iter().any(|beta| !beta.is_empty()))
    }

    /// Name of the part that weights edges, if there is one.
    #[must_use]
    pub fn edge_weighting(&self) -> Option<&'static str> {
        self.edge_part().map(|(name, _)| name)
    }

    /// Parameters β of the weights of edges, by type of cell; none without a part that weights edges.
    #[must_use]
    pub fn beta(&self) -> &[Vec<f64>] {
        &self.beta
    }

    /// Parameters β, one type of cell after the other.
    pub(crate) fn flat_beta(&self) -> Vec<f64> {
        self.beta.concat()
    }

    /// Sets the parameters β, in the order of [`flat_beta`](Self::flat_beta).
    pub(crate) fn set_flat_beta(&mut self, values: &[f64]) {
        self.beta_mut().zip(values).for_each(|(place, value)| *place = *value);
    }

    /// Places of the parameters β, in the order of [`flat_beta`](Self::flat_beta).
    pub(crate) fn beta_mut(&mut self) -> impl Iterator<Item = &mut f64> {
        self.beta.iter_mut().flatten()
    }

    /// Weights of the edges at a moment, `[type][edge]`; absent if all are 1.
    pub(crate) fn edge_weights(&self, space: &Space, moment: &Moment) -> Option<Vec<Vec<f64>>> {
        Some(self.weighting()?.weights(&self.beta, space, moment))
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
        policy.learn(state, &alpha, &mut moment.random(16 + pass), reward);
        Some(policy.preferences(state, &alpha))
    }

    /// Operation weights of a pass of a step: `pass` 0 is the weight step's, 1 the architecture step's. Ascents of the
    /// weight step are left to its caller.
    #[must_use]
    pub fn relax(&self, alpha: &Architecture, space: &Space, moment: &Moment, pass: u8) -> Relaxed {
        let mut relaxed = self.unperturbed(alpha, space, moment, pass);
        // First the perturbation, whose values stay on the simplex; weights of edges and auxiliary terms lead off it.
        if pass == 0 {
            self.perturb(alpha, &mut relaxed.p, moment);
        }
        relaxed.edges = self.finish(&mut relaxed.p, space, moment);
        relaxed
    }

    /// Multiplies operation weights by those of their edges, which are returned, and adds the auxiliary terms.
    pub(crate) fn finish(&self, p: &mut Tables, space: &Space, moment: &Moment) -> Option<WeightedEdges> {
        let edges = self.edge_weights(space, moment).map(|weights| WeightedEdges::multiply(weights, p));
        self.add_auxiliary(p, space, moment);
        edges
    }

    /// Operation weights of a pass by the relaxation alone.
    pub(crate) fn unperturbed(&self, alpha: &Architecture, space: &Space, moment: &Moment, pass: u8) -> Relaxed {
        let confined = alpha.confined();
        if let (Some(policy), Some(state)) = (self.policy_part(), &self.policy) {
            let p = policy.sample(state, &confined, &mut moment.random(16 + pass));
            return Relaxed::new(p, Jacobian::None);
        }
        let own = self.parts.iter().find_map(|(_, part)| part.relax_in(space, &confined, moment, pass));
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
        let own = self.parts.iter().find_map(|(_, part)| part.evaluate_in(space, &confined, moment));
        let mut p = own.unwrap_or_else(|| alpha.probabilities());
        self.finish(&mut p, space, moment);
        p
    }

    /// Weights by which an architecture is sampled: those of the relaxation for the candidates of each edge, or 1 for
    /// the candidates that the policy draws and 0 for the others. The policy leaves out what `kept` has 0 for, unless an
    /// edge has nothing else.
    pub(super) fn sampled(&self, alpha: &Architecture, kept: &Tables, random: &mut ChaCha8Rng) -> Tables {
        let mut confined = alpha.confined();
        if let (Some(policy), Some(state)) = (self.policy_part(), &self.policy) {
            let edges = confined.tables.iter_mut().flatten().zip(kept.iter().flatten());
            for (row, kept) in edges.filter(|(_, kept)| kept.iter().any(|&kept| kept > 0.0)) {
                let others = row.iter_mut().zip(kept).filter(|(_, kept)| **kept == 0.0);
                others.for_each(|(alpha, _)| *alpha = f64::NEG_INFINITY);
            }
            return policy.sample(state, &confined, random);
        }
        let own = self.parts.iter().find_map(|(_, part)| part.sampling_weights(&confined));
        own.unwrap_or_else(|| alpha.probabilities())
    }

    /// Adds the constant terms to operation weights.
    pub(crate) fn add_auxiliary(&self, p: &mut Tables, space: &Space, moment: &Moment) {
        for (_, part) in &self.parts {
            part.add_auxiliary(p, space, moment);
        }
    }

    /// Number k if candidates read 1/k of the channels of their edge.
    #[must_use]
    pub fn partial_channels(&self) -> Option<usize> {
        self.parts.iter().find_map(|(_, part)| part.partial_channels())
    }

    /// Supernet that the method searches.
    ///
    /// # Errors
    /// [`SizeError`] if a size is out of range.
    ///
    /// # Panics
    /// As [`Graph::supernet`].
    pub fn supernet(&self, space: &Space, size: NetworkSize) -> Result<Graph, SizeError> {
        let masks = |kind| self.parts.iter().any(|(_, part)| part.mask() == Some(kind));
        let options = SupernetOptions {
            drop_path: masks(MaskKind::DropPath),
            dropout: masks(MaskKind::Dropout),
            partial_channels: self.partial_channels(),
        };
        Graph::supernet_with(space, size, options)
    }

    /// Name of a part by which another method has another supernet; absent if a search can go on with that method.
    pub(crate) fn other_supernet(&self, other: &Self) -> Option<&'static str> {
        let forms = |method: &Self| -> Vec<(&'static str, Option<MaskKind>, Option<usize>)> {
            let form = |(name, part): &(&'static str, Arc<dyn Part>)| (*name, part.mask(), part.partial_channels());
            method.parts.iter().map(form).filter(|(_, mask, k)| mask.is_some() || k.is_some()).collect()
        };
        let [own, others] = [self, other].map(forms);
        let different = own.iter().chain(&others).find(|form| !own.contains(form) || !others.contains(form));
        different.map(|(name, _, _)| *name)
    }

    /// Probabilities of the masks in the passes of a step.
    #[must_use]
    pub fn drop_rates(&self, moment: &Moment) -> DropRates {
        let stage = self.stage(moment.epoch, moment.epochs);
        let of = |kind| {
            let part = self.parts.iter().find(|(_, part)| part.mask() == Some(kind));
            part.map_or(0.0, |(_, part)| part.drop_rate(moment, &stage))
        };
        DropRates { drop_path: of(MaskKind::DropPath), dropout: of(MaskKind::Dropout) }
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

    /// ∂L/∂α, flattened table by table, row by row, from the cell gradients, with the α regularizers; and then ∂L/∂β, if
    /// there is β.
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
        let mut sums = alpha.summed(cell_types, cells);
        let edges = relaxed.edges.as_ref().zip(self.weighting());
        let own = edges.map(|(edges, part)| part.pull_back(&self.beta, &edges.pull_back(&mut sums), space, moment));
        let mut gradient = relaxed.jacobian.pull_back(&sums);
        for (_, part) in &self.parts {
            part.regularize_alpha(alpha, relaxed, space, moment, &mut gradient);
        }
        gradient.extend(own.into_iter().flatten().flatten());
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

    /// Stage that an epoch is in, of a search of `epochs`; without stages, that is the whole search.
    #[must_use]
    pub fn stage(&self, epoch: usize, epochs: usize) -> Stage {
        Stage::between(self.parts.iter().flat_map(|(_, part)| part.stage_ends(epochs)), epoch, epochs)
    }

    /// New supernets in a search of `epochs`.
    fn supernets(&self, epochs: usize) -> impl Iterator<Item = NewSupernet> {
        let all = self.parts.iter().flat_map(move |(_, part)| part.supernets(epochs));
        // None begins before the first epoch or after the last one.
        all.filter(move |supernet| (1..epochs).contains(&supernet.after))
    }

    /// Epochs that one cosine of the learning rate goes over: those around an epoch of a search of `epochs`.
    #[must_use]
    pub fn cosine(&self, epoch: usize, epochs: usize) -> Range<usize> {
        let new = self.supernets(epochs).filter(|supernet| supernet.new_cosine);
        Stage::between(new.map(|supernet| supernet.after), epoch, epochs).epochs
    }

    /// Numbers of cells of the supernets in a search of `epochs`, of which the first has `first`.
    pub(crate) fn cells(&self, first: usize, epochs: usize) -> Vec<usize> {
        let mut cells = vec![first];
        cells.extend(self.supernets(epochs).map(|supernet| rounded(supernet.depth, first)));
        cells.dedup();
        cells
    }

    /// True if α rests in an epoch of a search of `epochs`: the weights alone learn.
    #[must_use]
    pub fn rests(&self, epoch: usize, epochs: usize) -> bool {
        let stage = self.stage(epoch, epochs);
        self.parts.iter().any(|(_, part)| part.rests(&stage.epochs, epoch))
    }

    /// Beginning of the next stage; absent unless a stage of a part ends with this epoch. None ends with the last.
    #[must_use]
    pub fn end_stage(&self, alpha: &Architecture, space: &Space, moment: &Moment) -> Option<NextStage> {
        if moment.epoch + 1 >= moment.epochs {
            return None;
        }
        let end = StageEnd { space, alpha: &alpha.confined(), moment };
        self.parts.iter().find_map(|(_, part)| part.end_stage(&end))
    }

    /// True if candidates that have left the search stay out of it: a part has stages.
    pub(crate) fn has_stages(&self) -> bool {
        self.parts.iter().any(|(_, part)| !part.stage_ends(1).is_empty())
    }

    /// Warnings after the last of some epochs of a search of `epochs`, and whether one of them ends the search. An α that
    /// is held has no sign of a collapse, and neither has one that rests; epochs of rest do not count.
    #[must_use]
    pub fn warnings(&self, history: &[EpochSummary], epochs: usize) -> (Vec<String>, bool) {
        let (mut warnings, mut ends) = (Vec::new(), false);
        let rests = |epoch: &EpochSummary| self.rests(epoch.epoch, epochs);
        if self.holds_alpha() || history.last().is_some_and(rests) {
            return (warnings, ends);
        }
        let moved: Vec<EpochSummary>;
        let history = if history.iter().any(rests) {
            moved = history.iter().filter(|epoch| !rests(epoch)).cloned().collect();
            moved.as_slice()
        } else {
            history
        };
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

    /// Architecture that α stands for, and β if there is one.
    #[must_use]
    pub fn derive(&self, alpha: &Architecture, space: &Space) -> Genotype {
        let edges = self.weighting().and_then(|edges| edges.genotype(&self.beta, alpha, space));
        let own = edges.or_else(|| self.parts.iter().find_map(|(_, part)| part.derive(alpha, space)));
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
