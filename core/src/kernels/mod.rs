//! The supernet's own kernels.
//!
//! A network writes itself down as a plan: a list of few, large steps in an order in which all images of a batch
//! wait for one another only where batch statistics have to be taken. The kernels of a device run the plan forward and
//! backward by themselves, without recording a graph. The specification of every step is the form on tensors in
//! [`ops`](crate::ops) and [`supernet`](crate::supernet), which also runs where there are no kernels: at
//! [`Place::without_kernels`].

pub(crate) mod cpu;
#[cfg_attr(
    not(any(all(feature = "wgpu", not(target_family = "wasm")), all(feature = "webgpu", target_family = "wasm"))),
    path = "no_gpu.rs"
)]
pub(crate) mod gpu;
pub(crate) mod pass;
pub(crate) mod plan;

use crate::device::{Place, Processor};

/// Kernels launched on GPUs by this process so far, if a place's is one; `None` where nothing is launched, on the CPU, and where
/// nothing is counted, on tensors.
#[must_use]
pub fn launches(place: &Place) -> Option<u64> {
    matches!(place.processor(), Some(Processor::Gpu(_))).then(gpu::dispatches)
}
