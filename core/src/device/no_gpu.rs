//! No GPU that can be asked for by name: built without `wgpu`, or for a browser, where a page asks asynchronously.

use super::{DeviceError, Found, Place};

pub(super) fn list() -> Vec<Found> {
    Vec::new()
}

pub(super) fn named(name: &str) -> Result<Place, DeviceError> {
    Err(DeviceError::Missing { name: name.to_owned(), reason: "built without the feature `wgpu`".to_owned() })
}

#[cfg(not(target_family = "wasm"))]
pub(super) fn tensors(api: &'static str) -> Result<Place, DeviceError> {
    named(api)
}
