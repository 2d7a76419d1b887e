//! GPUs that are in this machine, and that no driver of ours reaches.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// PCI numbers of the vendors of GPUs, their names, and what their Vulkan drivers are called in Debian.
const VENDORS: [(u32, &str, &str); 3] = [
    (0x10de, "NVIDIA", "nvidia-vulkan-icd or mesa-vulkan-drivers"),
    (0x1002, "AMD", "mesa-vulkan-drivers"),
    (0x8086, "Intel", "mesa-vulkan-drivers"),
];

/// Describes each GPU that Linux lists under `sys` and that none of the found devices drives, and why it cannot be used.
/// `dev` has the files through which drivers reach a GPU.
pub(crate) fn undriven(sys: &Path, dev: &Path, driven: &[u32]) -> Vec<String> {
    let Ok(cards) = fs::read_dir(sys.join("class/drm")) else { return Vec::new() };
    let mut cards: Vec<(u32, String)> = cards
        .flatten()
        .filter_map(|card| Some((vendor(&card.path())?, card.file_name().to_string_lossy().into_owned())))
        .filter(|(vendor, name)| name.starts_with("renderD") && !driven.contains(vendor))
        .collect();
    cards.sort_unstable();
    cards.dedup_by_key(|(vendor, _)| *vendor);
    let describe = |(vendor, card): (u32, String)| {
        let (_, name, package) = VENDORS.into_iter().find(|(number, ..)| *number == vendor)?;
        let why = barred(&dev.join("dri").join(card)).unwrap_or_else(|| {
            format!(
                "no Vulkan driver for it was found; install one (Debian: {package}), and see `vulkaninfo --summary`"
            )
        });
        Some(format!("a GPU of {name} is here and cannot be used: {why}"))
    };
    cards.into_iter().filter_map(describe).collect()
}

fn vendor(card: &Path) -> Option<u32> {
    let text = fs::read_to_string(card.join("device/vendor")).ok()?;
    u32::from_str_radix(text.trim().trim_start_matches("0x"), 16).ok()
}

/// Says why the file of a GPU cannot be opened, if it cannot.
fn barred(file: &Path) -> Option<String> {
    let error = fs::File::options().read(true).write(true).open(file).err()?;
    let name = file.display();
    Some(match error.kind() {
        ErrorKind::NotFound => format!("its file {name} is not here; give it to the container"),
        ErrorKind::PermissionDenied => {
            format!("this user may not open {name}; add it to the group that may, often `render`")
        }
        _ => format!("{name} cannot be opened: {error}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gpu_without_a_driver_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let (sys, dev) = (dir.path().join("sys"), dir.path().join("dev"));
        for (card, number) in [("renderD128", "0x10de\n"), ("card0", "0x10de\n"), ("renderD129", "0x1af4\n")] {
            let device = sys.join("class/drm").join(card).join("device");
            fs::create_dir_all(&device).unwrap();
            fs::write(device.join("vendor"), number).unwrap();
        }
        let found = undriven(&sys, &dev, &[]);
        assert!(found.len() == 1 && found[0].contains("NVIDIA") && found[0].contains("the container"), "{found:?}");
        fs::create_dir_all(dev.join("dri")).unwrap();
        fs::write(dev.join("dri/renderD128"), "").unwrap();
        let found = undriven(&sys, &dev, &[]);
        assert!(found.len() == 1 && found[0].contains("nvidia-vulkan-icd"), "{found:?}");
        assert!(undriven(&sys, &dev, &[0x10de]).is_empty());
        assert!(undriven(dir.path(), &dev, &[]).is_empty());
    }
}
