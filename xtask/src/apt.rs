//! Installing what is missing, where that can be done without asking: on Debian, as root.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::thread::sleep;
use std::time::Duration;

use crate::run::{run, succeeds};

/// How often an installation is tried, since a network may be slow to come up.
const ATTEMPTS: u64 = 3;

/// Whether this is Debian, has apt-get, and runs as root.
pub(crate) fn can_install() -> bool {
    let root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    root && Path::new("/etc/debian_version").exists() && succeeds(Command::new("apt-get").arg("--version"))
}

/// Installs packages; says so if that fails [`ATTEMPTS`] times. Nothing that is there is removed for it.
pub(crate) fn install(packages: &[&str]) {
    for attempt in 1..=ATTEMPTS {
        let done = apt_get(&["update"], &[])
            .and_then(|()| apt_get(&["install", "-y", "--no-remove", "--no-install-recommends"], packages));
        if done.is_ok() {
            return;
        }
        if attempt < ATTEMPTS {
            println!("   trying again");
            sleep(Duration::from_secs(10 * attempt));
        }
    }
    eprintln!("   the installation did not succeed");
}

fn apt_get(task: &[&str], packages: &[&str]) -> Result<(), ExitCode> {
    let mut command = Command::new("apt-get");
    command.args(["-q", "-o", "Acquire::Retries=3", "-o", "DPkg::Lock::Timeout=120"]).args(task).args(packages);
    run(command.env("DEBIAN_FRONTEND", "noninteractive"))
}
