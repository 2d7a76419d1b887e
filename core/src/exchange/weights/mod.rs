//! Weights of a network by name, and the files that hold them: `.safetensors`, and `.pt` or `.pth` of PyTorch.
//!
//! Names and shapes are those of the PyTorch references: `stem.0.weight` is a parameter, and `stem.1.running_mean` and
//! `stem.1.running_var` are the running statistics of a batch norm. A file of PyTorch is a pickle, which is read and
//! never run.
//!
//! ```
//! use lambda_darts::exchange::weights::NetworkWeights;
//! use lambda_darts::graph::{Graph, NetworkOptions, NetworkSize};
//! use lambda_darts::space::{Genotype, Space};
//!
//! let cell = Genotype::parse("|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|")?;
//! let size = NetworkSize { channels: 4, cells: 1, image_channels: 3, classes: 10 };
//! let space = Space::named("nas-bench-201")?;
//! let graph = Graph::derived(&space, &cell, size, NetworkOptions::default())?;
//! let weights = NetworkWeights::initial(&graph, 0);
//! let tensors = weights.named(&graph);
//! assert_eq!(tensors["stem.0.weight"].shape, [4, 3, 3, 3]);
//! assert_eq!(NetworkWeights::from_named(&graph, &tensors)?, weights);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod choice;
mod error;
#[cfg(not(target_family = "wasm"))]
mod file;
#[cfg(all(test, not(target_family = "wasm")))]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;

pub use error::WeightsError;
#[cfg(not(target_family = "wasm"))]
pub use file::to_safetensors;

pub use crate::engine::NamedTensor;
use crate::engine::State;
use crate::engine::named::{self, Piece};
use crate::graph::Graph;

/// Weights and running statistics of a network, in the order of its graph.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkWeights {
    /// Weights ω in the order of [`Graph::parameters`].
    pub parameters: Vec<f32>,
    /// Running means of all normalized channels.
    pub running_mean: Vec<f32>,
    /// Running unbiased variances of all normalized channels.
    pub running_variance: Vec<f32>,
}

impl NetworkWeights {
    /// PyTorch's initial weights under a seed, running means 0 and variances 1.
    #[must_use]
    pub fn initial(graph: &Graph, seed: u64) -> Self {
        let channels = graph.normalized_channels();
        Self {
            parameters: graph.initial_weights(seed),
            running_mean: vec![0.0; channels],
            running_variance: vec![1.0; channels],
        }
    }

    /// Parts of an engine's state that these are.
    pub(crate) fn parts(&self) -> [(State, &[f32]); 3] {
        [
            (State::Weights, &self.parameters),
            (State::RunningMean, &self.running_mean),
            (State::RunningVariance, &self.running_variance),
        ]
    }

    /// Tensors by the names of the PyTorch references.
    ///
    /// # Panics
    /// If the weights are those of another network.
    #[must_use]
    pub fn named(&self, graph: &Graph) -> BTreeMap<String, NamedTensor> {
        self.parts().into_iter().flat_map(|(state, vector)| named::tensors(graph, state, vector)).collect()
    }

    /// Reads weights from tensors under the names of the PyTorch references.
    ///
    /// The prefix `module.` of `DataParallel` is taken off. Counts of batches (`num_batches_tracked`), momentum
    /// (`momentum.…`), gradients (`gradient.…`), α (`alphas_…`), β (`betas_…`) and, for a network without one, the
    /// auxiliary head (`auxiliary_head.…`) are left out.
    ///
    /// # Errors
    /// [`WeightsError`] if a tensor is missing, has another shape, or belongs to no part of the network.
    pub fn from_named(graph: &Graph, tensors: &BTreeMap<String, NamedTensor>) -> Result<Self, WeightsError> {
        assemble(graph, tensors)
    }
}

/// Tensor that weights are taken from.
trait Source {
    fn shape(&self) -> &[usize];

    /// Returns the numbers, as many as the shape has, or says what is wrong with the tensor.
    fn numbers(&self) -> Result<Cow<'_, [f32]>, String>;
}

impl Source for NamedTensor {
    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn numbers(&self) -> Result<Cow<'_, [f32]>, String> {
        if self.values.len() == self.shape.iter().product::<usize>() {
            Ok(Cow::Borrowed(&self.values))
        } else {
            Err(format!("has {} numbers for the shape {:?}", self.values.len(), self.shape))
        }
    }
}

/// Takes every part of the network from the tensor of its name.
fn assemble<T: Source>(graph: &Graph, tensors: &BTreeMap<String, T>) -> Result<NetworkWeights, WeightsError> {
    let mut found = choice::relevant(graph, tensors);
    let mut vector = |state| named::gather(graph, state, |piece| take(&mut found, piece));
    let weights = NetworkWeights {
        parameters: vector(State::Weights)?,
        running_mean: vector(State::RunningMean)?,
        running_variance: vector(State::RunningVariance)?,
    };
    match found.into_keys().next() {
        Some(name) => Err(WeightsError::extra(name)),
        None => Ok(weights),
    }
}

/// Takes the numbers of a piece out of the tensors. They are not touched before their shape is known to be right.
fn take<'t, T: Source>(found: &mut BTreeMap<&str, &'t T>, piece: &Piece) -> Result<Cow<'t, [f32]>, WeightsError> {
    let name = || piece.name.clone();
    let tensor = found.remove(piece.name.as_str()).ok_or_else(|| WeightsError::Missing { name: name() })?;
    if tensor.shape() != piece.shape {
        let (found, needed) = (tensor.shape().to_vec(), piece.shape.clone());
        return Err(WeightsError::Shape { name: name(), found, needed });
    }
    tensor.numbers().map_err(|what| WeightsError::Tensor { name: name(), what })
}
