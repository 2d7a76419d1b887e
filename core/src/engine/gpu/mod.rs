//! Engine of GPUs: WGSL kernels through wgpu.
//!
//! A pass is a list of small pieces of work of sixteen kinds, each with the work that it waits for. All pieces of one
//! kind that are ready are one dispatch. The numbers of a pass lie in a few buffers, whose parts are allocated
//! beforehand. Weights, gradient, momentum and running statistics lie in one more buffer, and stay there: a step brings
//! two batches and p to the device, and losses, cell gradients and a norm back.

mod answer;
mod backward;
mod buffers;
mod device;
mod engine;
mod forward;
mod masks;
mod memory;
mod pace;
mod program;
mod shader;
mod state;
#[cfg(test)]
mod tests;

pub(crate) use engine::GpuEngine;
pub(super) use memory::bytes as memory;
