//! The two .wasm files with the JavaScript around them.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, io};

use brotli::CompressorWriter;
use wasm_bindgen_cli_support::Bindgen;

use super::toolchain::{TARGET, Toolchain};
use crate::run::{built, refuse, root, run};

/// Profile of the .wasm files. Optimization of the whole program takes time that native builds do not need.
const PROFILE: &str = "wasm";
const NAME: &str = "lambda_darts_wasm";

/// One build of the crate in `wasm/`.
pub(super) struct Module {
    /// Name of the folder in web/src/wasm.
    name: &'static str,
    features: &'static [&'static str],
    /// Maximum size in bytes after compression.
    limit: usize,
}

/// The two modules. A page loads the second one only if there is a GPU adapter.
pub(super) static MODULES: [Module; 2] = [
    Module { name: "cpu", features: &[], limit: 545_000 },
    Module { name: "webgpu", features: &["--features", "webgpu"], limit: 630_000 },
];

/// Sizes in bytes before and after Brotli compression, which web servers do on their own.
pub(super) type Sizes = (usize, usize);

impl Module {
    pub(super) fn build(&self, toolchain: &Toolchain) -> Result<(), ExitCode> {
        // The folder lies beside that of the native builds, so that neither invalidates the other.
        let target = built().join("../wasm");
        let mut command = toolchain.build(&["--package", "lambda-darts-wasm", "--lib", "--profile", PROFILE]);
        command.args(self.features).arg("--target-dir").arg(&target);
        // These variables would take precedence over the target's own flags.
        command.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
        run(command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags()))?;
        bind(&target.join(TARGET).join(PROFILE).join(format!("{NAME}.wasm")), &self.folder())
    }

    fn folder(&self) -> PathBuf {
        root().join("web/src/wasm").join(self.name)
    }

    pub(super) fn sizes(&self) -> io::Result<Sizes> {
        let bytes = fs::read(self.folder().join(format!("{NAME}_bg.wasm")))?;
        Ok((bytes.len(), compressed(&bytes)?))
    }

    /// Prints the sizes and returns true if the limit is kept.
    pub(super) fn report(&self, (raw, compressed): Sizes) -> bool {
        let [raw, shown, limit] = [raw, compressed, self.limit].map(|bytes| bytes.div_ceil(1000));
        println!("   {}: {raw} kB, {shown} kB after Brotli compression (at most {limit} kB)", self.name);
        compressed <= self.limit
    }
}

/// Returns the compiler flags: vector instructions, which every browser of the last years has, and no file names of
/// this machine in messages.
fn flags() -> String {
    let simd = "-C target-feature=+simd128";
    let home = env::var("CARGO_HOME").ok().or_else(|| Some(format!("{}/.cargo", env::var("HOME").ok()?)));
    // Flags are separated by spaces and cannot be quoted.
    match home.filter(|home| !home.contains(char::is_whitespace)) {
        Some(home) => format!("{simd} --remap-path-prefix={home}=cargo"),
        None => simd.to_owned(),
    }
}

/// Does the work of the program wasm-bindgen with `--target web`, in the version that the crate was built with.
fn bind(wasm: &Path, folder: &Path) -> Result<(), ExitCode> {
    println!("   wasm-bindgen --target web --out-dir {}", folder.display());
    let mut bindgen = Bindgen::new();
    // The module finds its .wasm by itself, in a way that Vite understands. The names of functions are left out.
    let made = bindgen.input_path(wasm).typescript(true).remove_name_section(true).omit_default_module_path(false);
    match made.web(true).and_then(|bindgen| bindgen.generate(folder)) {
        Ok(()) => Ok(()),
        Err(error) => refuse(&format!("wasm-bindgen: {error:#}")),
    }
}

fn compressed(bytes: &[u8]) -> io::Result<usize> {
    let mut writer = CompressorWriter::new(Vec::new(), 1 << 16, 11, 24);
    writer.write_all(bytes)?;
    Ok(writer.into_inner().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compression_is_finished_before_it_is_measured() {
        let text = "the cells ask for the same thing ".repeat(1000);
        let mut back = Vec::new();
        let mut writer = CompressorWriter::new(Vec::new(), 1 << 16, 11, 24);
        writer.write_all(text.as_bytes()).unwrap();
        let small = writer.into_inner();
        brotli::BrotliDecompress(&mut small.as_slice(), &mut back).unwrap();
        assert!(back == text.as_bytes());
        assert_eq!(compressed(text.as_bytes()).unwrap(), small.len());
        assert!(small.len() < 200, "{}", small.len());
    }

    #[test]
    fn a_limit_is_kept_or_not() {
        let cpu = &MODULES[0];
        assert!(cpu.report((3_000_000, cpu.limit)) && !cpu.report((3_000_000, cpu.limit + 1)));
    }
}
