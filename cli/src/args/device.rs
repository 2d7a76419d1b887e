//! Flags of the device of a command that is no run.

use clap::Args;

use super::values::device_name;

// A doc comment here would become the help of commands.
#[derive(Args, Clone, Debug)]
pub(crate) struct DeviceArgs {
    /// Device to compute on, by the names that a search takes [default: auto]
    #[arg(long, value_name = "DEVICE", value_parser = device_name)]
    pub(crate) device: Option<String>,
    /// Number of threads that the CPU computes with [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) threads: Option<u16>,
}
