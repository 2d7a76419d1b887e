//! Memory of a search, known before it starts.

use super::{SearchConfig, SearchError};
use crate::data::ImageData;
use crate::device::Device;
use crate::engine::{self, Bytes, Memory, Training};
use crate::graph::{Graph, NetworkSize};
use crate::method::Method;

/// Memory of a search in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchMemory {
    /// Memory of the engine: feature maps, gradients and the state that training changes.
    pub engine: Memory,
    /// Images, which are in memory before the search starts.
    pub images: u64,
    /// Batches that are made of the images.
    pub batches: u64,
    /// Copies of the state that a checkpoint is written from.
    pub checkpoint: u64,
}

impl SearchMemory {
    /// Returns the memory of the host that the search takes beside its images.
    #[must_use]
    pub fn host(&self) -> u64 {
        self.engine.host.saturating_add(self.batches).saturating_add(self.checkpoint)
    }
}

/// Batches that are in memory at once: those of a step, and those that are made for the next one.
const BATCHES: u64 = 4;
/// Bytes of a number of a batch.
const NUMBER: u64 = 4;
/// Bytes for each weight while a checkpoint is written: weights and momentum in double precision.
const OF_CHECKPOINT: u64 = 16;

impl SearchConfig {
    /// Estimates the memory of the search on a device. Nothing of that size is allocated.
    ///
    /// # Errors
    /// [`SearchError`] if the space is unknown, the network cannot be built, or the parts of the method do not go
    /// together.
    pub fn memory(&self, data: &ImageData, device: &Device) -> Result<SearchMemory, SearchError> {
        self.memory_with(&self.method.build(&self.search_space()?)?, data, device)
    }

    /// Estimates the memory of the search with a method that may have parts of an application.
    pub(super) fn memory_with(
        &self,
        method: &Method,
        data: &ImageData,
        device: &Device,
    ) -> Result<SearchMemory, SearchError> {
        let size = NetworkSize {
            channels: self.supernet.channels,
            cells: self.supernet.cells,
            image_channels: data.channels(),
            classes: data.classes().len(),
        };
        let graph = Graph::supernet(&self.search_space()?, size)?;
        let weights = graph.parameter_count() as u64;
        let training = Training {
            shape: [self.batch, data.channels(), data.height(), data.width()],
            tangent: method.may_hold_pattern() || self.measures.curvature,
            saves: self.architecture.unrolled,
        };
        let image: u64 = training.shape.iter().skip(1).map(|&side| side as u64).product();
        let images = (data.train_len() + data.valid_len()) as u64;
        Ok(SearchMemory {
            engine: engine::memory(graph, device, training),
            images: images.saturating_mul(image),
            batches: (self.batch as u64).saturating_mul(NUMBER * BATCHES).saturating_mul(image),
            checkpoint: weights.saturating_mul(OF_CHECKPOINT),
        })
    }
}

/// Checks that a process can have some memory, without keeping it.
///
/// # Errors
/// [`SearchError::Memory`] if it cannot.
pub(super) fn reserve(needed: u64) -> Result<(), SearchError> {
    let most = if cfg!(target_family = "wasm") { WASM } else { u64::MAX };
    let reserved = usize::try_from(needed).is_ok_and(|bytes| {
        // In a browser, memory that was reserved once is never given back.
        cfg!(target_family = "wasm") || Vec::<u8>::new().try_reserve_exact(bytes).is_ok()
    });
    if reserved && needed <= most { Ok(()) } else { Err(SearchError::Memory { needed: Bytes(needed) }) }
}

/// Memory of a WebAssembly module, less a reserve for the module itself.
const WASM: u64 = (4 << 30) - (128 << 20);
