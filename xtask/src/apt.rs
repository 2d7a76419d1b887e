//! Installation of missing packages, on Debian as root only.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::thread::sleep;
use std::time::Duration;

use crate::run::{run, succeeds};

/// Number of attempts of an installation, since a network may be slow to come up.
const ATTEMPTS: u64 = 3;

/// Returns true if this is Debian with apt-get and the user is root.
pub(crate) fn can_install() -> bool {
    let root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    root && Path::new("/etc/debian_version").exists() && succeeds(Command::new("apt-get").arg("--version"))
}

/// Installs packages without removing others. Prints a message if that fails [`ATTEMPTS`] times.
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
