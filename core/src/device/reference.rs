//! Burn devices of the reference engine.

use burn::tensor::{DType, Device};

/// Burn device and the precision of the numbers on it.
#[derive(Clone, Debug)]
pub(crate) struct BurnDevice {
    device: Device,
    dtype: DType,
}

impl BurnDevice {
    pub(super) fn cpu() -> Self {
        Self { device: Device::flex(), dtype: DType::F32 }
    }

    pub(super) fn cpu_f64() -> Self {
        Self { device: Device::flex(), dtype: DType::F64 }
    }

    pub(crate) fn device(&self) -> &Device {
        &self.device
    }

    pub(crate) fn dtype(&self) -> DType {
        self.dtype
    }
}

/// Burn's device on an open GPU: it shares the wgpu device and queue.
#[cfg(feature = "wgpu")]
pub(super) fn on_gpu(gpu: &super::GpuDevice) -> Result<BurnDevice, super::DeviceError> {
    use super::DeviceError;

    let opened = pollster::block_on(gpu.open())?;
    if let Some(there) = opened.burn.get() {
        return Ok(there.clone());
    }
    let setup = burn::tensor::wgpu::WgpuSetup {
        instance: gpu.instance.clone(),
        adapter: gpu.adapter.clone(),
        device: opened.device.clone(),
        queue: opened.queue.clone(),
        backend: gpu.adapter.get_info().backend,
    };
    let made = Device::wgpu_options().setup(setup).init();
    let device =
        made.map_err(|error| DeviceError::Missing { name: gpu.name().to_owned(), reason: error.to_string() })?;
    Ok(opened.burn.get_or_init(|| BurnDevice { device, dtype: DType::F32 }).clone())
}
