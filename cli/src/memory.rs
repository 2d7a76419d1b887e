//! Memory of this process: what it has used, what it can still have, and whether a search fits.

use std::sync::Arc;

use lambda_darts::data::SearchData;
use lambda_darts::device::Device;
use lambda_darts::search::{SearchConfig, SearchError};
use sysinfo::{MemoryRefreshKind, RefreshKind, System};

use crate::failure::Failure;

/// Makes an allocation that fails an error with exit code 1: the library of Rust says how large it was and aborts.
#[cfg(unix)]
pub(crate) fn end_without_core() -> std::io::Result<()> {
    let always = Arc::new(std::sync::atomic::AtomicBool::new(true));
    signal_hook::flag::register_conditional_shutdown(signal_hook::consts::SIGABRT, 1, always).map(drop)
}

/// Refuses a search that needs more memory than is free.
pub(crate) fn check(config: &SearchConfig, data: &Arc<SearchData>, device: &Device) -> Result<(), Failure> {
    let needed = config.memory(data, device)?.host();
    let free = free();
    if needed <= free {
        return Ok(());
    }
    let advice = advice(config, data, device, free)?;
    Err(Failure::Memory { needed: bytes(needed), free: bytes(free), advice })
}

/// Says which setting makes the search fit.
fn advice(config: &SearchConfig, data: &SearchData, device: &Device, free: u64) -> Result<String, SearchError> {
    let fits = |config: &SearchConfig| Ok::<_, SearchError>(config.memory(data, device)?.host() <= free);
    let mut smaller = config.clone();
    while smaller.batch >= 2 * SMALLEST_BATCH {
        smaller.batch /= 2;
        if fits(&smaller)? {
            return Ok(format!("--batch {} would fit", smaller.batch));
        }
    }
    while smaller.supernet.channels >= 2 {
        smaller.supernet.channels /= 2;
        if fits(&smaller)? {
            return Ok(format!("--batch {} with --channels {} would fit", smaller.batch, smaller.supernet.channels));
        }
    }
    Ok("lower --channels, --cells, --size or --batch".to_owned())
}

/// Smallest batch that the advice names; batch norms need some images.
const SMALLEST_BATCH: usize = 8;

/// Returns the bytes that this process can still have: of the machine, of its container, and of its own limit.
fn free() -> u64 {
    let what = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    let system = System::new_with_specifics(what);
    let of_container = system.cgroup_limits().map_or(u64::MAX, |limits| limits.free_memory);
    system.available_memory().min(of_container).min(of_limit())
}

/// Returns what the limit of the process's addresses leaves (`ulimit -v`).
#[cfg(unix)]
fn of_limit() -> u64 {
    use nix::sys::resource::{Resource, getrlimit};

    let (limit, _) = getrlimit(Resource::RLIMIT_AS).unwrap_or((u64::MAX, u64::MAX));
    let used = std::fs::read_to_string("/proc/self/status").ok().and_then(|text| kib(&text, "VmSize:"));
    limit.saturating_sub(used.map_or(0, |kib| kib * 1024))
}

#[cfg(not(unix))]
fn of_limit() -> u64 {
    u64::MAX
}

/// Formats a number of bytes in MiB or GiB.
pub(crate) fn bytes(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
    let mib = bytes as f64 / 1_048_576.0;
    if mib < 1000.0 { format!("{mib:.0} MiB") } else { format!("{:.1} GiB", mib / 1024.0) }
}

/// Returns a number of KiB from the status file of Linux.
fn kib(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// Returns the peak memory of this process in MiB, if the system reports it.
pub(crate) fn peak_rss_mib() -> Option<f64> {
    // On Linux, `getrusage` also counts the memory of the process that started this one; the status file does not.
    status().or_else(usage)
}

/// Reads the peak memory from the status file of Linux.
fn status() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    #[expect(clippy::cast_precision_loss, reason = "memory is far below 2^53 bytes")]
    let peak = kib(&text, "VmHWM:")? as f64;
    Some(peak / 1024.0)
}

#[cfg(unix)]
fn usage() -> Option<f64> {
    let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_SELF).ok()?;
    #[expect(clippy::cast_precision_loss, reason = "memory is far below 2^53 bytes")]
    let most = usage.max_rss() as f64;
    // Bytes on macOS, KiB elsewhere.
    Some(if cfg!(target_os = "macos") { most / 1_048_576.0 } else { most / 1024.0 })
}

#[cfg(not(unix))]
fn usage() -> Option<f64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_large_buffer_is_seen() {
        let before = peak_rss_mib().unwrap();
        let buffer = vec![1_u8; 128 << 20];
        assert!(buffer.iter().step_by(4096).all(|&byte| byte == 1));
        assert!(peak_rss_mib().unwrap() >= before.max(128.0));
        assert!(usage().unwrap() >= 128.0);
    }
}
