//! The runs that a user names: folders of runs, and folders that have such folders inside.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Depth of the folders that are looked through.
const DEPTH: usize = 3;

/// Returns every run in some folders, the runs of a folder by name.
pub(crate) fn runs_of(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut runs: Vec<PathBuf> = Vec::new();
    for path in paths {
        let mut found = Vec::new();
        find(path, DEPTH, &mut found)?;
        if found.is_empty() {
            return Err(Failure::NoRun { path: path.clone(), lacks: "events.jsonl, and no folder with one" });
        }
        for run in found {
            if !runs.contains(&run) {
                runs.push(run);
            }
        }
    }
    Ok(runs)
}

/// Returns the name of a run's folder without the seed at its end.
pub(crate) fn name_without_seed(run: &Path, seed: u64) -> String {
    let name = run.file_name().unwrap_or_default().to_string_lossy();
    name.strip_suffix(&format!("-{seed}")).unwrap_or(&name).to_owned()
}

fn find(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    if folder.join("events.jsonl").is_file() {
        found.push(folder.to_owned());
        return Ok(());
    }
    if depth == 0 || !folder.is_dir() {
        return Ok(());
    }
    let cannot = |error| Failure::file(folder, error);
    let mut inside = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot)? {
        inside.push(entry.map_err(cannot)?.path());
    }
    inside.sort_unstable();
    inside.iter().filter(|path| path.is_dir()).try_for_each(|path| find(path, depth - 1, found))
}
