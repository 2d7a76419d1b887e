//! `devices`: the devices of this machine that a search can run on.

use std::io::{Write, stderr};
use std::path::Path;

use lambda_darts::device::Device;

use crate::args::DevicesArgs;
use crate::failure::Failure;
use crate::output::print;
use crate::undriven::undriven;

pub(crate) fn run(args: &DevicesArgs) -> Result<(), Failure> {
    let found = Device::list();
    let driven: Vec<u32> = found.iter().filter_map(|device| device.vendor).collect();
    for sentence in undriven(Path::new("/sys"), Path::new("/dev"), &driven) {
        // If stderr is closed, the sentence cannot be shown.
        let _ = writeln!(stderr(), "{sentence}");
    }
    if args.json {
        return print(&serde_json::json!(found).to_string());
    }
    for device in found {
        let bytes = device.largest_buffer.map(|bytes| format!(", buffers up to {} MiB", bytes >> 20));
        let buffers = device.storage_buffers.map(|buffers| format!(", {buffers} storage buffers a shader"));
        print(&format!(
            "{:<8} {:<15} {}{}{}{}",
            device.backend,
            device.kind,
            device.name,
            bytes.unwrap_or_default(),
            buffers.unwrap_or_default(),
            device.limitation.map(|why| format!("; the kernels cannot run on it: {why}")).unwrap_or_default(),
        ))?;
    }
    Ok(())
}
