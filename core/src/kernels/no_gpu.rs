//! No kernels of GPUs: built without.

use std::sync::Arc;

use super::pass::{self, Done, Keep, Request};
use super::plan::Plan;
use crate::device::{DeviceError, Place};

/// There is none.
#[derive(Debug)]
pub(crate) enum Engine {}

impl Engine {
    pub(crate) async fn fit(&mut self, _: [usize; 4]) -> Result<(), DeviceError> {
        match *self {}
    }
}

impl pass::Engine for Engine {
    type Number = f32;
    type Kept = ();

    async fn new(place: &Place, _: Arc<Plan>) -> Result<Self, DeviceError> {
        Err(DeviceError::Lost { reason: format!("{} has no kernels", place.name()) })
    }

    async fn run(&mut self, _: Request<'_, f32>, _: &Keep<()>) -> Done<f32, ()> {
        match *self {}
    }
}

pub(crate) fn dispatches() -> u64 {
    0
}
