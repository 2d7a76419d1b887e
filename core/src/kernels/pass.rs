//! What all kernels are asked for and give back.

use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

use super::cpu::Real;
use super::plan::Plan;
use crate::device::{DeviceError, Place};

/// Which way ReLUs and max pools go. `K` is how a device writes it down.
#[derive(Debug)]
pub(crate) enum Keep<K> {
    /// Their own.
    Free,
    /// Their own, and written down. (The CPU leaves all gradients in place instead, so that it can take derivatives.)
    Record,
    /// As written down.
    Replay(#[cfg_attr(not(any(feature = "wgpu", feature = "webgpu")), expect(dead_code, reason = "GPUs do"))] Arc<K>),
}

/// What a device wrote down, for whoever keeps it without knowing the device.
pub(crate) type Written = Arc<dyn Any + Send + Sync>;

/// What the gradients are of.
pub(crate) enum Target<'a, T> {
    /// The cross-entropy with these labels.
    Labels(&'a [i64]),
    /// ⟨output, this⟩, `[batch, channels, height, width]`.
    Along(&'a [T]),
    /// Nothing: a forward pass.
    None,
}

/// Which gradients a pass is to find.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Wanted {
    pub(crate) weights: bool,
    pub(crate) cells: bool,
    pub(crate) image: bool,
}

/// One pass to run.
pub(crate) struct Request<'a, T> {
    pub(crate) omega: &'a [T],
    /// What each searched cell reads.
    pub(crate) p: &'a [Vec<T>],
    /// `[batch, channels, height, width]`.
    pub(crate) images: &'a [T],
    pub(crate) shape: [usize; 4],
    /// What was drawn for each of [`Plan::noises`].
    pub(crate) noise: &'a [Vec<T>],
    /// Running means and variances; those of the batch where there are none.
    pub(crate) running: Option<[&'a [T]; 2]>,
    /// The number of a pass with gradients whose batch and weights these are: what depends on no operation weight is
    /// taken from it, if it is still there.
    pub(crate) again: Option<u64>,
    pub(crate) wanted: Wanted,
    pub(crate) target: Target<'a, T>,
}

/// What a pass found.
#[derive(Debug)]
pub(crate) struct Found<T> {
    /// Its number, for [`Request::again`].
    pub(crate) pass: u64,
    /// Logits, or the output where there is no head, `[batch, …]`.
    pub(crate) output: Vec<T>,
    pub(crate) output_shape: [usize; 4],
    pub(crate) loss: f64,
    pub(crate) weights: Vec<T>,
    pub(crate) cells: Vec<T>,
    pub(crate) image: Vec<T>,
    /// Means and unbiased variances of all normalized channels.
    pub(crate) seen: [Vec<T>; 2],
}

/// What a pass found, with what it wrote down if it was to.
pub(crate) type Done<T, K> = Result<(Found<T>, Option<Arc<K>>), DeviceError>;

/// The kernels of a device with a plan and the buffers of its passes, which stay from pass to pass.
pub(crate) trait Engine: Debug + Send + Sized + 'static {
    type Number: Real;
    /// How it writes down which way ReLUs and max pools went.
    type Kept: Send + Sync + 'static;

    /// # Errors
    /// Where the place has no such device (any more).
    async fn new(place: &Place, plan: Arc<Plan>) -> Result<Self, DeviceError>;

    /// One pass.
    ///
    /// # Errors
    /// Where the device fails.
    async fn run(
        &mut self,
        request: Request<'_, Self::Number>,
        keep: &Keep<Self::Kept>,
    ) -> Done<Self::Number, Self::Kept>;
}
