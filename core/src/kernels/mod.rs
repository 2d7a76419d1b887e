//! The supernet's own kernels.
//!
//! A network writes itself down as a plan: a list of few, large steps in an order in which all images of a batch
//! wait for one another only where batch statistics have to be taken. The kernels of a device run the plan forward and
//! backward by themselves, without recording a graph. The specification of every step is the form on tensors in
//! [`ops`](crate::ops) and [`supernet`](crate::supernet), which also runs where there are no kernels: on GPUs, so far, and
//! at [`Place::without_kernels`].

pub(crate) mod cpu;
pub(crate) mod plan;

use crate::device::Place;

/// Kernels launched on a place's device by this process so far; `None` where nothing is launched, on the CPU.
#[must_use]
pub fn launches(_place: &Place) -> Option<u64> {
    None
}
