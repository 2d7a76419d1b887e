//! Node.js and npm, which build and check the page.

use std::process::{Command, ExitCode};
use std::{fs, io};

use crate::apt;
use crate::run::{refuse, root, run, succeeds};

/// Oldest version of Node.js that Vite and web/package.json allow.
const OLDEST: (u32, u32) = (20, 19);

const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

/// Ensures that both are installed.
pub(super) fn set_up() -> Result<(), ExitCode> {
    // Some packages of Node.js contain npm and conflict with the package npm, so that one is installed only if npm is
    // missing.
    if version().is_none() && apt::can_install() {
        apt::install(&["nodejs"]);
    }
    if version().is_some() && !has_npm() && apt::can_install() {
        apt::install(&["npm"]);
    }
    let (major, minor) = OLDEST;
    match version() {
        Some(found) if found >= OLDEST && has_npm() => {
            println!("   Node.js {}.{} and npm", found.0, found.1);
            Ok(())
        }
        Some(found) if found >= OLDEST => refuse("Node.js is there, but npm is not: install it, from nodejs.org"),
        Some((old, older)) => {
            refuse(&format!("Node.js {old}.{older} is too old: install {major}.{minor} or newer, from nodejs.org"))
        }
        None => refuse(&format!(
            "no Node.js: install {major}.{minor} or newer with npm, from nodejs.org, or on Debian with apt-get install \
             nodejs npm. To leave the page out, give --no-web to the task"
        )),
    }
}

/// Makes a command of npm, to be started in `web/`.
pub(super) fn npm(arguments: &[&str]) -> Command {
    let mut command = Command::new(NPM);
    command.args(arguments).current_dir(root().join("web"));
    command
}

/// Installs the page's packages if package-lock.json has changed since their installation.
pub(super) fn install() -> Result<(), ExitCode> {
    let web = root().join("web");
    let stamp = web.join("node_modules/.installed-by");
    let cannot = |error: io::Error| refuse(&format!("the page's packages cannot be installed: {error}"));
    let lock = match fs::read(web.join("package-lock.json")) {
        Ok(lock) => lock,
        Err(error) => return cannot(error),
    };
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    run(&mut npm(&["ci", "--include=dev"]))?;
    fs::write(stamp, lock).or_else(cannot)
}

fn has_npm() -> bool {
    succeeds(Command::new(NPM).arg("--version"))
}

/// Returns the version of the installed Node.js.
fn version() -> Option<(u32, u32)> {
    let output = Command::new("node").arg("--version").output().ok().filter(|output| output.status.success())?;
    parsed(&String::from_utf8_lossy(&output.stdout))
}

fn parsed(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.trim().strip_prefix('v')?.split('.').map(str::parse::<u32>);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(parsed("v20.20.2\n"), Some((20, 20)));
        assert!(parsed("v22.1.0") > Some(OLDEST) && parsed("v20.9.0") < Some(OLDEST));
        assert_eq!((parsed("20"), parsed("v20"), parsed("")), (None, None, None));
    }
}
