//! Memory of this process: what it has used, and what it can still have.

use sysinfo::{MemoryRefreshKind, RefreshKind, System};

/// Returns the bytes that this process can still have: of the machine, of its container, and of its own limit.
pub(crate) fn free() -> u64 {
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
