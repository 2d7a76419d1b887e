//! Engines: a graph on a device, with everything that training changes.
//!
//! An engine holds the weights ω, their gradient, their momentum and the running statistics of the batch norms, and
//! they stay on its device. [`pass`](trait.Engine.html#method.pass) runs a batch forward and, as far as [`Want`] asks,
//! backward; it adds a multiple of ∂L/∂ω to the gradient. A [`Pass`] borrows its engine, so that "again at another p"
//! and "derivative along a direction" cannot be asked of a pass that is gone. A Λ-DARTS step is three calls:
//!
//! ```text
//! let mut pass = engine.pass(input, Want { weights: 1.0, cells: true, tangent: true, .. });
//! pass.tangent(δ, −λ);                                // adds −λ · ∂Λ/∂ω to the gradient
//! engine.step(SgdStep { lr, momentum, decay, scale });
//! ```
//!
//! | engine | runs on |
//! |---|---|
//! | `cpu` | vectors and threads of the CPU; single precision, or double to check numbers with |
//! | `gpu` | WGSL kernels through wgpu |
//! | `reference` | Burn tensors with Burn's autodiff on any Burn device; the specification of the others |

mod choice;
mod cpu;
#[cfg(any(
    all(any(feature = "burn", feature = "wgpu"), not(target_family = "wasm")),
    all(feature = "webgpu", target_family = "wasm")
))]
mod difference;
mod error;
#[cfg(any(all(feature = "wgpu", not(target_family = "wasm")), all(feature = "webgpu", target_family = "wasm")))]
mod fallback;
#[cfg(any(all(feature = "wgpu", not(target_family = "wasm")), all(feature = "webgpu", target_family = "wasm")))]
pub(crate) mod gpu;
mod input;
mod mask;
mod memory;
pub(crate) mod named;
mod numbers;
mod pass;
mod paths;
mod plan;
#[cfg(all(feature = "burn", not(target_family = "wasm")))]
pub(crate) mod reference;
mod schedule;
mod state;
mod want;

use std::fmt::Debug;
use std::ops::Range;
use std::pin::Pin;

pub use choice::open;
pub use error::EngineError;
pub use input::{Draws, Input, Loss, Statistics};
pub use mask::{DropRates, Dropout, Mask};
pub use memory::{Bytes, Memory, Training, memory};
pub use named::NamedTensor;
pub use numbers::Numbers;
pub use pass::{Found, Pass};
pub use paths::Probes;
pub use state::{SgdStep, State, Traffic};
pub use want::{Reuse, TangentWant, Want};

pub(crate) use paths::Paths;
pub(crate) use plan::Plan;
pub(crate) use schedule::Stage;

use crate::graph::Graph;

/// Future of an engine: `Send` natively; in browsers, whose GPU belongs to one thread, not.
#[cfg(not(target_family = "wasm"))]
pub type Later<'a, T, E = EngineError> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'a>>;
/// Future of an engine: `Send` natively; in browsers, whose GPU belongs to one thread, not.
#[cfg(target_family = "wasm")]
pub type Later<'a, T, E = EngineError> = Pin<Box<dyn Future<Output = Result<T, E>> + 'a>>;

/// Graph on a device, with the state that training changes.
///
/// [`open`] makes one. Call [`pass`](#method.pass), [`Pass::again`] and [`Pass::tangent`] rather than the methods `run`
/// and `run_tangent`, which they use.
pub trait Engine: Debug + Send {
    /// Graph that is run.
    fn graph(&self) -> &Graph;

    /// Name of the device.
    fn device_name(&self) -> &str;

    /// Number of kernels that this engine has launched on a GPU so far; absent if it launches none.
    fn launches(&self) -> Option<u64> {
        None
    }

    /// Traffic with the engine's GPU so far; absent if there is none.
    fn traffic(&self) -> Option<Traffic> {
        None
    }

    /// Runs one pass; `reuse` tells what may be taken from the pass before.
    ///
    /// # Errors
    /// [`EngineError`] if the input does not fit the graph or the device fails.
    fn run<'e>(&'e mut self, input: Input<'e>, want: Want, reuse: Reuse) -> Later<'e, Found>;

    /// Derivative of the last pass, which wanted a tangent, as each cell's p moves along its `direction`, with the
    /// activation pattern held. Adds `want.weights` times the derivative of ∂L/∂ω to the gradient, and returns the
    /// derivative of each cell gradient if it is wanted.
    ///
    /// # Errors
    /// [`EngineError`] if the device fails, or the last pass wanted no tangent.
    fn run_tangent<'e>(
        &'e mut self,
        input: Input<'e>,
        direction: &'e [Vec<f64>],
        want: TangentWant,
    ) -> Later<'e, Vec<Vec<f64>>>;

    /// Euclidean norm of the gradient.
    ///
    /// # Errors
    /// [`EngineError`] if the device fails.
    fn gradient_norm(&mut self) -> Later<'_, f64>;

    /// Marks the gradient: [`gradient_norm_since_mark`](Self::gradient_norm_since_mark) compares a later one with it.
    ///
    /// # Errors
    /// [`EngineError`] if the device fails.
    fn mark_gradient(&mut self) -> Later<'_, ()>;

    /// Euclidean norm of the difference between the gradient and the marked one. The mark is spent: call it once after
    /// each [`mark_gradient`](Self::mark_gradient), within the same pass.
    ///
    /// # Errors
    /// [`EngineError`] if the device fails.
    fn gradient_norm_since_mark(&mut self) -> Later<'_, f64>;

    /// Sets the gradient to zero.
    ///
    /// # Errors
    /// [`EngineError`] if the device fails.
    fn clear_gradient(&mut self) -> Later<'_, ()>;

    /// SGD step with the gradient, which is zero afterwards.
    ///
    /// # Errors
    /// [`EngineError`] if the device fails.
    fn step(&mut self, step: SgdStep) -> Later<'_, ()>;

    /// Freezes ranges of ω, in the place of those before: their gradient is zero, whatever passes add to it, and a step
    /// leaves their weights as they are, without momentum and decay. Parts of a range beyond ω are left out.
    fn freeze(&mut self, ranges: &[Range<usize>]);

    /// Moves the running statistics a tenth of the way to those of the last pass that wanted its statistics kept. Those
    /// of candidates that the pass has not run stay.
    ///
    /// # Errors
    /// [`EngineError`] if the device fails.
    fn update_running(&mut self) -> Later<'_, ()>;

    /// Keeps a copy of weights, momentum and running statistics on the device.
    ///
    /// # Errors
    /// [`EngineError`] if the device fails.
    fn save(&mut self) -> Later<'_, ()>;

    /// Puts the copy that [`save`](Self::save) kept back; without one, nothing changes. The gradient stays.
    ///
    /// # Errors
    /// [`EngineError`] if the device fails.
    fn restore(&mut self) -> Later<'_, ()>;

    /// Sets the weights to the saved ones plus `by` times the gradient; without saved ones, nothing changes.
    ///
    /// # Errors
    /// [`EngineError`] if the device fails.
    fn displace(&mut self, by: f64) -> Later<'_, ()>;

    /// Brings a part of the state to the host.
    ///
    /// # Errors
    /// [`EngineError`] if the device fails.
    fn read(&mut self, state: State) -> Later<'_, Numbers>;

    /// Replaces a part of the state.
    ///
    /// # Errors
    /// [`EngineError::Length`] if there are more or fewer numbers than the graph has; [`EngineError`] if the device
    /// fails.
    fn write<'e>(&'e mut self, state: State, numbers: &'e Numbers) -> Later<'e, ()>;
}

impl dyn Engine + '_ {
    /// Runs a batch forward, and backward as far as `want` asks.
    ///
    /// # Errors
    /// [`EngineError`] if the input does not fit the graph or the device fails.
    pub async fn pass<'e>(&'e mut self, input: Input<'e>, want: Want) -> Result<Pass<'e>, EngineError> {
        let found = run(self, input, want, Reuse::Nothing).await?;
        Ok(Pass::new(self, input, found))
    }
}

/// Checks an input and runs it. The loss along a cotangent is taken here, for all engines.
async fn run(engine: &mut dyn Engine, input: Input<'_>, want: Want, reuse: Reuse) -> Result<Found, EngineError> {
    input.check(engine.graph(), want)?;
    let mut found = engine.run(input, want, reuse).await?;
    if let Loss::Cotangent(cotangent) = input.loss {
        found.loss = found.output.iter().zip(cotangent).map(|(y, &c)| y * f64::from(c)).sum();
    }
    Ok(found)
}

/// Name of the vector instructions that searches on this CPU use, such as `AVX-512`. Results do not depend on them.
#[must_use]
pub fn vector_instructions() -> &'static str {
    cpu::vector_instructions()
}

/// Initial state of an engine under a seed: PyTorch's initial weights, no momentum, running means 0 and variances 1.
///
/// # Errors
/// [`EngineError`] if the device fails.
pub async fn initialize(engine: &mut dyn Engine, seed: u64) -> Result<(), EngineError> {
    draw(engine, seed, 0).await
}

/// Initial state of an engine as [`initialize`] gives it, with weights of their own for each `number`.
pub(crate) async fn draw(engine: &mut dyn Engine, seed: u64, number: u64) -> Result<(), EngineError> {
    let weights = Numbers::Single(engine.graph().drawn_weights(seed, number));
    engine.write(State::Weights, &weights).await
}
