//! The supernet's own kernels.
//!
//! A network writes itself down as a [`plan`]: a list of few, large steps in an order in which all images of a batch
//! wait for one another only where batch statistics have to be taken. The kernels of a device run the plan forward and
//! backward by themselves, without recording a graph. The specification of every step is the form on tensors in
//! [`ops`](crate::ops) and [`supernet`](crate::supernet), which also runs where there are no kernels.

mod bridge;
pub(crate) mod cpu;
#[cfg(all(feature = "wgpu", not(target_family = "wasm")))]
mod gpu;
pub(crate) mod plan;

pub(crate) use bridge::{Goal, Inputs, Kernels, Precision, Written};

use crate::device::Place;

/// Kernels launched on a place's device by this process so far; `None` where nothing is launched, on the CPU, and where
/// nothing is counted, on tensors.
#[must_use]
pub fn launches(place: &Place) -> Option<u64> {
    #[cfg(all(feature = "wgpu", not(target_family = "wasm")))]
    return place.gpu_backend().map(|_| gpu::dispatches());
    #[cfg(not(all(feature = "wgpu", not(target_family = "wasm"))))]
    {
        let _ = place;
        None
    }
}
