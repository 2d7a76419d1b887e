//! The kernels of GPUs, in WGSL through wgpu. The specification is the kernels of the CPU, [`cpu`](super::cpu).
//!
//! A pass is a list of small pieces of work of sixteen kinds, each with what it waits for. All that is ready of one kind
//! is one dispatch. What a pass needs lies in a few buffers, whose parts are dealt out beforehand.

mod answer;
mod backward;
mod device;
mod engine;
mod forward;
mod program;
mod shader;
#[cfg(test)]
mod tests;

pub(crate) use device::dispatches;
pub(crate) use engine::Engine;
