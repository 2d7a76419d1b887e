//! Memory of a search or a training, known before it starts.

use super::SessionError;
use crate::data::ImageData;
use crate::device::Device;
use crate::engine::{self, Bytes, Memory, Training};
use crate::graph::Graph;

/// Memory of a session in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionMemory {
    /// Memory of the engine: feature maps, gradients and the state that training changes.
    pub engine: Memory,
    /// Images, which are in memory before the session starts.
    pub images: u64,
    /// Batches that are made of the images.
    pub batches: u64,
    /// Copies of the weights' gradient that a method makes on the host in a step.
    pub gradients: u64,
    /// Copies of the state that a checkpoint is written from.
    pub checkpoint: u64,
}

/// Batches that are in memory at once: those of a step, and those that are made for the next one.
const BATCHES: u64 = 4;
/// Bytes of a number of a batch.
const NUMBER: u64 = 4;
/// Bytes for each weight while a checkpoint is written: weights and momentum in double precision.
const OF_CHECKPOINT: u64 = 16;

impl SessionMemory {
    /// Memory of the training of a graph on some images.
    pub(crate) fn of(graph: Graph, data: &ImageData, device: &Device, training: Training) -> Self {
        let weights = graph.parameter_count() as u64;
        let [batch, sides @ ..] = training.shape;
        let image: u64 = sides.iter().map(|&side| side as u64).product();
        let images = (data.train_len() + data.valid_len()) as u64;
        Self {
            engine: engine::memory(graph, device, training),
            images: images.saturating_mul(image),
            batches: (batch as u64).saturating_mul(NUMBER * BATCHES).saturating_mul(image),
            gradients: 0,
            checkpoint: weights.saturating_mul(OF_CHECKPOINT),
        }
    }

    /// Memory that is enough for either of two networks in the same session.
    pub(crate) fn larger(self, other: Self) -> Self {
        let engine =
            Memory { host: self.engine.host.max(other.engine.host), gpu: self.engine.gpu.max(other.engine.gpu) };
        Self {
            engine,
            images: self.images.max(other.images),
            batches: self.batches.max(other.batches),
            gradients: self.gradients.max(other.gradients),
            checkpoint: self.checkpoint.max(other.checkpoint),
        }
    }

    /// Returns the memory of the host that the session takes beside its images.
    #[must_use]
    pub fn host(&self) -> u64 {
        [self.batches, self.gradients, self.checkpoint].into_iter().fold(self.engine.host, u64::saturating_add)
    }
}

/// Checks that a process can have some memory, without keeping it.
///
/// # Errors
/// [`SessionError::Memory`] if it cannot.
pub(crate) fn reserve(needed: u64) -> Result<(), SessionError> {
    let most = if cfg!(target_family = "wasm") { WASM } else { u64::MAX };
    let reserved = usize::try_from(needed).is_ok_and(|bytes| {
        // In a browser, memory that was reserved once is never given back.
        cfg!(target_family = "wasm") || Vec::<u8>::new().try_reserve_exact(bytes).is_ok()
    });
    if reserved && needed <= most { Ok(()) } else { Err(SessionError::Memory { needed: Bytes(needed) }) }
}

/// Memory of a WebAssembly module, less a reserve for the module itself.
const WASM: u64 = (4 << 30) - (128 << 20);
