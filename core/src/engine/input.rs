//! Inputs of a pass.

use super::{DropRates, EngineError, Mask, Probes, Want};
use crate::graph::{Graph, MaskKind};
use crate::random::{Stream, normals, stream};

/// Batch, operation weights and everything else that a pass is given.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Images `[batch, channels, height, width]`.
    pub images: &'a [f32],
    /// Shape of the images.
    pub shape: [usize; 4],
    /// Loss whose gradients are taken.
    pub loss: Loss<'a>,
    /// Operation weights p_l that each searched cell reads, flattened by edge and candidate.
    pub p: &'a [Vec<f64>],
    /// Candidates with p = 0 that are run for their ∂L/∂p. Candidates with p = 0 that no result depends on are not run.
    pub probes: Probes<'a>,
    /// Statistics that batch norms use.
    pub statistics: Statistics,
    /// Random draws.
    pub draws: &'a Draws,
}

/// Loss of a pass.
#[derive(Clone, Copy, Debug)]
pub enum Loss<'a> {
    /// No loss: a forward pass.
    None,
    /// Mean cross-entropy with these labels, summed over the heads by their loss weights.
    Labels(&'a [i64]),
    /// ⟨output, cotangent⟩ of a graph without a head; `[batch, channels, height, width]`.
    Cotangent(&'a [f32]),
}

/// Statistics that batch norms use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Statistics {
    /// Batch statistics, as in training.
    #[default]
    Batch,
    /// Running statistics, as in evaluation.
    Running,
}

/// Random draws of a step, made on the host so that all engines and all passes of a step share them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draws {
    /// Values of the noise operations by slot.
    pub(crate) noise: Vec<Vec<f32>>,
    /// Masks by slot; none if nothing is dropped.
    pub(crate) masks: Vec<Mask>,
}

/// Step number of a pass that is no step of training.
const APART: u64 = u64::MAX >> 24;

impl Draws {
    /// Draws of a step for batches of `shape`.
    #[must_use]
    pub fn new(graph: &Graph, shape: [usize; 4], seed: u64, step: u64) -> Self {
        let shapes = graph.noise_shapes(shape);
        let mut noise = vec![Vec::new(); shapes.len()];
        for (slot, shape) in shapes {
            // 2^24 noise operations a step are more than any network has.
            let mut random = stream(seed, Stream::Noise, (step << 24) | slot as u64);
            noise[slot] = normals(&mut random, shape.iter().product());
        }
        Self { noise, masks: Vec::new() }
    }

    /// Same draws with all masks for a batch of `images`. Each drops with the probability of its kind, which is below 1,
    /// and the rest is divided by 1 − probability.
    #[must_use]
    pub fn dropped(mut self, graph: &Graph, images: usize, seed: u64, step: u64, rates: DropRates) -> Self {
        self.masks.clear();
        if graph.masks().iter().any(|&kind| rates.of(kind) > 0.0) {
            let mask = |(slot, &kind): (u64, &MaskKind)| {
                // 2^24 masks are more than any network has.
                let mut random = stream(seed, Stream::DropPath, (step << 24) | slot);
                Mask::draw(kind, images, rates.of(kind), &mut random)
            };
            self.masks = (0..).zip(graph.masks()).map(mask).collect();
        }
        self
    }

    /// Puts known masks in the place of all.
    #[must_use]
    pub fn with_masks(mut self, masks: Vec<Mask>) -> Self {
        self.masks = masks;
        self
    }

    /// Masks that a pass applies: none with running statistics.
    pub(crate) fn masks_of(&self, statistics: Statistics) -> &[Mask] {
        if statistics == Statistics::Batch { &self.masks } else { &[] }
    }

    /// Draws of a pass that is no step of training, such as validation.
    #[must_use]
    pub fn apart(graph: &Graph, shape: [usize; 4], seed: u64) -> Self {
        Self::new(graph, shape, seed, APART)
    }

    /// Puts known values in the place of a noise operation's draw; unknown names are left out.
    pub fn set_noise(&mut self, graph: &Graph, name: &str, values: Vec<f32>) {
        if let Some(slot) = graph.noises().iter().position(|noise| noise == name) {
            self.noise.resize(graph.noises().len(), Vec::new());
            self.noise[slot] = values;
        }
    }
}

impl Input<'_> {
    /// Number of images.
    #[must_use]
    pub const fn batch(&self) -> usize {
        self.shape[0]
    }

    /// Checks the input of a pass against a graph.
    pub(super) fn check(&self, graph: &Graph, want: Want) -> Result<(), EngineError> {
        let wrong = |what: String| Err(EngineError::Input { what });
        if self.statistics == Statistics::Running && (want.gradients() || want.statistics) {
            return wrong("running statistics for a pass that wants gradients or statistics".to_owned());
        }
        let [batch, channels, height, width] = self.shape;
        let count = self.shape.iter().try_fold(1, |product: usize, &side| product.checked_mul(side));
        if batch == 0 || count != Some(self.images.len()) {
            return wrong(format!("{} numbers for images of shape {:?}", self.images.len(), self.shape));
        }
        if channels != graph.image_channels() {
            return wrong(format!("images of {channels} channels, not {}", graph.image_channels()));
        }
        let sizes = graph.sizes([height, width]);
        if sizes.iter().any(|size| size.contains(&0)) {
            return wrong(format!("images of {height}×{width} pixels are too small"));
        }
        if !self.p.iter().map(Vec::len).eq(graph.cells().iter().map(|cell| cell.weights)) {
            return wrong("operation weights of another space".to_owned());
        }
        if let Probes::Marked(marked) = self.probes
            && !marked.iter().map(Vec::len).eq(graph.cells().iter().map(|cell| cell.weights))
        {
            return wrong("marked candidates of another space".to_owned());
        }
        let drawn = graph.noise_shapes(self.shape);
        let fits = |&(slot, shape): &(usize, [usize; 4])| {
            self.draws.noise.get(slot).is_some_and(|noise| noise.len() == shape.iter().product::<usize>())
        };
        if !drawn.iter().all(fits) {
            return wrong("noise for images of another shape".to_owned());
        }
        let (masks, kinds) = (&self.draws.masks, graph.masks());
        let fits = |(mask, &kind): (&Mask, &MaskKind)| mask.fits(kind, batch);
        if !masks.is_empty() && (masks.len() != kinds.len() || !masks.iter().zip(kinds).all(fits)) {
            return wrong("masks of another network or batch".to_owned());
        }
        match self.loss {
            Loss::None => Ok(()),
            Loss::Labels(_) if graph.heads().is_empty() => wrong("labels for a network without a head".to_owned()),
            Loss::Labels(labels) if labels.len() != batch => {
                wrong(format!("{} labels for {batch} images", labels.len()))
            }
            Loss::Labels(labels) => {
                let classes = graph.heads().iter().map(|head| head.classes).min().unwrap_or(0);
                let known = |&&label: &&i64| usize::try_from(label).is_ok_and(|label| label < classes);
                match labels.iter().find(|label| !known(label)) {
                    Some(label) => wrong(format!("the label {label} of {classes} classes")),
                    None => Ok(()),
                }
            }
            Loss::Cotangent(cotangent) => {
                let [height, width] = sizes[graph.output()];
                let expected = batch * graph.values()[graph.output()].channels * height * width;
                if graph.heads().is_empty() && cotangent.len() == expected {
                    return Ok(());
                }
                wrong(format!("a cotangent of {} numbers for an output of {expected}", cotangent.len()))
            }
        }
    }
}
