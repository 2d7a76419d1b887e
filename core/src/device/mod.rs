//! Devices: the CPU, and GPUs through wgpu, by API, index and name.
//!
//! ```
//! use lambda_darts::device::Device;
//!
//! assert_eq!(Device::cpu().name(), "CPU");
//! for info in Device::list() {
//!     println!("{}: {} ({})", info.backend, info.name, info.kind);
//! }
//! ```

mod error;
#[cfg(any(all(feature = "wgpu", not(target_family = "wasm")), all(feature = "webgpu", target_family = "wasm")))]
mod gpu;
mod info;
#[cfg(all(feature = "wgpu", not(target_family = "wasm")))]
mod native;
#[cfg(all(feature = "burn", not(target_family = "wasm")))]
mod reference;
#[cfg(all(feature = "webgpu", target_family = "wasm"))]
mod web;

pub use error::DeviceError;
pub use info::{DeviceInfo, DeviceKind};

#[cfg(any(all(feature = "wgpu", not(target_family = "wasm")), all(feature = "webgpu", target_family = "wasm")))]
pub(crate) use gpu::{GpuDevice, OpenGpu, STORAGE_BUFFERS, wgpu};
#[cfg(all(feature = "burn", not(target_family = "wasm")))]
pub(crate) use reference::BurnDevice;

/// Device that an engine runs on.
#[derive(Clone, Debug)]
pub struct Device {
    processor: Processor,
    name: String,
}

/// Engine and hardware of a device.
#[derive(Clone, Debug)]
pub(crate) enum Processor {
    /// The CPU in single precision.
    Cpu,
    /// The CPU in double precision; left out of pages, whose module is small.
    #[cfg(not(target_family = "wasm"))]
    CpuDouble,
    /// A GPU, in single precision.
    #[cfg(any(all(feature = "wgpu", not(target_family = "wasm")), all(feature = "webgpu", target_family = "wasm")))]
    Gpu(std::sync::Arc<GpuDevice>),
    /// Burn tensors.
    #[cfg(all(feature = "burn", not(target_family = "wasm")))]
    Reference(BurnDevice),
}

impl Device {
    /// The CPU in single precision.
    #[must_use]
    pub fn cpu() -> Self {
        Self { processor: Processor::Cpu, name: "CPU".to_owned() }
    }

    /// The CPU in double precision: slower, for checking numbers. Not in browsers.
    #[cfg(not(target_family = "wasm"))]
    #[must_use]
    pub fn cpu_f64() -> Self {
        Self { processor: Processor::CpuDouble, name: "CPU".to_owned() }
    }

    /// A device by its name.
    ///
    /// | name | device |
    /// |---|---|
    /// | `auto` | the fastest one that is known to be so: the CPU |
    /// | `cpu` | the CPU |
    /// | `vulkan`, `metal`, `dx12` | the best GPU of that API; software drivers count |
    /// | `vulkan:1` | the second GPU of that API, in the order of [`list`](Self::list) |
    /// | `vulkan:nvidia` | the first GPU of that API with `nvidia` in its name |
    ///
    /// # Errors
    /// [`DeviceError`] if the name is not known or no such device is here.
    pub fn named(name: &str) -> Result<Self, DeviceError> {
        let (api, which) = name.split_once(':').map_or((name, None), |(api, which)| (api, Some(which)));
        match (api, which) {
            ("auto" | "cpu", None) => Ok(Self::cpu()),
            #[cfg(all(feature = "wgpu", not(target_family = "wasm")))]
            ("vulkan" | "metal" | "dx12", which) => native::open(api, which),
            #[cfg(not(all(feature = "wgpu", not(target_family = "wasm"))))]
            ("vulkan" | "metal" | "dx12", _) => Err(DeviceError::Missing {
                name: api.to_owned(),
                reason: "built without the feature `wgpu`".to_owned(),
            }),
            _ => Err(DeviceError::Unknown { name: name.chars().take(64).collect() }),
        }
    }

    /// The browser's GPU.
    ///
    /// # Errors
    /// [`DeviceError::Missing`] if the browser has no adapter for this page.
    #[cfg(all(feature = "webgpu", target_family = "wasm"))]
    pub async fn webgpu() -> Result<Self, DeviceError> {
        web::open().await
    }

    /// Lists all devices that are found, the CPU first.
    #[must_use]
    pub fn list() -> Vec<DeviceInfo> {
        let devices = vec![DeviceInfo::cpu()];
        #[cfg(all(feature = "wgpu", not(target_family = "wasm")))]
        let devices = devices.into_iter().chain(native::list()).collect();
        devices
    }

    /// Same device with the reference engine: Burn tensors and Burn's autodiff, slower than the engines that are held
    /// against it. Not in browsers.
    ///
    /// # Errors
    /// [`DeviceError`] if Burn cannot use the GPU.
    #[cfg(all(feature = "burn", not(target_family = "wasm")))]
    pub fn reference(self) -> Result<Self, DeviceError> {
        let burn = match &self.processor {
            Processor::Cpu => BurnDevice::cpu(),
            Processor::CpuDouble => BurnDevice::cpu_f64(),
            #[cfg(feature = "wgpu")]
            Processor::Gpu(gpu) => reference::on_gpu(gpu)?,
            Processor::Reference(burn) => burn.clone(),
        };
        Ok(Self { processor: Processor::Reference(burn), name: self.name })
    }

    /// Burn's device on the same hardware. A GPU's shares its wgpu device and queue with the engine, so that an
    /// application's tensors and a search live side by side.
    ///
    /// # Errors
    /// [`DeviceError`] if Burn cannot use the GPU.
    #[cfg(all(feature = "burn", not(target_family = "wasm")))]
    pub fn burn(&self) -> Result<burn::tensor::Device, DeviceError> {
        match self.clone().reference()?.processor {
            Processor::Reference(burn) => Ok(burn.device().clone()),
            _ => Err(DeviceError::Lost { reason: "it has no Burn device".to_owned() }),
        }
    }

    /// Name that the driver gives.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// True if the device is a GPU with kernels of ours.
    #[must_use]
    pub fn is_gpu(&self) -> bool {
        #[cfg(not(target_family = "wasm"))]
        let double = matches!(self.processor, Processor::CpuDouble);
        #[cfg(target_family = "wasm")]
        let double = false;
        !matches!(self.processor, Processor::Cpu) && !double && !self.is_reference()
    }

    fn is_reference(&self) -> bool {
        #[cfg(all(feature = "burn", not(target_family = "wasm")))]
        return matches!(self.processor, Processor::Reference(_));
        #[cfg(not(all(feature = "burn", not(target_family = "wasm"))))]
        false
    }

    /// Engine and hardware.
    pub(crate) fn processor(&self) -> &Processor {
        &self.processor
    }
}
