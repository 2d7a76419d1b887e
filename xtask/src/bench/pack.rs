//! `cargo xtask bench --pack`: a small folder with all that the comparison needs on another machine.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::{fs, io};

use crate::run::{refuse, root, run};
use crate::vulkan;

/// Maximum size of the folder in bytes.
const MOST_BYTES: u64 = 40_000_000;

/// Files of the repository that are packed unchanged.
const FILES: [&str; 5] = [
    "benches/run.sh",
    "benches/side_by_side.py",
    "benches/subjects.py",
    "benches/pytorch/model.py",
    "benches/pytorch/train.py",
];

pub(super) fn pack(binary: &Path, folder: &Path) -> Result<(), ExitCode> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return refuse("a folder for x86-64 Linux is made on x86-64 Linux");
    }
    let Some(loader) = vulkan::loader() else {
        return refuse(
            "no Vulkan loader to pack: libvulkan.so.1 is in no library folder; on Debian, install libvulkan1",
        );
    };
    copies(&loader, folder).or_else(|error| refuse(&format!("{}: {error}", folder.display())))?;
    // Compression halves the size of machine code, and run.sh unpacks it.
    let packed = folder.join("lambda-darts");
    run(Command::new("strip").arg("-o").arg(&packed).arg(binary))?;
    run(Command::new("gzip").args(["--best", "--force"]).arg(&packed))?;
    match size(folder) {
        Ok(bytes) if bytes <= MOST_BYTES => {
            println!("   {} has {bytes} bytes, of at most {MOST_BYTES}; start run.sh in it", folder.display());
            Ok(())
        }
        Ok(bytes) => refuse(&format!("{} has {bytes} bytes, more than {MOST_BYTES}", folder.display())),
        Err(error) => refuse(&format!("{}: {error}", folder.display())),
    }
}

/// Copies all files but the program.
fn copies(loader: &Path, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder.join("lib"))?;
    fs::copy(loader, folder.join("lib").join(vulkan::LOADER))?;
    for file in FILES {
        let from = root().join(file);
        fs::copy(&from, folder.join(from.file_name().unwrap_or_default()))?;
    }
    Ok(())
}

/// Returns the size in bytes of all files in a folder and its subfolders.
fn size(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        bytes += if entry.file_type()?.is_dir() { size(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_holds_what_run_sh_starts() {
        let folder = tempfile::tempdir().unwrap();
        let loader = folder.path().join("a-loader");
        fs::write(&loader, [1; 10]).unwrap();
        let packed = folder.path().join("packed");
        copies(&loader, &packed).unwrap();
        let script = fs::read_to_string(packed.join("run.sh")).unwrap();
        for name in ["side_by_side.py", "model.py"] {
            assert!(packed.join(name).exists() && script.contains(&format!("$here/{name}")), "{name}");
        }
        // These are imported by the former.
        let names = ["run.sh", "side_by_side.py", "subjects.py", "model.py", "train.py"];
        let lengths = names.map(|name| packed.join(name).metadata().unwrap().len());
        assert_eq!(size(&packed).unwrap(), 10 + lengths.iter().sum::<u64>());
    }
}
