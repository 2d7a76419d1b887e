//! Networks as Burn modules, which Burn's optimizers train and whose records are files.
//!
//! ```
//! use burn::tensor::{Device, Tensor};
//! use lambda_darts::exchange::burn::NetworkModule;
//! use lambda_darts::graph::{Graph, NetworkOptions, NetworkSize};
//! use lambda_darts::space::{Genotype, Space};
//!
//! let space = Space::named("nas-bench-201")?;
//! let cell = Genotype::parse("|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|")?;
//! let size = NetworkSize { channels: 4, cells: 1, image_channels: 3, classes: 10 };
//! let graph = Graph::derived(&space, &cell, size, NetworkOptions::default())?;
//! let module = NetworkModule::new(graph, 0, &Device::flex());
//! let logits = module.forward(Tensor::zeros([2, 3, 8, 8], &Device::flex()));
//! assert_eq!(logits.dims(), [2, 10]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Record files
//! [`record_file`] makes the file of a record, in Burn's format burnpack; the command
//! `export --format burn` writes that of a training. A record has weights and running statistics; the graph follows from
//! the settings of the training. Images need the same normalization as in the training:
//! [`Trained::normalization`](crate::training::Trained::normalization).
//!
//! ```no_run
//! use burn::module::Module;
//! use burn::store::ModuleRecord;
//! use burn::tensor::Device;
//! use lambda_darts::exchange::burn::NetworkModule;
//! use lambda_darts::training::TrainingConfig;
//!
//! let mut config = TrainingConfig::from_toml(&std::fs::read_to_string("runs/trained/config.toml")?)?;
//! // Without `--auxiliary`, the record has no auxiliary head.
//! config.network.auxiliary_weight = 0.0;
//! let (image_channels, classes) = (1, 10);
//! let module = NetworkModule::new(config.graph(image_channels, classes)?, 0, &Device::flex());
//! let module = module.try_load_record(ModuleRecord::load("network.bpk")?)?;
//! # drop(module);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;
use std::sync::Arc;

use burn::module::{Module, Param, RunningState};
use burn::store::RecordError;
use burn::tensor::{Device, Tensor, TensorData};

use crate::engine::reference::Forward;
use crate::exchange::weights::NetworkWeights;
use crate::graph::Graph;

/// Derived network as a Burn module: parameters, running statistics, and the graph that says what to do with them.
///
/// On a device with autodiff, batch norms use batch statistics and move the running statistics a tenth of the way to
/// them; elsewhere they use the running statistics.
#[derive(Module, Debug)]
pub struct NetworkModule {
    /// Parameters, flat, in the order of [`Graph::parameters`].
    weights: Vec<Param<Tensor<1>>>,
    /// Running means of all normalized channels.
    running_mean: RunningState<Tensor<1>>,
    /// Running unbiased variances of all normalized channels.
    running_variance: RunningState<Tensor<1>>,
    #[module(skip)]
    graph: Description,
}

/// Graph of a module. Burn prints a module with all its fields, so this one is short.
#[derive(Clone)]
struct Description(Arc<Graph>);

impl fmt::Debug for Description {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (operations, heads) = (self.0.operations().len(), self.0.heads().len());
        write!(out, "Graph {{ operations: {operations}, heads: {heads} }}")
    }
}

impl NetworkModule {
    /// Module of a graph without searched cells, with PyTorch's initial weights under `seed`.
    ///
    /// # Panics
    /// If the graph is a supernet, or has no head.
    #[must_use]
    pub fn new(graph: Graph, seed: u64, device: &Device) -> Self {
        let weights = graph.initial_weights(seed);
        let channels = graph.normalized_channels();
        Self::with_state(graph, &weights, [&vec![0.0; channels], &vec![1.0; channels]], device)
    }

    /// Module with weights and running statistics, such as an engine's [`State`](crate::engine::State).
    ///
    /// # Panics
    /// If the graph is a supernet or has no head, or the numbers are those of another network.
    #[must_use]
    pub fn with_state(graph: Graph, weights: &[f32], running: [&[f32]; 2], device: &Device) -> Self {
        assert!(
            graph.cells().is_empty() && !graph.heads().is_empty(),
            "a derived network has a head and no mixed cells"
        );
        assert_eq!(weights.len(), graph.parameter_count(), "the number of weights");
        let vector = |values: &[f32]| Tensor::<1>::from_data(TensorData::new(values.to_vec(), [values.len()]), device);
        let [mean, variance] = running.map(|values| {
            assert_eq!(values.len(), graph.normalized_channels(), "the number of running statistics");
            RunningState::new(vector(values))
        });
        let parameters = graph.parameters().iter();
        let weights = parameters.map(|parameter| Param::from_tensor(vector(&weights[parameter.range()]))).collect();
        Self { weights, running_mean: mean, running_variance: variance, graph: Description(Arc::new(graph)) }
    }

    /// Graph of the network.
    #[must_use]
    pub fn graph(&self) -> &Graph {
        &self.graph.0
    }

    /// Logits `[batch, classes]` of the network's own head for images `[batch, channels, height, width]`.
    ///
    /// # Panics
    /// If the images have other channels than the network, or are too small for it.
    #[must_use]
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        self.logits(images).swap_remove(0)
    }

    /// Logits `[batch, classes]` of all heads, the network's own first.
    ///
    /// # Panics
    /// As [`forward`](Self::forward).
    #[must_use]
    pub fn logits(&self, images: Tensor<4>) -> Vec<Tensor<2>> {
        let weights: Vec<Tensor<1>> = self.weights.iter().map(Param::val).collect();
        let trains = weights.first().is_some_and(|weight| weight.device().is_autodiff());
        let running = (!trains).then(|| [self.running_mean.value(), self.running_variance.value()]);
        let mut forward = Forward::new(self.graph(), &weights, &[], running, &images);
        forward.run(images);
        let logits = self.graph().heads().iter().map(|head| forward.logits(head)).collect();
        if let (true, Some(seen)) = (trains, forward.statistics()) {
            for (running, seen) in [&self.running_mean, &self.running_variance].into_iter().zip(seen) {
                running.update(running.value_sync().mul_scalar(0.9).add(seen.mul_scalar(0.1)));
            }
        }
        logits
    }
}

/// Returns the bytes of a record file of a derived network's module, which Burn's `ModuleRecord::load` reads.
///
/// # Errors
/// [`RecordError`] if the graph is that of a supernet, or the weights are those of another network.
pub fn record_file(graph: Graph, weights: &NetworkWeights) -> Result<Vec<u8>, RecordError> {
    let NetworkWeights { parameters, running_mean, running_variance } = weights;
    let channels = graph.normalized_channels();
    let lengths = [parameters, running_mean, running_variance].map(Vec::len);
    if !graph.cells().is_empty() || graph.heads().is_empty() {
        return Err(RecordError::Validation("a record is that of a derived network".to_owned()));
    }
    if lengths != [graph.parameter_count(), channels, channels] {
        return Err(RecordError::Validation("the weights are those of another network".to_owned()));
    }
    let module = NetworkModule::with_state(graph, parameters, [running_mean, running_variance], &Device::flex());
    Ok(module.into_record().into_bytes()?.to_vec())
}

#[cfg(test)]
mod tests {
    use burn::store::ModuleRecord;
    use burn::tensor::Bytes;

    use super::*;
    use crate::graph::{NetworkOptions, NetworkSize};
    use crate::space::{Genotype, Space};

    #[test]
    fn a_record_brings_weights_and_running_statistics_back() {
        let space = Space::named("nas-bench-201").unwrap();
        let cell = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|";
        let size = NetworkSize { channels: 2, cells: 1, image_channels: 1, classes: 3 };
        let genotype = Genotype::parse(cell).unwrap();
        let graph = || Graph::derived(&space, &genotype, size, NetworkOptions::default()).unwrap();
        let device = Device::flex();
        let channels = graph().normalized_channels();
        let weights = NetworkWeights {
            parameters: graph().initial_weights(1),
            running_mean: vec![0.25; channels],
            running_variance: vec![2.0; channels],
        };
        let NetworkWeights { parameters, running_mean, running_variance } = &weights;
        let saved = NetworkModule::with_state(graph(), parameters, [running_mean, running_variance], &device);
        let logits = |module: &NetworkModule| module.forward(Tensor::ones([1, 1, 8, 8], &device)).into_data();
        let expected = logits(&saved);
        let other = NetworkModule::new(graph(), 0, &device);
        assert_ne!(logits(&other), expected);
        let bytes = Bytes::from_bytes_vec(record_file(graph(), &weights).unwrap());
        let loaded = other.try_load_record(ModuleRecord::from_bytes(bytes).unwrap()).unwrap();
        assert_eq!(logits(&loaded), expected);
        assert_eq!(loaded.running_variance.value().into_data(), TensorData::from(running_variance.as_slice()));

        let fewer = NetworkWeights { running_mean: vec![0.0], ..weights };
        assert!(matches!(record_file(graph(), &fewer), Err(RecordError::Validation(_))));
    }
}
