//! Memory use of this process.

/// Returns the peak memory of this process in MiB, if the system reports it.
pub(crate) fn peak_rss_mib() -> Option<f64> {
    // On Linux, `getrusage` also counts the memory of the process that started this one; the status file does not.
    status().or_else(usage)
}

/// Reads the peak memory from the status file of Linux.
fn status() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let peak = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = peak.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024.0)
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
