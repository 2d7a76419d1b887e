//! Memory of a search, known before it starts.

use super::{SearchConfig, SessionError, SessionMemory};
use crate::data::ImageData;
use crate::device::Device;
use crate::engine::Training;
use crate::graph::NetworkSize;
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

    /// Estimates the memory of the search with a method that may have parts of an application.
    pub(super) fn memory_with(
        &self,
        method: &Method,
        data: &ImageData,
        device: &Device,
    ) -> Result<SessionMemory, SessionError> {
        let size = NetworkSize {
            channels: self.supernet.channels,
            cells: self.supernet.cells,
            image_channels: data.channels(),
            classes: data.classes().len(),
        };
        let training = Training {
            shape: [self.batch, data.channels(), data.height(), data.width()],
            tangent: method.may_hold_pattern() || self.measures.curvature,
            saves: self.architecture.unrolled || method.neumann_terms().is_some(),
        };
        let graph = method.supernet(&self.search_space()?, size)?;
        let weights = graph.parameter_count() as u64;
        let copies = |bytes: u64, made: bool| if made { weights.saturating_mul(bytes) } else { 0 };
        let (compares, series) = (method.freezing().is_some(), method.neumann_terms().is_some());
        let memory = SessionMemory::of(graph, data, device, training);
        Ok(SessionMemory {
            gradients: copies(OF_COMPARISON, compares).saturating_add(copies(OF_SERIES, series)),
            checkpoint: memory.checkpoint.saturating_add(copies(OF_KEPT_GRADIENT, compares)),
            ..memory
        })
    }
}
