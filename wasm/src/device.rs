//! The devices of a page: the CPU, and the GPU where this build and the browser have it.

use std::str::FromStr;

use lambda_darts::device::Place;
use serde::Serialize;

use crate::failure::Failure;

/// What a device is asked for by.
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
    /// What it is asked for by.
    #[cfg_attr(test, ts(inline))]
    pub(crate) device: DeviceName,
    /// What it calls itself.
    pub(crate) name: String,
}

/// Everything a search can run on here, the CPU first.
pub(crate) async fn list() -> Vec<DeviceInfo> {
    let info = |device, place: Place| DeviceInfo { device, name: place.name().to_owned() };
    let gpu = webgpu().await.ok().map(|place| info(DeviceName::WebGpu, place));
    std::iter::once(info(DeviceName::Cpu, Place::cpu())).chain(gpu).collect()
}

/// A device by its name.
pub(crate) async fn named(name: &str) -> Result<Place, Failure> {
    match name.parse()? {
        DeviceName::Cpu => Ok(Place::cpu()),
        DeviceName::WebGpu => webgpu().await,
    }
}

#[cfg(all(feature = "webgpu", target_family = "wasm"))]
async fn webgpu() -> Result<Place, Failure> {
    use lambda_darts::device::DeviceError;

    Place::webgpu().await.map_err(|error| match error {
        // The library's own message sends its reader to the command line.
        DeviceError::Missing { reason, .. } => Failure::NoWebGpu { reason },
        other => other.into(),
    })
}

#[cfg(not(all(feature = "webgpu", target_family = "wasm")))]
fn webgpu() -> std::future::Ready<Result<Place, Failure>> {
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
