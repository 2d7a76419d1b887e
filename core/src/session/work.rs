//! Work of a session: a search or a training.

use std::fmt::Debug;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::tensors::Tensors;
use super::{EventKind, Position, SessionError, SessionMemory, Settings, WorkData};
use crate::device::Device;
use crate::engine::{Later, Traffic};

/// State of a work that a checkpoint keeps.
pub trait SavedState: Clone + Debug + PartialEq + Serialize + DeserializeOwned {
    /// Tensors of the state, which a checkpoint stores apart from the rest.
    fn tensors(&mut self) -> &mut Tensors;
}

/// Work of a session, which takes steps and ends epochs: a search or a training.
pub trait Work: Debug + Send + Sized {
    /// Name of the kind of work, such as `search`.
    const KIND: &'static str;
    /// Settings of the work.
    type Config: Settings;
    /// Data that the work reads and does not change.
    type Data: WorkData;
    /// State that its steps change.
    type State: SavedState + Send;

    /// Loads the data of the work; `progress` is told how many of how many images have been read.
    ///
    /// # Errors
    /// [`SessionError`] if they cannot be used.
    fn load(config: &Self::Config, progress: &(dyn Fn(usize, usize) + Sync)) -> Result<Self::Data, SessionError>;

    /// Estimates the memory of the work on a device. Nothing of that size is allocated.
    ///
    /// # Errors
    /// [`SessionError`] if the network cannot be built.
    fn memory(config: &Self::Config, data: &Self::Data, device: &Device) -> Result<SessionMemory, SessionError>;

    /// Prepares the work; nothing is trained yet.
    ///
    /// # Errors
    /// [`SessionError`] if a setting is out of range, or the data do not fit.
    fn prepare(config: Self::Config, data: Arc<Self::Data>, device: &Device) -> Later<'_, Self, SessionError>;

    /// Settings.
    fn config(&self) -> &Self::Config;

    /// Data.
    fn data(&self) -> &Arc<Self::Data>;

    /// Name of the device.
    fn device_name(&self) -> &str;

    /// Number of steps in an epoch; the maximum, if the number depends on the steps.
    fn steps(&self) -> usize;

    /// True if the epoch at a position has no further step.
    fn is_end_of_epoch(&self, at: Position) -> bool {
        at.step == self.steps()
    }

    /// Number of weights of the network.
    fn weights(&self) -> usize;

    /// First event.
    fn start(&self) -> EventKind;

    /// Takes the step at a position.
    ///
    /// # Errors
    /// [`SessionError`] if a number is not finite or the device fails; the work is as it was before.
    fn step(&mut self, at: Position) -> Later<'_, EventKind, SessionError>;

    /// Ends the epoch at a position; true if the work ends with it.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    fn end_epoch(&mut self, at: Position) -> Later<'_, (EventKind, bool), SessionError>;

    /// Takes the next piece of work after the last epoch; `None` if nothing is left, as by default.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    fn finish(&mut self, _: Position) -> Later<'_, Option<EventKind>, SessionError> {
        Box::pin(std::future::ready(Ok(None)))
    }

    /// Last event.
    fn end(&self) -> EventKind;

    /// Returns the state, on the host.
    ///
    /// # Errors
    /// [`SessionError::Engine`] if the device fails.
    fn state(&mut self) -> Later<'_, Self::State, SessionError>;

    /// Restores a state that was taken at a position.
    ///
    /// # Errors
    /// [`SessionError::State`] if it is that of another work.
    fn restore(&mut self, state: Self::State, at: Position) -> Later<'_, (), SessionError>;

    /// Number of kernels launched on the device so far; absent on the CPU.
    fn launches(&self) -> Option<u64>;

    /// Traffic with the GPU so far; absent on the CPU.
    fn traffic(&self) -> Option<Traffic>;
}
