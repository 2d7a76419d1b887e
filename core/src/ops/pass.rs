//! What one forward pass through a network is given and what it leaves behind.

use burn::tensor::{Bool, Int, Tensor};
use rand_distr::{Distribution, StandardNormal};

use super::Layout;
use crate::device::Place;
use crate::kernels::pass::Written;
use crate::random::{Purpose, stream};

/// Which statistics batch norms use.
pub(crate) enum Normalization<'a> {
    /// Those of the batch, as in training.
    Batch,
    /// Running ones: mean and variance of all normalized channels, each `[channels in total]`.
    Running { mean: &'a Tensor<1>, variance: &'a Tensor<1> },
}

/// Which way a ReLU or a max pool went.
#[derive(Clone, Debug)]
enum Branch {
    /// Where the ReLU's input was not positive.
    Closed(Tensor<4, Bool>),
    /// The winners' places in the flattened image, `[batch, channels, height·width]`.
    Winners(Tensor<3, Int>),
}

/// Whether the branches of ReLU and max pool are free, written down, or held as another pass took them ("frozen").
#[derive(Clone, Debug, Default)]
pub(crate) enum Branches {
    /// Every pass takes its own.
    #[default]
    Free,
    /// Taken freely and written down.
    Record(Recorded),
    /// Taken as they were written down.
    Replay(Recorded),
}

/// The branches of a pass, in the order of its layers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorded {
    taken: Vec<Branch>,
    next: usize,
    /// What kernels wrote down instead.
    pub(crate) kept: Option<Written>,
}

impl Recorded {
    /// What kernels wrote down.
    pub(crate) fn of(kept: Written) -> Self {
        Self { kept: Some(kept), ..Self::default() }
    }
}

impl Branches {
    /// What was recorded, to be replayed from the start.
    pub(crate) fn replay(&self) -> Self {
        match self {
            Self::Free => Self::Free,
            Self::Record(recorded) | Self::Replay(recorded) => Self::Replay(Recorded { next: 0, ..recorded.clone() }),
        }
    }

    fn replayed(&mut self) -> Option<Branch> {
        match self {
            Self::Replay(recorded) => {
                recorded.next += 1;
                recorded.taken.get(recorded.next - 1).cloned()
            }
            _ => None,
        }
    }

    pub(super) fn relu(&mut self, x: &Tensor<4>) -> Option<Tensor<4, Bool>> {
        if let Self::Record(recorded) = self {
            recorded.taken.push(Branch::Closed(x.clone().without_autodiff().lower_equal_scalar(0.0)));
        }
        match self.replayed() {
            Some(Branch::Closed(mask)) => Some(mask),
            _ => None,
        }
    }

    pub(super) fn recording(&self) -> bool {
        matches!(self, Self::Record(_))
    }

    pub(super) fn push_winners(&mut self, winners: Tensor<3, Int>) {
        if let Self::Record(recorded) = self {
            recorded.taken.push(Branch::Winners(winners));
        }
    }

    pub(super) fn winners(&mut self) -> Option<Tensor<3, Int>> {
        match self.replayed() {
            Some(Branch::Winners(winners)) => Some(winners),
            _ => None,
        }
    }
}

/// The noise of a step: drawn when first asked for, then the same in all passes of the step.
#[derive(Clone, Debug, Default)]
pub(crate) struct StepNoise {
    seed: u64,
    step: u64,
    drawn: Vec<Option<Tensor<4>>>,
}

impl StepNoise {
    pub(crate) fn new(seed: u64, step: u64) -> Self {
        Self { seed, step, drawn: Vec::new() }
    }

    /// That of a pass which is no step of training.
    pub(crate) fn apart(seed: u64) -> Self {
        Self::new(seed, u64::MAX >> 24)
    }

    /// Puts a known value in the place of a draw.
    pub(crate) fn set(&mut self, slot: usize, value: Tensor<4>) {
        if self.drawn.len() <= slot {
            self.drawn.resize(slot + 1, None);
        }
        self.drawn[slot] = Some(value);
    }

    pub(crate) fn get(&mut self, slot: usize, shape: [usize; 4], place: &Place) -> Tensor<4> {
        let known = self.drawn.get(slot).and_then(Option::as_ref);
        if let Some(known) = known.filter(|known| known.dims() == shape) {
            return known.clone();
        }
        // 2^24 noise operations a step are more than any network has.
        let mut random = stream(self.seed, Purpose::Noise, (self.step << 24) | slot as u64);
        let values = StandardNormal.sample_iter(&mut random).take(shape.iter().product()).collect();
        let value = place.tensor(values, shape, false);
        self.set(slot, value.clone());
        value
    }
}

/// The batch statistics that the batch norms of a pass saw.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// Means, one tensor a batch norm.
    pub(crate) means: Vec<Tensor<1>>,
    /// Unbiased variances.
    pub(crate) variances: Vec<Tensor<1>>,
}

/// The running statistics before the first step: mean 0, variance 1.
pub(crate) fn no_running(layout: &Layout, place: &Place) -> [Tensor<1>; 2] {
    let channels = layout.normalized();
    [0.0, 1.0].map(|value| place.tensor(vec![value; channels], [channels], false))
}

/// Running statistics, moved a tenth of the way to those of a pass.
pub(crate) fn follow(running: [Tensor<1>; 2], seen: Seen) -> [Tensor<1>; 2] {
    let [mean, variance] = running;
    [(mean, seen.means), (variance, seen.variances)].map(|(running, seen)| {
        if seen.is_empty() { running } else { running.mul_scalar(0.9).add(Tensor::cat(seen, 0).mul_scalar(0.1)) }
    })
}

/// One forward pass.
pub(crate) struct Pass<'a> {
    pub(crate) place: &'a Place,
    pub(crate) layout: &'a Layout,
    /// One tensor a weight slot.
    pub(crate) weights: &'a [Tensor<1>],
    pub(crate) normalization: Normalization<'a>,
    pub(crate) branches: Branches,
    pub(crate) noise: &'a mut StepNoise,
    pub(crate) seen: Seen,
}

impl Pass<'_> {
    /// A weight in its shape.
    pub(crate) fn weight<const D: usize>(&self, slot: usize) -> Tensor<D> {
        let shape: [usize; D] = std::array::from_fn(|axis| self.layout.weights[slot].shape[axis]);
        self.weights[slot].clone().reshape(shape)
    }

    pub(super) fn noise(&mut self, slot: usize, shape: [usize; 4]) -> Tensor<4> {
        self.noise.get(slot, shape, self.place)
    }
}
