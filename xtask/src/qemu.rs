//! An emulator of other processors, with which the tests see that a search has the same bits on all of them.

use std::env;
use std::process::{Command, ExitCode};

use crate::apt;
use crate::run::succeeds;

/// Ensures that there is an emulator, as far as possible.
pub(crate) fn set_up() -> Result<(), ExitCode> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        println!("   nothing to emulate: only on Linux and x86-64 do the tests compare processors");
        return Ok(());
    }
    let found = || succeeds(Command::new("qemu-x86_64").arg("--version"));
    if !found() && apt::can_install() {
        println!("   no qemu-x86_64; installing qemu-user");
        apt::install(&["qemu-user"]);
    }
    if found() {
        println!("   qemu-x86_64 found");
        return Ok(());
    }
    eprintln!(
        "   no qemu-x86_64: the test that compares processors will skip them. To have it run, install QEMU's user mode; \
         on Debian: apt-get install qemu-user"
    );
    if env::var_os("CI").is_some() {
        eprintln!("   that is an error, because CI is set");
        return Err(ExitCode::FAILURE);
    }
    Ok(())
}
