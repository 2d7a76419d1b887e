//! Every kernel is valid WGSL within WebGPU's default limits, and none is left out of the list.

use std::path::PathBuf;
use std::{env, fs};

use lambda_darts_shaders::ALL;
use naga::front::wgsl;
use naga::valid::{Capabilities, ValidationFlags, Validator};
use naga::{AddressSpace, Module, ShaderStage};

/// Storage buffers and threads of a workgroup that every device with WebGPU has.
const BUFFERS: usize = 8;
const THREADS: u32 = 256;

fn parsed(name: &str, source: &str) -> Result<Module, String> {
    wgsl::parse_str(source).map_err(|error| format!("{name}: {}", error.emit_to_string(source)))
}

fn validated(name: &str, source: &str) -> Result<(), String> {
    let module = parsed(name, source)?;
    let mut validator = Validator::new(ValidationFlags::all(), Capabilities::default());
    let outcome = validator.validate(&module);
    outcome.map(|_| ()).map_err(|error| format!("{name}: {}", error.emit_to_string(source)))
}

#[test]
fn every_kernel_is_valid() {
    let wrong: Vec<_> = ALL.into_iter().filter_map(|(name, source)| validated(name, source).err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_kernel_keeps_to_the_default_limits() {
    for (name, source) in ALL {
        let module = parsed(name, source).expect("valid WGSL");
        let [main] = module.entry_points.as_slice() else { panic!("{name}: one entry point") };
        assert_eq!((main.name.as_str(), main.stage), ("main", ShaderStage::Compute), "{name}");
        assert!(main.workgroup_size.iter().product::<u32>() <= THREADS, "{name}: {:?}", main.workgroup_size);
        let buffers = module.global_variables.iter();
        let buffers = buffers.filter(|(_, variable)| matches!(variable.space, AddressSpace::Storage { .. })).count();
        assert!(buffers <= BUFFERS, "{name}: {buffers} storage buffers");
    }
}

/// A file without an entry point is shared by others.
#[test]
fn every_file_of_a_kernel_is_in_the_list() {
    // Asked for at run time: a target folder may be shared by several checkouts.
    let folder: PathBuf = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into()).into();
    let files = fs::read_dir(folder).expect("the crate's folder").map(|entry| entry.expect("a file").path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "wgsl"));
    let kernels = files.filter(|path| fs::read_to_string(path).expect("a source").contains("@compute"));
    let mut kernels: Vec<_> =
        kernels.map(|path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned()).collect();
    let mut listed = ALL.map(|(name, _)| name.to_owned());
    kernels.sort_unstable();
    listed.sort_unstable();
    assert_eq!(listed.as_slice(), kernels);
}
