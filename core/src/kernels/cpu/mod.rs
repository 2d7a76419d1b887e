//! The kernels of the CPU.
//!
//! A batch is cut into groups of images whose feature maps fit the caches, and groups are dealt to lanes, which work in
//! parallel. How a batch is cut depends on its size alone, and sums over groups and lanes are taken in their order: the
//! same numbers come out whatever the number of threads.

// What is not inlined into the function that the instructions were chosen for is compiled without them.
#![expect(clippy::inline_always, reason = "see above")]

mod context;
mod conv;
mod derivative;
mod engine;
mod frame;
mod group;
mod head;
mod norm;
mod plane;
mod pool;
mod product;
mod real;
mod side;
mod simd;
mod stage;
mod sum;

pub(crate) use engine::Engine;
pub(crate) use real::Real;
