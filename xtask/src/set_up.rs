//! `cargo xtask set-up`: installation of the tools that the checks need besides Rust.

use std::process::ExitCode;

use crate::{fuzz, qemu, vulkan, web};

pub(crate) const ABOUT: &str = "\
Look for what the checks need besides Rust, and install what is missing on Debian as root. Elsewhere this says what to \
install.

A software Vulkan driver, with which the tests compare the GPU code with the CPU. Two will do: SwiftShader, which \
Debian's package chromium carries, and Mesa's lavapipe. Both need the Vulkan loader, libvulkan.so.1. The tests use \
SwiftShader where it is found, by VK_ICD_FILENAMES, unless you have set that variable yourself. Without a driver the \
tests that need one say that they are skipped; if the environment variable CI is set, that is an error.

QEMU's user mode (qemu-x86_64), with which a test runs a search on other processors, on Linux and x86-64.

For the page, unless --no-web is given:
  - a Rust that builds for WebAssembly: rustup's target wasm32-unknown-unknown, else Debian's packages rustc-web,
    cargo-web, rust-web-src and lld-19
  - Node.js 20.19 or newer, with npm
  - Chromium

For fuzzing, unless --no-fuzz is given: a C++ compiler, with which libFuzzer is built.";

pub(crate) fn set_up(with_web: bool, with_fuzz: bool) -> Result<(), ExitCode> {
    vulkan::set_up()?;
    qemu::set_up()?;
    if with_fuzz {
        fuzz::set_up()?;
    }
    if with_web { web::set_up().and_then(|()| web::browser::set_up()) } else { Ok(()) }
}
