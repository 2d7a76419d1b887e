//! The folder of a run and the files in it.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use lambda_darts::search::{Event, SearchConfig};
use lambda_darts::space::Genotype;
use serde_json::{Value, json};

use crate::failure::Failure;

pub(crate) struct RunDir {
    path: PathBuf,
    events: File,
}

impl RunDir {
    /// Makes the folder and writes what is known before the search: its settings and where it runs.
    pub(crate) fn create(
        out: Option<&Path>,
        force: bool,
        config: &SearchConfig,
        device: &str,
    ) -> Result<Self, Failure> {
        let path = match out {
            Some(path) => named(path, force)?,
            None => numbered(config)?,
        };
        write(&path.join("config.toml"), &config.to_toml())?;
        let environment = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "os": std::env::consts::OS,
            "arch": std::env::consts::ARCH,
            "device": device,
            "seed": config.seed,
            "git": revision(),
        });
        write(&path.join("environment.json"), &format!("{environment:#}\n"))?;
        let events = path.join("events.jsonl");
        let events = File::create(&events).map_err(|error| Failure::file(&events, error))?;
        Ok(Self { path, events })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends a line, in one piece: whatever ends the process, the file ends with a whole line.
    pub(crate) fn append(&mut self, event: &Event) -> Result<(), Failure> {
        let line = serde_json::to_string(event).map_err(std::io::Error::from);
        let written = line.and_then(|line| self.events.write_all(format!("{line}\n").as_bytes()));
        written.map_err(|error| Failure::file(&self.path.join("events.jsonl"), error))
    }

    /// Writes what was found, whole or not at all.
    pub(crate) fn finish(&self, genotype: &Genotype) -> Result<(), Failure> {
        let (temporary, path) = (self.path.join("genotype.json.part"), self.path.join("genotype.json"));
        write(&temporary, &format!("{:#}\n", genotype_json(genotype)))?;
        fs::rename(&temporary, &path).map_err(|error| Failure::file(&path, error))
    }
}

/// A genotype in every notation that it has.
pub(crate) fn genotype_json(genotype: &Genotype) -> Value {
    json!({
        "genotype": genotype,
        "darts": genotype.to_darts(),
        "nas_bench_201": genotype.to_nas_bench_201(),
    })
}

/// The notations of a genotype, one a line; JSON where it has no other.
pub(crate) fn notations(genotype: &Genotype) -> String {
    let lines: Vec<_> = genotype.to_nas_bench_201().into_iter().chain(genotype.to_darts()).collect();
    if lines.is_empty() { json!(genotype).to_string() } else { lines.join("\n") }
}

/// The name of a method as it is asked for.
fn method(config: &SearchConfig) -> String {
    let name = json!(config.method.name);
    name.as_str().unwrap_or("search").to_owned()
}

fn named(path: &Path, force: bool) -> Result<PathBuf, Failure> {
    let cannot = |error| Failure::file(path, error);
    fs::create_dir_all(path).map_err(cannot)?;
    if fs::read_dir(path).map_err(cannot)?.next().is_some() {
        if !force {
            return Err(Failure::NotEmpty { path: path.to_owned() });
        }
        // The result of an earlier run must not pass for that of this one.
        let old = path.join("genotype.json");
        match fs::remove_file(&old) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(Failure::file(&old, error)),
            _ => {}
        }
    }
    Ok(path.to_owned())
}

fn numbered(config: &SearchConfig) -> Result<PathBuf, Failure> {
    let runs = Path::new("runs");
    fs::create_dir_all(runs).map_err(|error| Failure::file(runs, error))?;
    // A space of one's own may have any name.
    let plain = |c: char| if c.is_alphanumeric() || c == '-' || c == '_' { c } else { '-' };
    let space: String = config.space.chars().take(64).map(plain).collect();
    let name = format!("{space}-{}-{}", method(config), config.seed);
    let mut path = runs.join(&name);
    let mut number = 1_u32;
    loop {
        match fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == ErrorKind::AlreadyExists && number < u32::MAX => {
                number += 1;
                path = runs.join(format!("{name}-{number}"));
            }
            Err(error) => return Err(Failure::file(&path, error)),
        }
    }
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| Failure::file(path, error))
}

/// The revision of the repository that the command is run in, if it is in one.
fn revision() -> Option<String> {
    let output = Command::new("git").args(["rev-parse", "HEAD"]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !text.trim().is_empty()).then(|| text.trim().to_owned())
}
