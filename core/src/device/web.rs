//! The browser's GPU.

use burn::tensor::{DType, Device};
pub(crate) use wgpu;

use super::{DeviceError, Place, Processor, can_run};

fn missing(reason: String) -> DeviceError {
    DeviceError::Missing { name: "webgpu".to_owned(), reason }
}

/// The adapter that the browser chooses. A device can be had of it once.
pub(crate) async fn adapter(_: &str) -> Result<wgpu::Adapter, DeviceError> {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    descriptor.backends = wgpu::Backends::BROWSER_WEBGPU;
    let options = wgpu::RequestAdapterOptions {
        power_preference: wgpu::PowerPreference::HighPerformance,
        ..wgpu::RequestAdapterOptions::default()
    };
    wgpu::Instance::new(descriptor).request_adapter(&options).await.map_err(|error| missing(error.to_string()))
}

pub(super) async fn place() -> Result<Place, DeviceError> {
    let adapter = adapter("webgpu").await?;
    if !can_run(&adapter.limits()) {
        return Err(missing("its shaders have too few storage buffers or threads".to_owned()));
    }
    let name = adapter.get_info().name;
    let name = if name.is_empty() { "WebGPU".to_owned() } else { format!("{name} (WebGPU)") };
    Ok(Place { device: Device::flex(), dtype: DType::F32, name, processor: Some(Processor::Gpu("webgpu")) })
}
