//! Engine of the CPU, on its vectors and threads.
//!
//! A batch is cut into groups of images whose feature maps fit the caches, and groups are assigned to shards, which run
//! in parallel. The cut depends on the network and the shape of the batch, and sums over groups and shards are taken in
//! their order, so that results do not depend on the number of threads. (Browsers cut derived networks like supernets.)

// A function that is not inlined into the one with vector instructions is compiled without them.
#![expect(clippy::inline_always, reason = "see above")]

mod component;
mod context;
mod conv;
mod engine;
mod frame;
mod group;
mod head;
mod matrix;
mod memory;
mod norm;
mod pass;
mod plane;
mod pool;
mod product;
mod real;
mod rounds;
mod simd;
mod stage;
mod sum;
mod tangent;
mod vector;

pub(crate) use engine::CpuEngine;
pub(super) use memory::bytes as memory;
pub(crate) use real::Real;
pub(super) use simd::vector_instructions;

/// Applies `work` to all items, in parallel if there are threads; results are in the order of the items.
#[cfg(not(target_family = "wasm"))]
fn each<I: Send, R: Send>(items: &mut [I], work: impl Fn(&mut I) -> R + Sync + Send) -> Vec<R> {
    use rayon::prelude::*;
    items.par_iter_mut().with_max_len(1).map(work).collect()
}

#[cfg(target_family = "wasm")]
fn each<I, R>(items: &mut [I], work: impl Fn(&mut I) -> R) -> Vec<R> {
    items.iter_mut().map(work).collect()
}
