//! Memory of this process: what it has used, what it can still have, and whether a search fits.

use lambda_darts::data::SearchData;
use lambda_darts::device::{Device, DeviceKind};
use lambda_darts::engine::Bytes;
use lambda_darts::search::{SearchConfig, SearchError};
use sysinfo::{MemoryRefreshKind, RefreshKind, System};

use crate::failure::Failure;

/// Ends the program with exit code 1 and no core dump if an allocation fails. Rust's library has said so by then.
#[cfg(unix)]
pub(crate) fn exit_on_abort() -> std::io::Result<()> {
    let always = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    signal_hook::flag::register_conditional_shutdown(signal_hook::consts::SIGABRT, 1, always).map(drop)
}

/// Refuses a search that needs more memory than is free, or several of them at a time.
pub(crate) fn check(config: &SearchConfig, data: &SearchData, device: &Device, at_once: u16) -> Result<(), Failure> {
    let shared = device.is_gpu() && shares_memory(device);
    let needed = |config: &SearchConfig| {
        let memory = config.memory(data, device)?;
        let gpu = if shared { memory.engine.gpu } else { 0 };
        Ok::<_, SearchError>(memory.host().saturating_add(gpu).saturating_mul(at_once.into()))
    };
    let (all, free) = (needed(config)?, free());
    if all <= free {
        return Ok(());
    }
    let advice = match at_once {
        2.. if all / u64::from(at_once) <= free => format!("--jobs {} would fit", free / (all / u64::from(at_once))),
        _ => advice(config, |config| Ok(needed(config)? <= free))?,
    };
    let searches =
        if at_once > 1 { format!("{at_once} searches at a time need") } else { "the search needs".to_owned() };
    Err(Failure::Memory { searches, needed: Bytes(all), free: Bytes(free), advice })
}

/// Returns true if a GPU has no memory of its own.
fn shares_memory(device: &Device) -> bool {
    let kind = Device::list().into_iter().find(|info| info.name == device.name()).map(|info| info.kind);
    matches!(kind, Some(DeviceKind::Software | DeviceKind::IntegratedGpu))
}

/// Smallest batch that the advice names; batch norms need some images.
const SMALLEST_BATCH: usize = 8;

/// Says which setting makes a search fit: the batch if that is enough, else the channels, else both.
fn advice(
    config: &SearchConfig,
    fits: impl Fn(&SearchConfig) -> Result<bool, SearchError>,
) -> Result<String, SearchError> {
    let halves = |from: usize, least: usize| {
        let largest = from.saturating_sub(1).max(1);
        std::iter::successors(Some(1 << largest.ilog2()), |half| Some(half / 2)).take_while(move |&half| half >= least)
    };
    let with = |batch: usize, channels: usize| {
        let mut smaller = config.clone();
        (smaller.batch, smaller.supernet.channels) = (batch, channels);
        smaller
    };
    let (batch, channels) = (config.batch, config.supernet.channels);
    for batch in halves(batch, SMALLEST_BATCH) {
        if fits(&with(batch, channels))? {
            return Ok(format!("a search with --batch {batch} would fit"));
        }
    }
    for channels in halves(channels, 1) {
        if fits(&with(batch, channels))? {
            return Ok(format!("a search with --channels {channels} would fit"));
        }
    }
    let batch = batch.min(SMALLEST_BATCH);
    for channels in halves(channels, 1) {
        if fits(&with(batch, channels))? {
            return Ok(format!("a search with --batch {batch} --channels {channels} would fit"));
        }
    }
    Ok("lower --cells, --size, --channels and --batch".to_owned())
}

/// Returns the bytes that this process can still have: of the machine, of its container, and of its own limit.
fn free() -> u64 {
    let what = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    let system = System::new_with_specifics(what);
    // What a container has read from disk counts as used there, and is given up when memory is needed.
    let limits = system.cgroup_limits().filter(|limits| limits.total_memory < system.total_memory());
    let of_container = limits.map_or(u64::MAX, |limits| limits.total_memory.saturating_sub(limits.rss));
    system.available_memory().min(of_container).min(of_limit())
}

/// Address space that the C library reserves for the memory of a thread.
#[cfg(any(target_os = "linux", target_os = "macos"))]
const OF_THREAD: u64 = 64 << 20;

/// Returns what the limit of the process's addresses leaves (`ulimit -v`), when all threads have theirs.
#[cfg(any(target_os = "linux", target_os = "macos"))]
fn of_limit() -> u64 {
    use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit};

    let Ok((limit, _)) = getrlimit(Resource::RLIMIT_AS) else { return u64::MAX };
    if limit == RLIM_INFINITY {
        return u64::MAX;
    }
    let used = std::fs::read_to_string("/proc/self/status").ok().and_then(|text| kib(&text, "VmSize:"));
    let threads = rayon::current_num_threads() as u64 * OF_THREAD;
    limit.saturating_sub(used.map_or(0, |kib| kib * 1024)).saturating_sub(threads)
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn of_limit() -> u64 {
    u64::MAX
}

/// Returns the memory of this process in MiB now, or its peak so far where the system does not say.
pub(crate) fn rss_mib() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/status").ok();
    #[expect(clippy::cast_precision_loss, reason = "memory is far below 2^53 bytes")]
    let now = text.and_then(|text| kib(&text, "VmRSS:")).map(|kib| kib as f64 / 1024.0);
    now.or_else(peak_rss_mib)
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
