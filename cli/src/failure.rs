//! Errors of the commands.

use std::io;
use std::path::{Path, PathBuf};

use lambda_darts::benchmark::TableError;
use lambda_darts::data::{DataError, DataSet};
use lambda_darts::device::DeviceError;
use lambda_darts::engine::Bytes;
use lambda_darts::exchange::onnx::OnnxError;
use lambda_darts::exchange::pytorch::PytorchError;
use lambda_darts::exchange::weights::WeightsError;
use lambda_darts::graph::NetworkError;
use lambda_darts::session::{CheckpointError, SessionError};
use lambda_darts::space::{GenotypeError, SpaceError};
use lambda_darts::training::ReadError;

use crate::fetch::FetchError;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{}: cannot be read or written", .path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{}: {what}", .path.display())]
    In { path: PathBuf, what: String },
    #[error("{}: the folder is not empty; name another one with --out, or write into it with --force", .path.display())]
    NotEmpty { path: PathBuf },
    #[error("{}: the file exists already; overwrite it with --force", .path.display())]
    Exists { path: PathBuf },
    #[error("`{value}` is not a valid value of {setting}; {expected}")]
    Value { setting: &'static str, value: String, expected: &'static str },
    #[error("{table}: the table does not have {arch}")]
    NotInTable { table: String, arch: String },
    #[error("{}: --data-dir has no effect on the built-in images `{set}`; name the data set in the folder with --data", .path.display())]
    UnusedFolder { path: PathBuf, set: DataSet },
    #[error("{text}: not the folder of a run, no file, and {error}")]
    NoGenotype { text: String, error: GenotypeError },
    #[error("--epoch {epoch} needs the folder of a run, not a genotype")]
    NoEpochs { epoch: usize },
    #[error("{}: not the folder of a run: it has no {lacks}", .path.display())]
    NoRun { path: PathBuf, lacks: &'static str },
    #[error("{}: the run is a {noun}; go on with: lambda-darts {command} --resume {}", .path.display(), .path.display())]
    OtherKind { path: PathBuf, noun: &'static str, command: &'static str },
    #[error(
        "--space, --layout, --channels, --cells and --auxiliary-weight describe the network of --weights; that of a \
         training is known"
    )]
    NetworkFlags,
    #[error("{flag} has no effect here: {reason}")]
    Unused { flag: &'static str, reason: &'static str },
    #[error("--evaluate needs a training, and none of the runs is one")]
    NoTraining,
    #[error("{}: another process is writing into this folder", .path.display())]
    Busy { path: PathBuf },
    #[error("there is no earlier checkpoint to fall back to; delete this one to begin the run anew")]
    NoOther(#[source] Box<Failure>),
    #[error("neither checkpoint can be used; delete both to begin the run anew: {newest}; {previous}")]
    Neither { newest: Box<Failure>, previous: Box<Failure> },
    #[error("{runs} about {needed} of memory, and {free} are free; {advice}")]
    Memory { runs: String, needed: Bytes, free: Bytes, advice: String },
    #[error("the handler for Ctrl-C cannot be installed")]
    Handler(#[source] io::Error),
    #[error("the threads cannot be started")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    #[error("the result cannot be written")]
    Output(#[source] io::Error),
    #[error(transparent)]
    Session(#[from] SessionError),
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error(transparent)]
    Data(#[from] DataError),
    #[error("{0}; `lambda-darts devices` lists what is here, and `--device cpu` always works")]
    NoDevice(DeviceError),
    #[error(transparent)]
    Device(DeviceError),
    #[error(transparent)]
    Table(#[from] TableError),
    #[error(transparent)]
    Space(#[from] SpaceError),
    #[error(transparent)]
    Genotype(#[from] GenotypeError),
    #[error(transparent)]
    Derived(#[from] NetworkError),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Weights(#[from] WeightsError),
    #[error(transparent)]
    Onnx(#[from] OnnxError),
    #[error(transparent)]
    Pytorch(#[from] PytorchError),
}

impl Failure {
    pub(crate) fn file(path: &Path, source: io::Error) -> Self {
        Self::File { path: path.to_owned(), source }
    }

    pub(crate) fn inside(path: &Path, what: String) -> Self {
        Self::In { path: path.to_owned(), what }
    }

    /// Makes the error of a run without a finished epoch, with the path of its events.
    pub(crate) fn no_epoch(events: &Path) -> Self {
        Self::inside(events, "no epoch has ended in this run".to_owned())
    }

    /// Returns what the user can do with this command about an error of the library.
    pub(crate) fn advice(&self) -> Option<String> {
        let (Self::Data(error) | Self::Session(SessionError::Data(error))) = self else { return None };
        let dir = "name the folder with --data-dir";
        match error {
            DataError::Missing {
                set:
                    set @ (DataSet::Cifar10 | DataSet::Cifar100 | DataSet::Svhn | DataSet::Mnist | DataSet::FashionMnist),
                ..
            } => Some(format!("{dir}, or fetch it with `lambda-darts data fetch {set}`")),
            DataError::Missing { .. } | DataError::BadOption { option: "dir", .. } => Some(dir.to_owned()),
            DataError::Unreadable { .. } => Some("leave them out with --skip-unreadable".to_owned()),
            _ => None,
        }
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Checkpoint(error) => error.into(),
            ReadError::Session(error) => error.into(),
        }
    }
}

impl From<DeviceError> for Failure {
    fn from(error: DeviceError) -> Self {
        match error {
            DeviceError::Missing { .. } => Self::NoDevice(error),
            other => Self::Device(other),
        }
    }
}
