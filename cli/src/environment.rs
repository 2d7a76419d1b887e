//! environment.json: the program, machine and images of a run.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use lambda_darts::data::ImageData;
use lambda_darts::engine::vector_instructions;
use lambda_darts::session::ImageSettings;
use serde::{Deserialize, Serialize};
use sysinfo::{CpuRefreshKind, RefreshKind, System};

use crate::failure::Failure;
use crate::text_file::read_text;

/// Name of the file in the folder of a run.
pub(crate) const FILE: &str = "environment.json";
/// Version of the program with the commit that it was built from, if that is known.
pub(crate) const VERSION: &str = match COMMIT {
    Some(_) => concat!(env!("CARGO_PKG_VERSION"), " (", env!("LAMBDA_DARTS_COMMIT"), ")"),
    None => env!("CARGO_PKG_VERSION"),
};
const COMMIT: Option<&str> = {
    let commit = env!("LAMBDA_DARTS_COMMIT");
    if commit.is_empty() { None } else { Some(commit) }
};

/// Content of environment.json.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Environment {
    program: Program,
    /// Start of the run, in UTC.
    date: String,
    host: Option<String>,
    os: String,
    arch: String,
    cpu: Cpu,
    device: String,
    /// Arguments of the command.
    command: Vec<String>,
    seed: u64,
    pub(crate) data: Option<Images>,
    pub(crate) asked: Asked,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Program {
    version: String,
    commit: Option<String>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Cpu {
    name: Option<String>,
    /// Widest vector instructions in use.
    vector: String,
    threads: usize,
}

/// Images of a run.
#[expect(clippy::struct_field_names, reason = "the number of images is `images` in the file")]
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Images {
    set: String,
    images: usize,
    training: usize,
    validation: usize,
    pub(crate) classes: Vec<String>,
    pub(crate) channels: usize,
    /// Height and width in pixels.
    pub(crate) size: [usize; 2],
    /// SHA-256 of the images, their labels and their parts.
    fingerprint: String,
    /// Mean and standard deviation of each channel over the training part; pixels go from 0 to 1.
    mean: Vec<f32>,
    std: Vec<f32>,
}

/// Options of a run that are not settings of its work.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    pub(crate) device: Option<String>,
    pub(crate) table: Option<PathBuf>,
    pub(crate) tensorboard: bool,
}

impl Environment {
    /// Describes this process and its run, with the images if it has any.
    pub(crate) fn new(seed: u64, data: Option<Images>, device: &str, asked: Asked) -> Self {
        let system = System::new_with_specifics(RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing()));
        let cpu = system.cpus().first().map(|cpu| cpu.brand().trim().to_owned());
        Self {
            program: Program { version: env!("CARGO_PKG_VERSION").to_owned(), commit: COMMIT.map(str::to_owned) },
            date: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
            host: System::host_name(),
            os: std::env::consts::OS.to_owned(),
            arch: std::env::consts::ARCH.to_owned(),
            cpu: Cpu {
                name: cpu.filter(|name| !name.is_empty()),
                vector: vector_instructions().to_owned(),
                threads: rayon::current_num_threads(),
            },
            device: device.to_owned(),
            command: std::env::args_os().map(|arg| arg.to_string_lossy().into_owned()).collect(),
            seed,
            data,
            asked,
        }
    }

    /// Reads the file of a run.
    pub(crate) fn read(run: &Path) -> Result<Self, Failure> {
        let path = run.join(FILE);
        if !path.is_file() {
            return Err(Failure::NoRun { path: run.to_owned(), lacks: FILE });
        }
        serde_json::from_str(&read_text(&path)?)
            .map_err(|error| Failure::inside(&path, format!("not the environment of a run: {error}")))
    }
}

impl Images {
    pub(crate) fn new(config: &impl ImageSettings, data: &ImageData) -> Self {
        let (training, validation) = (data.train_len(), data.valid_len());
        Self {
            set: config.data().set.to_string(),
            images: training + validation,
            training,
            validation,
            classes: data.classes().to_vec(),
            channels: data.channels(),
            size: [data.height(), data.width()],
            fingerprint: data.fingerprint().to_owned(),
            mean: data.mean().to_vec(),
            std: data.std().to_vec(),
        }
    }
}
