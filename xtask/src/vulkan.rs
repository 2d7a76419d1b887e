//! A software Vulkan driver, so that the GPU code is tested on machines without a GPU.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fmt, fs};

use crate::apt;

/// File name of the Vulkan loader.
pub(crate) const LOADER: &str = "libvulkan.so.1";

/// Manifest of the Vulkan driver in Debian's package `chromium`.
const SWIFTSHADER: &str = "/usr/lib/chromium/vk_swiftshader_icd.json";

/// The environment variables with which a user chooses the drivers of the Vulkan loader.
const VARIABLES: [&str; 2] = ["VK_ICD_FILENAMES", "VK_DRIVER_FILES"];

/// The installed parts of Vulkan's software drivers.
struct Drivers {
    loader: bool,
    swiftshader: bool,
    lavapipe: bool,
}

impl Drivers {
    fn look() -> Self {
        Self {
            loader: loader().is_some(),
            swiftshader: Path::new(SWIFTSHADER).exists(),
            lavapipe: names_in("/usr/share/vulkan/icd.d").iter().any(|name| name.starts_with("lvp_icd")),
        }
    }

    fn usable(&self) -> bool {
        self.loader && (self.swiftshader || self.lavapipe)
    }

    /// Returns the Debian packages of the missing parts.
    fn missing_packages(&self) -> Vec<&'static str> {
        let mut packages = Vec::new();
        if !self.loader {
            packages.push("libvulkan1");
        }
        if !self.lavapipe {
            packages.push("mesa-vulkan-drivers");
        }
        // On some processors, the package contains no driver, and another installation would not help.
        if !self.swiftshader && !Path::new("/usr/lib/chromium").exists() {
            packages.push("chromium");
        }
        packages
    }
}

impl fmt::Display for Drivers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = |there| if there { "found" } else { "missing" };
        let (loader, swiftshader, lavapipe) = (found(self.loader), found(self.swiftshader), found(self.lavapipe));
        write!(f, "Vulkan loader {loader}, SwiftShader {swiftshader}, lavapipe {lavapipe}")
    }
}

/// Ensures that there is a driver, as far as possible.
pub(crate) fn set_up() -> Result<(), ExitCode> {
    if let Some(variable) = chosen_by_user() {
        println!("   {variable} is set: the tests use the Vulkan driver that it names");
        return Ok(());
    }
    if !cfg!(target_os = "linux") {
        println!("   nothing to set up: only on Linux do the tests look for a software Vulkan driver");
        return Ok(());
    }
    let mut drivers = Drivers::look();
    let missing = drivers.missing_packages();
    if !missing.is_empty() && apt::can_install() {
        println!("   {drivers}; installing {}", missing.join(", "));
        apt::install(&missing);
        drivers = Drivers::look();
    }
    println!("   {drivers}");
    if drivers.usable() {
        return Ok(());
    }
    eprintln!(
        "   no software Vulkan driver: the tests that need one will be skipped. To have them run, install the Vulkan \
         loader and one of the drivers; on Debian: apt-get install libvulkan1 mesa-vulkan-drivers chromium"
    );
    if env::var_os("CI").is_some() {
        eprintln!("   that is an error, because CI is set");
        return Err(ExitCode::FAILURE);
    }
    Ok(())
}

/// Returns the environment variable that makes the tests use `SwiftShader`. Its results agree with the CPU; Mesa 22's
/// driver stops long loops of a shader early.
pub(crate) fn choice() -> Option<(&'static str, &'static str)> {
    (chosen_by_user().is_none() && Path::new(SWIFTSHADER).exists()).then_some((VARIABLES[0], SWIFTSHADER))
}

fn chosen_by_user() -> Option<&'static str> {
    VARIABLES.into_iter().find(|&variable| env::var_os(variable).is_some_and(|value| !value.is_empty()))
}

/// Returns the path of the loader: in a library folder or, as on Debian, in its subfolder for the processor.
pub(crate) fn loader() -> Option<PathBuf> {
    // Loaders for other processors may lie beside this one, so its own folder comes first.
    let own = format!("/usr/lib/{}-linux-gnu", env::consts::ARCH);
    [own.as_str(), "/usr/lib", "/usr/lib64", "/usr/local/lib"].into_iter().find_map(loader_in)
}

fn loader_in(folder: &str) -> Option<PathBuf> {
    let folder = Path::new(folder);
    let below = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path().join(LOADER));
    std::iter::once(folder.join(LOADER)).chain(below).find(|path| path.exists())
}

fn names_in(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}
