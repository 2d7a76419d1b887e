//! Memory of an engine, known before it is opened.

use std::fmt;

use super::Plan;
use crate::device::{Device, Processor};
use crate::graph::Graph;

/// Training that an engine is to do, as far as its memory depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Training {
    /// Shape of the batches, `[images, channels, height, width]`.
    pub shape: [usize; 4],
    /// True if passes want a tangent.
    pub tangent: bool,
    /// True if weights and momentum are saved and restored, as the unrolled step does.
    pub saves: bool,
}

/// Memory in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Memory of the host.
    pub host: u64,
    /// Memory of the GPU; on a machine whose GPU has none of its own, a part of the host's.
    pub gpu: u64,
}

/// A number of bytes, shown in MiB or GiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes(pub u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[expect(clippy::cast_precision_loss, reason = "a few digits are shown")]
        let mib = self.0 as f64 / 1_048_576.0;
        if mib < 1000.0 { write!(f, "{mib:.0} MiB") } else { write!(f, "{:.1} GiB", mib / 1024.0) }
    }
}

/// Estimates the memory of an engine on a device.
///
/// The estimate goes through the buffers of the passes. Burn's tensors, which check the other engines, are taken to need
/// twice what the CPU's kernels need.
#[must_use]
pub fn memory(graph: Graph, device: &Device, training: Training) -> Memory {
    let plan = Plan::new(graph);
    match device.processor() {
        Processor::Cpu => Memory { host: super::cpu::memory(&plan, training, 4), gpu: 0 },
        #[cfg(not(target_family = "wasm"))]
        Processor::CpuDouble => Memory { host: super::cpu::memory(&plan, training, 8), gpu: 0 },
        #[cfg(any(
            all(feature = "wgpu", not(target_family = "wasm")),
            all(feature = "webgpu", target_family = "wasm")
        ))]
        Processor::Gpu(_) => Memory { host: 0, gpu: super::gpu::memory(&plan, training) },
        #[cfg(all(feature = "burn", not(target_family = "wasm")))]
        Processor::Reference(_) => Memory { host: super::cpu::memory(&plan, training, 8), gpu: 0 },
    }
}
