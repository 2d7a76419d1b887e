//! Flags of a run beside its settings.

use clap::Args;

use super::values::device_name;

// A doc comment here would become the help of commands.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct RunArgs {
    /// Device to run on: auto, cpu, vulkan, metal or dx12; vulkan:1 is the second GPU of an API, vulkan:nvidia one with
    /// this text in its name; auto is the CPU [default: auto]
    #[arg(long, value_name = "DEVICE", value_parser = device_name)]
    pub(crate) device: Option<String>,
    /// Save a checkpoint at least every N minutes, and at the end of every epoch [default: 10]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) checkpoint_minutes: Option<u32>,
    /// Print only warnings and the result
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// Number of threads that the CPU computes with [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) threads: Option<u16>,
    /// Also write the numbers of every step and epoch for TensorBoard, into the folder tensorboard of the run
    #[arg(long)]
    pub(crate) tensorboard: bool,
}
