//! Memory of a search, known before it starts.

use super::{SearchConfig, SessionError, SessionMemory};
use crate::data::ImageData;
use crate::device::Device;
use crate::engine::Training;
use crate::graph::{Graph, NetworkSize};
use crate::method::Method;

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
        Ok(SessionMemory::of(Graph::supernet(&self.search_space()?, size)?, data, device, training))
    }
}
