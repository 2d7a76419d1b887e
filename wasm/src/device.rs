//! The devices of a page: the CPU, and the GPU if this build and the browser support it.

use std::str::FromStr;

use lambda_darts::device::Device;
use serde::Serialize;

use crate::failure::Failure;

/// Name that selects a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub(crate) enum DeviceName {
    Cpu,
    WebGpu,
}

impl FromStr for DeviceName {
    type Err = Failure;

    fn from_str(name: &str) -> Result<Self, Failure> {
        match name {
            "cpu" => Ok(Self::Cpu),
            "webgpu" => Ok(Self::WebGpu),
            _ => Err(Failure::UnknownDevice { name: name.chars().take(64).collect() }),
        }
    }
}

/// A device that a search can run on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct DeviceInfo {
    /// Name that selects the device.
    #[cfg_attr(test, ts(inline))]
    pub(crate) device: DeviceName,
    /// Name that the device reports.
    pub(crate) name: String,
}

/// Returns the devices that a search can run on, the CPU first.
pub(crate) async fn list() -> Vec<DeviceInfo> {
    let info = |which, device: &Device| DeviceInfo { device: which, name: device.name().to_owned() };
    let gpu = webgpu().await.ok().map(|gpu| info(DeviceName::WebGpu, &gpu));
    std::iter::once(info(DeviceName::Cpu, &Device::cpu())).chain(gpu).collect()
}

/// Returns a device by its name.
pub(crate) async fn named(name: &str) -> Result<Device, Failure> {
    match name.parse()? {
        DeviceName::Cpu => Ok(Device::cpu()),
        DeviceName::WebGpu => webgpu().await,
    }
}

#[cfg(all(feature = "webgpu", target_family = "wasm"))]
async fn webgpu() -> Result<Device, Failure> {
    use lambda_darts::device::DeviceError;

    Device::webgpu().await.map_err(|error| match error {
        // The message of the library gives advice for the command line, which is of no use in a page.
        DeviceError::Missing { reason, .. } => Failure::NoWebGpu { reason },
        other => other.into(),
    })
}

#[cfg(not(all(feature = "webgpu", target_family = "wasm")))]
fn webgpu() -> std::future::Ready<Result<Device, Failure>> {
    std::future::ready(Err(Failure::NoWebGpu { reason: "this build is for the CPU alone".to_owned() }))
}

#[cfg(test)]
mod tests {
    use pollster::block_on;

    use super::*;

    #[test]
    fn the_cpu_is_always_there() {
        let found = block_on(list());
        assert_eq!(found, [DeviceInfo { device: DeviceName::Cpu, name: "CPU".to_owned() }]);
        assert_eq!(serde_json::to_string(&found).unwrap(), r#"[{"device":"cpu","name":"CPU"}]"#);
        assert_eq!(serde_json::to_string(&DeviceName::WebGpu).unwrap(), r#""webgpu""#);
        assert_eq!(block_on(named("cpu")).unwrap().name(), "CPU");
    }

    #[test]
    fn what_is_not_there_is_said() {
        let message = |name| block_on(named(name)).unwrap_err().to_string();
        assert!(message("vulkan").contains("`vulkan`; known are cpu and webgpu"), "{}", message("vulkan"));
        assert!(message("webgpu").starts_with("no WebGPU: this build"), "{}", message("webgpu"));
    }
}
