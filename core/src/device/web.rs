//! The browser's GPU.

use std::cell::RefCell;

use burn::tensor::{DType, Device, DeviceKind};

use super::{DeviceError, Place};

thread_local! {
    /// A device can be set up once; a worker has one thread.
    static KNOWN: RefCell<Option<Place>> = const { RefCell::new(None) };
}

pub(super) async fn place() -> Result<Place, DeviceError> {
    if let Some(known) = KNOWN.with_borrow(Clone::clone) {
        return Ok(known);
    }
    let options = Device::wgpu_options().device_kind(DeviceKind::DefaultDevice);
    let (device, setup) = options
        .init_with_setup_async()
        .await
        .map_err(|error| DeviceError::Missing { name: "webgpu".to_owned(), reason: error.to_string() })?;
    let info = setup.adapter.get_info();
    let name = if info.name.is_empty() { "WebGPU".to_owned() } else { format!("{} (WebGPU)", info.name) };
    let place = Place { device, dtype: DType::F32, name, processor: None };
    KNOWN.set(Some(place.clone()));
    Ok(place)
}
