//! Descriptions of devices.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Kind of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum DeviceKind {
    /// The CPU.
    #[serde(rename = "cpu")]
    Cpu,
    /// A GPU with memory of its own.
    #[serde(rename = "discrete gpu")]
    DiscreteGpu,
    /// A GPU that shares the processor's memory.
    #[serde(rename = "integrated gpu")]
    IntegratedGpu,
    /// A GPU of a virtual machine.
    #[serde(rename = "virtual gpu")]
    VirtualGpu,
    /// A driver that computes on the CPU.
    #[serde(rename = "software")]
    Software,
    /// Something else.
    #[serde(rename = "other")]
    Other,
}

impl fmt::Display for DeviceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Cpu => "cpu",
            Self::DiscreteGpu => "discrete gpu",
            Self::IntegratedGpu => "integrated gpu",
            Self::VirtualGpu => "virtual gpu",
            Self::Software => "software",
            Self::Other => "other",
        })
    }
}

/// Description of a device that a search can run on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeviceInfo {
    /// Name that [`Device::named`](super::Device::named) takes: `cpu`, or an API and an index, such as `vulkan:0`.
    pub backend: String,
    /// Name that the driver gives.
    pub name: String,
    /// Kind.
    pub kind: DeviceKind,
    /// Largest buffer in bytes; absent on the CPU, where memory is the limit.
    pub largest_buffer: Option<u64>,
    /// Storage buffers that a shader may use; absent on the CPU.
    pub storage_buffers: Option<u32>,
    /// PCI number of the vendor; absent on the CPU.
    pub vendor: Option<u32>,
    /// Reason for which the kernels cannot run on the device, if they cannot.
    pub limitation: Option<String>,
}

impl DeviceInfo {
    pub(super) fn cpu() -> Self {
        Self {
            backend: "cpu".to_owned(),
            name: "CPU".to_owned(),
            kind: DeviceKind::Cpu,
            largest_buffer: None,
            storage_buffers: None,
            vendor: None,
            limitation: None,
        }
    }
}
