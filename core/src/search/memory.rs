//! Memory of a search, known before it starts.

use super::{SearchConfig, SessionError, SessionMemory};
use crate::data::ImageData;
use crate::device::Device;
use crate::engine::Training;
use crate::graph::{Graph, NetworkSize};
use crate::method::Method;

/// Bytes for each weight in a step that compares gradients: in double precision the training gradients of two steps,
/// the clipped one, and the validation gradient.
const OF_COMPARISON: u64 = 32;
/// Bytes for each weight in a checkpoint of a search that compares gradients: the training gradient in double
/// precision.
const OF_KEPT_GRADIENT: u64 = 8;
/// Bytes for each weight in a step with a Neumann series: in double precision the sum, its last term and a product, and
/// the product in single precision as it is read.
const OF_SERIES: u64 = 28;

impl SearchConfig {
    /// Estimates the memory of the search on a device. Nothing of that size is allocated.
    ///
    /// # Errors
    /// [`SessionError`] if the space is unknown, the network cannot be built, or the parts of the method do not go
    /// together.
    pub fn memory(&self, data: &ImageData, device: &Device) -> Result<SessionMemory, SessionError> {
        self.memory_with(&self.method.build(&self.search_space()?)?, data, device)
    }

    /// Size of the first supernet.
    pub(super) fn first_size(&self, data: &ImageData) -> NetworkSize {
        NetworkSize {
            channels: self.supernet.channels,
            cells: self.supernet.cells,
            image_channels: data.channels(),
            classes: data.classes().len(),
        }
    }

    /// Estimates the memory of the search with a method that may have parts of an application: that of the largest of
    /// its supernets. Candidates that leave before it begins count, too, although the CPU has no feature maps for them.
    pub(super) fn memory_with(
        &self,
        method: &Method,
        data: &ImageData,
        device: &Device,
    ) -> Result<SessionMemory, SessionError> {
        let (space, first) = (self.search_space()?, self.first_size(data));
        let mut largest = self.memory_of(method.supernet(&space, first)?, method, data, device);
        for cells in method.cells(first.cells, self.epochs).into_iter().skip(1) {
            let graph = method.supernet(&space, NetworkSize { cells, ..first })?;
            largest = largest.larger(self.memory_of(graph, method, data, device));
        }
        Ok(largest)
    }

    /// Estimates the memory of the search in one supernet.
    fn memory_of(&self, graph: Graph, method: &Method, data: &ImageData, device: &Device) -> SessionMemory {
        let training = Training {
            shape: [self.batch, data.channels(), data.height(), data.width()],
            tangent: method.may_hold_pattern() || self.measures.curvature,
            saves: self.architecture.unrolled || method.neumann_terms().is_some(),
        };
        let weights = graph.parameter_count() as u64;
        let copies = |bytes: u64, made: bool| if made { weights.saturating_mul(bytes) } else { 0 };
        let (compares, series) = (method.freezing().is_some(), method.neumann_terms().is_some());
        let memory = SessionMemory::of(graph, data, device, training);
        SessionMemory {
            gradients: copies(OF_COMPARISON, compares).saturating_add(copies(OF_SERIES, series)),
            checkpoint: memory.checkpoint.saturating_add(copies(OF_KEPT_GRADIENT, compares)),
            ..memory
        }
    }
}
