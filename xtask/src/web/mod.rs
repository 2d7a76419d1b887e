//! `cargo xtask web`: the page, with both .wasm files.

pub(crate) mod browser;
mod licences;
mod module;
mod node;
mod serve;
mod toolchain;

use std::process::ExitCode;
use std::{fs, thread};

use module::MODULES;
use toolchain::Toolchain;

use crate::run::{refuse, root, run};

pub(crate) const ABOUT: &str = "\
Build the page: static files in web/dist that any static host can serve.

Steps:
  set-up   looks for a Rust that builds for WebAssembly and for Node.js; see `cargo xtask set-up --help`
  modules  builds the crate in wasm/ twice, for the CPU alone and with WebGPU, and makes the JavaScript around each,
           in web/src/wasm
  page     npm ci where package-lock.json is new, npm run build

Each .wasm has a limit that its size after Brotli compression must keep; the sizes are printed.";

pub(crate) const MORE: &str = "\
Examples:
  cargo xtask web                    build
  cargo xtask web --serve            build, then serve on this machine until Ctrl-C
  cargo xtask web --serve --port 0   the same, on any port that is free

Environment:
  CARGO_TARGET_DIR   where cargo puts what it builds; the .wasm files are built in its folder `wasm`";

/// Builds the page and serves it if that is wanted.
pub(crate) fn web(serve: bool, port: u16) -> Result<(), ExitCode> {
    set_up()?;
    build()?;
    if serve { serve::serve(port) } else { Ok(()) }
}

/// Ensures that the page can be built.
pub(crate) fn set_up() -> Result<(), ExitCode> {
    toolchain::set_up()?;
    node::set_up()
}

/// Builds both modules and the page.
pub(crate) fn build() -> Result<(), ExitCode> {
    let Some(toolchain) = Toolchain::find() else { return refuse(toolchain::MISSING) };
    for module in &MODULES {
        module.build(&toolchain)?;
    }
    licences::collect()?;
    // The compression takes a minute, during which npm does its work.
    thread::scope(|scope| {
        let sizes = MODULES.each_ref().map(|module| scope.spawn(move || module.sizes()));
        node::install()?;
        run(&mut node::npm(&["run", "build"]))?;
        println!("   the page is in web/dist");
        let mut kept = true;
        for (module, sizes) in MODULES.iter().zip(sizes) {
            match sizes.join() {
                Ok(Ok(sizes)) => kept &= module.report(sizes),
                Ok(Err(error)) => return refuse(&format!("the .wasm cannot be measured: {error}")),
                Err(_) => return refuse("the .wasm cannot be measured"),
            }
        }
        if kept { Ok(()) } else { refuse("a .wasm is larger than its limit in xtask/src/web/module.rs") }
    })
}

/// Checks the code of the page, and that the command contains the current page of its reports.
pub(crate) fn check() -> Result<(), ExitCode> {
    node::install()?;
    run(&mut node::npm(&["run", "check"]))?;
    let report = root().join("cli/assets/report.html");
    let before = fs::read(&report).ok();
    run(&mut node::npm(&["run", "build:report"]))?;
    match fs::read(&report) {
        Ok(now) if before.as_ref() == Some(&now) => Ok(()),
        _ => refuse("cli/assets/report.html was out of date and has been made anew: commit it, and run this again"),
    }
}
