//! Engine of a device.

use super::cpu::CpuEngine;
use super::{Engine, EngineError, Later};
use crate::device::{Device, Processor};
use crate::graph::Graph;

/// Opens a graph on a device. All weights are zero at first; [`initialize`](super::initialize) or
/// [`Engine::write`](super::Engine::write) sets them.
///
/// A GPU that has no memory for a batch is left, with a warning: the CPU computes instead. One that has no memory for the
/// weights is an error.
///
/// # Errors
/// [`EngineError::Device`] if the device is gone.
#[must_use = "nothing is opened before it is awaited"]
pub fn open(graph: Graph, device: &Device) -> Later<'_, Box<dyn Engine>> {
    // In a box: the code of an `async fn` is generated in the crate that awaits it, and with it all kernels.
    Box::pin(open_on(graph, device))
}

async fn open_on(graph: Graph, device: &Device) -> Result<Box<dyn Engine>, EngineError> {
    match device.processor() {
        Processor::Cpu => Ok(Box::new(CpuEngine::<f32>::new(graph))),
        #[cfg(not(target_family = "wasm"))]
        Processor::CpuDouble => Ok(Box::new(CpuEngine::<f64>::new(graph))),
        #[cfg(any(
            all(feature = "wgpu", not(target_family = "wasm")),
            all(feature = "webgpu", target_family = "wasm")
        ))]
        Processor::Gpu(gpu) => {
            Ok(Box::new(super::fallback::WithFallback::new(super::gpu::GpuEngine::open(graph, gpu).await?)))
        }
        #[cfg(all(feature = "burn", not(target_family = "wasm")))]
        Processor::Reference(burn) => {
            Ok(Box::new(super::reference::ReferenceEngine::new(graph, burn.clone(), device.name())))
        }
    }
}
