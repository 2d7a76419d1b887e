//! Faults of devices.

/// Device that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// No device has this name.
    #[error(
        "unknown device `{name}`; known are auto, cpu, vulkan, metal, dx12, and a GPU as vulkan:1 or vulkan:nvidia"
    )]
    Unknown {
        /// Name that was asked for.
        name: String,
    },
    /// The device was there and no longer answers.
    #[error("the device failed: {reason}")]
    Lost {
        /// Message of the driver.
        reason: String,
    },
    /// The device has no memory, or no buffers, of the size that a network needs.
    #[error("the device has no room: {reason}")]
    NoRoom {
        /// Part that was too large.
        reason: String,
    },
    /// The device exists in principle, but not here.
    #[error("no {name} device: {reason}")]
    Missing {
        /// Name that was asked for.
        name: String,
        /// Message of the driver.
        reason: String,
    },
}
