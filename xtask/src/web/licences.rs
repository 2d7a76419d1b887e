//! The licences of the crates in the .wasm files, for the page's licences.txt.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use serde_json::Value;

use super::toolchain::TARGET;
use crate::run::{cargo, refuse, root};

/// Writes the licences to web/src/wasm/licences.txt: each text once, below the names of its crates.
pub(super) fn collect() -> Result<(), ExitCode> {
    let mut command = cargo(&["metadata", "--format-version", "1", "--filter-platform", TARGET]);
    let output = command.args(["--features", "lambda-darts-wasm/webgpu"]).output();
    let output = match output {
        Ok(output) if output.status.success() => output.stdout,
        Ok(output) => return refuse(&format!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr))),
        Err(error) => return refuse(&format!("cargo metadata: {error}")),
    };
    let Some(text) = serde_json::from_slice(&output).ok().as_ref().and_then(licences) else {
        return refuse("cargo metadata says nothing of lambda-darts-wasm");
    };
    let file = root().join("web/src/wasm/licences.txt");
    fs::write(&file, text).or_else(|error| refuse(&format!("{}: {error}", file.display())))
}

fn licences(metadata: &Value) -> Option<String> {
    let texts = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let packages = metadata["packages"].as_array()?;
    let wasm = texts(packages.iter().find(|package| package["name"] == "lambda-darts-wasm")?, "id");
    let used = closure(metadata, wasm)?;
    let mut crates_of = BTreeMap::<String, BTreeSet<String>>::new();
    // Packages without a source are those of this project.
    for package in
        packages.iter().filter(|package| used.contains(&texts(package, "id")) && package["source"].is_string())
    {
        let name = format!("{} {} ({})", texts(package, "name"), texts(package, "version"), texts(package, "license"));
        let manifest = texts(package, "manifest_path");
        let mut found = Path::new(&manifest).parent().map(licence_files).unwrap_or_default();
        if found.is_empty() {
            found.push("The crate comes without the text of its licence.".to_owned());
        }
        for text in found {
            crates_of.entry(text).or_default().insert(name.clone());
        }
    }
    let parts = crates_of.into_iter().map(|(text, names)| {
        let names: Vec<_> = names.into_iter().collect();
        format!("{}\n\n{text}\n", names.join("\n"))
    });
    Some(parts.collect::<Vec<_>>().join("\n----\n\n"))
}

/// Returns a package and all of its dependencies, without those of build scripts and tests.
fn closure(metadata: &Value, package: String) -> Option<BTreeSet<String>> {
    let nodes: BTreeMap<_, _> =
        metadata["resolve"]["nodes"].as_array()?.iter().filter_map(|node| Some((node["id"].as_str()?, node))).collect();
    let (mut used, mut next) = (BTreeSet::new(), vec![package]);
    while let Some(id) = next.pop() {
        if !used.insert(id.clone()) {
            continue;
        }
        let normal = |dependency: &&Value| {
            dependency["dep_kinds"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind["kind"].is_null()))
        };
        let dependencies = nodes.get(id.as_str())?["deps"].as_array()?;
        next.extend(dependencies.iter().filter(normal).filter_map(|one| Some(one["pkg"].as_str()?.to_owned())));
    }
    Some(used)
}

fn licence_files(folder: &Path) -> Vec<String> {
    let named = |name: &str| ["LICENSE", "LICENCE", "COPYING", "NOTICE"].iter().any(|start| name.starts_with(start));
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries.filter(|entry| named(&entry.file_name().to_string_lossy().to_uppercase()));
    let texts = files.filter_map(|entry| fs::read_to_string(entry.path()).ok());
    // In another crate, the same text may have other line ends or another blank line.
    let plain = |text: String| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim().to_owned();
    let mut texts: Vec<_> = texts.map(plain).collect();
    texts.sort();
    texts
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_built_in_is_listed_once_under_its_text() {
        let folder = tempfile::tempdir().unwrap();
        let package = |name: &str, text: &str| {
            let own = folder.path().join(name);
            fs::create_dir(&own).unwrap();
            fs::write(own.join("LICENSE-MIT"), text).unwrap();
            json!({ "id": name, "name": name, "version": "1.0.0", "license": "MIT", "source": "registry",
                "manifest_path": own.join("Cargo.toml") })
        };
        let node = |id: &str, deps: &[(&str, Value)]| {
            let deps: Vec<_> =
                deps.iter().map(|(id, kind)| json!({ "pkg": id, "dep_kinds": [{ "kind": kind }] })).collect();
            json!({ "id": id, "deps": deps })
        };
        let metadata = json!({
            "packages": [
                { "id": "own", "name": "lambda-darts-wasm", "source": null },
                package("first", "Do as you like.\r\n"), package("second", "Do as you like.\n\n"),
                package("tool", "Only at build time."), package("stranger", "Not in it."),
            ],
            "resolve": { "nodes": [
                node("own", &[("first", Value::Null), ("tool", json!("build"))]),
                node("first", &[("second", Value::Null)]), node("second", &[("first", Value::Null)]),
                node("tool", &[]), node("stranger", &[]),
            ] },
        });
        let text = licences(&metadata).unwrap();
        assert_eq!(text, "first 1.0.0 (MIT)\nsecond 1.0.0 (MIT)\n\nDo as you like.\n");
    }
}
