//! The process that holds a claim.

use std::fs;
use std::process;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use sysinfo::System;

/// Process that holds a claim, and the time since which it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Owner {
    pub(super) host: String,
    /// Processes among which `pid` is counted: a container has its own, and so does a machine that was started again.
    pub(super) processes: Option<String>,
    pub(super) pid: u32,
    /// Time of the claim in UTC. With it, two claims of one process differ.
    pub(super) since: String,
}

impl Owner {
    /// Describes this process.
    pub(super) fn now() -> Self {
        Self {
            host: System::host_name().unwrap_or_default(),
            processes: processes(),
            pid: process::id(),
            since: humantime::format_rfc3339_nanos(SystemTime::now()).to_string(),
        }
    }

    /// Returns true if the process is certainly dead. Nothing is certain of a process on another machine.
    pub(super) fn is_dead(&self) -> bool {
        let here = Self::now();
        let comparable = !here.host.is_empty() && here.processes.is_some();
        comparable && (&self.host, &self.processes) == (&here.host, &here.processes) && !exists(self.pid)
    }
}

/// Returns the start of the system and the namespace of its processes, both of which only Linux tells.
fn processes() -> Option<String> {
    if !cfg!(target_os = "linux") {
        return Some(String::new());
    }
    let start = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let namespace = fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{} {}", start.trim(), namespace.display()))
}

/// Returns true if there may be a process with this number. One of another user counts.
#[cfg(unix)]
fn exists(pid: u32) -> bool {
    use nix::errno::Errno;
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;

    i32::try_from(pid).is_ok_and(|pid| kill(Pid::from_raw(pid), None::<Signal>) != Err(Errno::ESRCH))
}

#[cfg(not(unix))]
fn exists(_pid: u32) -> bool {
    true
}
