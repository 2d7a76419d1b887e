//! The network of a run, in the formats of other programs.

use std::collections::BTreeMap;
use std::sync::Arc;

use lambda_darts::device::Device;
use lambda_darts::exchange::onnx::{self, OnnxOptions};
use lambda_darts::exchange::pytorch::{SupernetForm, derived_module, supernet_module};
use lambda_darts::exchange::weights::{NamedTensor, NetworkWeights, to_safetensors};
use lambda_darts::graph::{Graph, NetworkSize};
use lambda_darts::search::{Checkpoint, Search, Session, SessionError};
use lambda_darts::space::{EdgeCandidate, Genotype, Space};
use lambda_darts::training::Trained;
use pollster::block_on;

use crate::args::ExportArgs;
use crate::failure::Failure;
use crate::images;

/// α of a candidate that has left the search: its softmax is 0, as that of one that an edge lacks.
const LEFT: f32 = -1e30;

/// Network of a run with its weights.
pub(super) struct Network {
    space: Space,
    size: NetworkSize,
    /// Genotype of a derived network; a supernet has none.
    genotype: Option<Genotype>,
    auxiliary: bool,
    /// Form of a supernet.
    form: SupernetForm,
    graph: Graph,
    /// Weights, running statistics and, for a supernet, α, by the names of the PyTorch references.
    tensors: BTreeMap<String, NamedTensor>,
    /// Operation weights of every searched cell.
    p: Vec<Vec<f64>>,
    /// Height and width of the images.
    image: [usize; 2],
    /// Mean and standard deviation of every channel of the images.
    normalization: [Vec<f32>; 2],
}

impl Network {
    /// Reads the network of a training.
    pub(super) fn of_training(args: &ExportArgs, device: &Device) -> Result<Self, Failure> {
        let mut trained = block_on(Trained::read(&args.from, device))?;
        let mut config = trained.config().clone();
        if args.auxiliary && config.network.auxiliary_weight <= 0.0 {
            return Err(Failure::inside(&args.from, "the network was trained without an auxiliary head".to_owned()));
        }
        if !args.auxiliary {
            config.network.auxiliary_weight = 0.0;
        }
        // Drop paths have no weights, and drop nothing outside of a training.
        config.network.drop_path = 0.0;
        let ([channels, height, width], classes) = (trained.image_shape(), trained.classes().len());
        let graph = config.graph(channels, classes)?;
        let all = block_on(trained.network_weights())?.named(trained.network().graph());
        // This leaves out what the graph does not have: the auxiliary head.
        let tensors = NetworkWeights::from_named(&graph, &all)?.named(&graph);
        Ok(Self {
            space: config.network_space()?,
            size: config.network_size(channels, classes),
            genotype: Some(config.genotype),
            auxiliary: args.auxiliary,
            form: SupernetForm::default(),
            graph,
            tensors,
            p: Vec::new(),
            image: [height, width],
            normalization: trained.normalization().map(<[f32]>::to_vec),
        })
    }

    /// Reads the supernet of a search.
    pub(super) fn of_search(args: &ExportArgs, device: &Device) -> Result<Self, Failure> {
        let read = if args.from.is_dir() { Checkpoint::newest } else { Checkpoint::read };
        let Checkpoint { state, .. } = read(&args.from)?;
        let mut config = state.config().clone();
        config.data.dir = args.data_dir.clone().or(config.data.dir);
        let data = images::load::<Search>(&config)?;
        let session = block_on(Session::restore(state.clone(), Arc::clone(&data), device))?;
        let space = config.search_space()?;
        let method = config.method.build(&space).map_err(SessionError::from)?;
        let edge_normalization = method.edge_weighting() == Some("edge_normalization");
        let form = SupernetForm { partial_channels: method.partial_channels(), edge_normalization };
        // The module of a method that weights its edges in another way has no β.
        let left_out: &[&str] =
            if edge_normalization { &["momentum.", "gradient."] } else { &["momentum.", "gradient.", "betas_"] };
        let tensors = state.into_tensors().into_iter();
        let tensors = tensors.filter(|(name, _)| !left_out.iter().any(|prefix| name.starts_with(prefix)));
        let mut tensors: BTreeMap<String, NamedTensor> =
            tensors.map(|(name, tensor)| (name, tensor.to_f32())).collect();
        for EdgeCandidate { cell_type, edge, candidate } in session.bilevel().architecture.left() {
            if let Some(alpha) = tensors.get_mut(&format!("alphas_{}", space.cell_types[cell_type].name)) {
                let at = edge * alpha.shape[1] + candidate;
                alpha.values[at] = LEFT;
            }
        }
        Ok(Self {
            space,
            size: session.bilevel().size(),
            genotype: None,
            auxiliary: false,
            form,
            graph: session.bilevel().graph().clone(),
            tensors,
            p: session.operation_weights(),
            image: [data.height(), data.width()],
            normalization: [data.mean().to_vec(), data.std().to_vec()],
        })
    }

    /// Returns the bytes of a model in ONNX.
    pub(super) fn onnx(&self, fold_norms: bool) -> Result<Vec<u8>, Failure> {
        let options = OnnxOptions { image: self.image, fold_norms };
        Ok(onnx::model(&self.graph, &self.weights()?, &self.p, &options)?)
    }

    /// Returns the source of a Python module.
    pub(super) fn module(&self) -> Result<Vec<u8>, Failure> {
        let source = match &self.genotype {
            Some(genotype) => derived_module(&self.space, genotype, self.size, self.auxiliary),
            None => supernet_module(&self.space, self.size, self.form),
        };
        Ok(source?.into_bytes())
    }

    /// Returns the bytes of a `.safetensors` file.
    pub(super) fn safetensors(&self) -> Result<Vec<u8>, Failure> {
        Ok(to_safetensors(&self.tensors)?)
    }

    /// Returns the bytes of a record of Burn.
    ///
    /// # Errors
    /// A sentence that says why there is none.
    #[cfg(feature = "burn")]
    pub(super) fn record(&self) -> Result<Vec<u8>, String> {
        let weights = self.weights().map_err(|error| error.to_string())?;
        lambda_darts::exchange::burn::record_file(self.graph.clone(), &weights).map_err(|error| error.to_string())
    }

    /// Says which images the network reads.
    pub(super) fn images(&self) -> String {
        let ([height, width], [mean, std]) = (self.image, &self.normalization);
        let channels = self.size.image_channels;
        format!(
            "images of {channels}×{height}×{width}, pixels from 0 to 1 normalized by the means {mean:?} and the standard \
             deviations {std:?} of the channels"
        )
    }

    fn weights(&self) -> Result<NetworkWeights, Failure> {
        Ok(NetworkWeights::from_named(&self.graph, &self.tensors)?)
    }
}
